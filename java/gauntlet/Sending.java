// A KafkaProducer as it is: records go in as the worker hands them over, outcomes go back with the time of their callback.
package gauntlet;

import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArraySerializer;

final class Sending {
    private final Pipe pipe;
    private final KafkaProducer<byte[], byte[]> producer;
    private final String[] topics;
    private final Outcomes outcomes;
    private final Stats stats;
    private final AtomicBoolean flushing = new AtomicBoolean();
    private final Thread sender = Thread.currentThread();

    Sending(Pipe pipe, Properties settings, String[] topics) {
        this.pipe = pipe;
        this.topics = topics;
        this.producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
        this.outcomes = new Outcomes(pipe);
        this.stats = new Stats(pipe, () -> producer.metrics(), Stats.PRODUCER);
    }

    void run() throws Exception {
        // The first record must not wait for metadata that a running producer has.
        for (String topic : topics) producer.partitionsFor(topic);
        stats.start();
        outcomes.start();
        pipe.write(new Pipe.Out(Pipe.OPENED));
        for (;;) {
            Pipe.In in = pipe.read();
            switch (in.type) {
                case Pipe.SEND -> send(in);
                case Pipe.FLUSH -> flush();
                case Pipe.PING -> pipe.pong();
                case Pipe.CLOSE -> {
                    stats.send();
                    producer.close(Duration.ofSeconds(3));
                    outcomes.write();
                    return;
                }
                default -> throw new IllegalStateException("frame of type " + in.type + " to a producer");
            }
        }
    }

    private void send(Pipe.In in) {
        long receivedNs = System.nanoTime();
        long writtenNs = in.i64();
        int handful = in.i32();
        String topic = topics[in.i32()];
        int partition = in.i32();
        int count = in.i32();
        stats.piped(receivedNs - writtenNs, count);
        for (int at = 0; at < count; at++) {
            byte[] key = in.bytes();
            byte[] value = in.bytes();
            sendOne(handful, at, new ProducerRecord<>(topic, partition < 0 ? null : partition, null, key, value, headers(in)));
        }
    }

    private static Headers headers(Pipe.In in) {
        int count = in.i8();
        if (count == 0) return null;
        RecordHeaders headers = new RecordHeaders();
        for (int i = 0; i < count; i++) headers.add(in.text(), in.bytes());
        return headers;
    }

    private void sendOne(int handful, int at, ProducerRecord<byte[], byte[]> record) {
        try {
            producer.send(record, (metadata, error) -> settle(handful, at, metadata, error));
        } catch (Exception refused) {
            outcomes.add(handful, at, -1, -1, Outcomes.FAILED, Pipe.nameOf(refused));
        }
    }

    /** What the client refuses within send, or a broker for good, was surely not written; anything else may have been. */
    private void settle(int handful, int at, RecordMetadata metadata, Exception error) {
        boolean refused = Thread.currentThread() == sender || error instanceof RecordTooLargeException || error instanceof InvalidRecordException;
        if (error != null) outcomes.add(handful, at, -1, -1, refused ? Outcomes.FAILED : Outcomes.UNKNOWN, Pipe.nameOf(error));
        else if (metadata.hasOffset()) outcomes.add(handful, at, metadata.partition(), metadata.offset(), Outcomes.ACKED, null);
        else outcomes.add(handful, at, metadata.partition(), -1, Outcomes.SENT_NO_ACK, null);
    }

    /** Waits beside the reading of frames, because it lasts as long as a broker is silent. */
    private void flush() {
        if (!flushing.compareAndSet(false, true)) return;
        Thread waiting = new Thread(() -> {
            producer.flush();
            outcomes.write();
            stats.send();
            pipe.write(new Pipe.Out(Pipe.FLUSHED));
            flushing.set(false);
        }, "gauntlet-flush");
        waiting.setDaemon(true);
        waiting.start();
    }
}
