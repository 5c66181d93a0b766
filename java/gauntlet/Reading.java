// A KafkaConsumer in a group as its users run it: poll, handle, commit; what was read goes to the worker with the time of its handling.
package gauntlet;

import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

final class Reading {
    private static final Duration POLL = Duration.ofMillis(100);

    private final Pipe pipe;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final List<String> topics;
    private final boolean commitsByHand;
    private final boolean oneByOne;
    private final int delayMs;
    private volatile boolean closing;
    private volatile Map<org.apache.kafka.common.MetricName, ? extends org.apache.kafka.common.Metric> metrics = Map.of();

    Reading(Pipe pipe, Properties settings, String[] topics, Pipe.In in) {
        this.pipe = pipe;
        this.topics = Arrays.asList(topics);
        this.commitsByHand = in.i8() == 1;
        this.oneByOne = in.i8() == 1;
        this.delayMs = in.i32();
        if (!commitsByHand) {
            settings.setProperty("interceptor.classes", Commits.class.getName());
            Commits.listener = (place, offset) -> tellCommit(place, offset, System.nanoTime(), true);
        }
        this.consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    void run() throws Exception {
        metrics = consumer.metrics();
        Stats stats = new Stats(pipe, () -> metrics, Stats.CONSUMER);
        stats.start();
        consumer.subscribe(topics, new Rebalances());
        pipe.write(new Pipe.Out(Pipe.OPENED));
        Thread orders = new Thread(this::obey, "gauntlet-orders");
        orders.setDaemon(true);
        orders.start();
        while (!closing) pollOnce();
        stats.send();
        consumer.close(org.apache.kafka.clients.consumer.CloseOptions.timeout(Duration.ofSeconds(3)));
    }

    private void pollOnce() throws InterruptedException {
        ConsumerRecords<byte[], byte[]> records;
        try {
            records = consumer.poll(POLL);
        } catch (WakeupException woken) {
            return;
        } catch (RetriableException error) {
            pipe.failed(error, false);
            return;
        }
        for (TopicPartition place : records.partitions()) {
            List<ConsumerRecord<byte[], byte[]>> batch = records.records(place);
            if (!oneByOne) handle(place, batch);
            else for (ConsumerRecord<byte[], byte[]> record : batch) handle(place, List.of(record));
        }
    }

    /** One handling: the record's time is taken before the work on it, the commit comes after. */
    private void handle(TopicPartition place, List<ConsumerRecord<byte[], byte[]>> records) throws InterruptedException {
        Pipe.Out frame = new Pipe.Out(Pipe.RECORDS).i64(System.nanoTime());
        frame.i32(topics.indexOf(place.topic())).i32(place.partition()).i32(records.size());
        for (ConsumerRecord<byte[], byte[]> record : records) {
            frame.i64(record.offset()).bytes(record.value());
            Header[] headers = record.headers().toArray();
            frame.i8(headers.length);
            for (Header header : headers) frame.text(header.key()).bytes(header.value());
        }
        pipe.write(frame);
        if (delayMs > 0) Thread.sleep(delayMs);
        if (commitsByHand) commit(place, records.get(records.size() - 1).offset() + 1);
    }

    private void commit(TopicPartition place, long offset) {
        long askedNs = System.nanoTime();
        try {
            consumer.commitSync(Map.of(place, new OffsetAndMetadata(offset)));
            tellCommit(place, offset, askedNs, true);
        } catch (WakeupException woken) {
            // The close that woke us commits nothing more.
        } catch (RuntimeException error) {
            tellCommit(place, offset, askedNs, false);
            pipe.failed(error, false);
        }
    }

    private void tellCommit(TopicPartition place, long offset, long askedNs, boolean isDone) {
        Pipe.Out frame = new Pipe.Out(Pipe.COMMIT).i64(askedNs).i8(isDone ? 1 : 0);
        pipe.write(frame.i32(topics.indexOf(place.topic())).i32(place.partition()).i64(offset));
    }

    private void tellPlaces(int type, Collection<TopicPartition> places) {
        Pipe.Out frame = new Pipe.Out(type).i64(System.nanoTime()).i32(places.size());
        for (TopicPartition place : places) frame.i32(topics.indexOf(place.topic())).i32(place.partition());
        pipe.write(frame);
    }

    private void obey() {
        try {
            for (;;) {
                Pipe.In in = pipe.read();
                if (in.type == Pipe.PING) pipe.pong();
                if (in.type == Pipe.CLOSE) {
                    closing = true;
                    consumer.wakeup();
                    return;
                }
            }
        } catch (Exception broken) {
            Runtime.getRuntime().halt(1);
        }
    }

    private final class Rebalances implements ConsumerRebalanceListener {
        private long sinceNs = System.nanoTime();

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> gone) {
            sinceNs = System.nanoTime();
            tellPlaces(Pipe.REVOKED, gone);
            pipe.event("group.rebalancing", "groupId", consumer.groupMetadata().groupId(), "partitions", String.valueOf(gone.size()));
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> added) {
            Set<TopicPartition> all = consumer.assignment();
            pipe.event("group.join", "groupId", consumer.groupMetadata().groupId(), "partitions", String.valueOf(all.size()),
                "durationMs", String.valueOf((System.nanoTime() - sinceNs) / 1_000_000));
            tellPlaces(Pipe.ASSIGNED, all);
        }
    }
}
