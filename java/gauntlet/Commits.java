// Hears of the commits that a consumer makes by itself, which it tells to nobody else.
package gauntlet;

import java.util.Map;
import java.util.function.ObjLongConsumer;
import org.apache.kafka.clients.consumer.ConsumerInterceptor;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

public final class Commits implements ConsumerInterceptor<byte[], byte[]> {
    /** Kafka makes interceptors from the name of their class, and a JVM has one consumer. */
    static volatile ObjLongConsumer<TopicPartition> listener = (place, offset) -> {};

    @Override
    public ConsumerRecords<byte[], byte[]> onConsume(ConsumerRecords<byte[], byte[]> records) {
        return records;
    }

    @Override
    public void onCommit(Map<TopicPartition, OffsetAndMetadata> offsets) {
        offsets.forEach((place, committed) -> listener.accept(place, committed.offset()));
    }

    @Override
    public void configure(Map<String, ?> settings) {}

    @Override
    public void close() {}
}
