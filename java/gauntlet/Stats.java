// What the client measured of itself, sent several times a second: Kafka's own metrics by name, and the CPU and memory of this process.
package gauntlet;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;

final class Stats {
    /** Metrics without tags of topics or nodes; those of topics are added up. */
    static final String[] PRODUCER = {
        "producer-metrics:request-total", "producer-metrics:outgoing-byte-total", "producer-metrics:batch-size-avg",
        "producer-metrics:records-per-request-avg", "producer-metrics:record-queue-time-avg", "producer-metrics:request-latency-avg",
        "producer-metrics:compression-rate-avg", "producer-topic-metrics:byte-total", "producer-topic-metrics:record-send-total",
        "producer-topic-metrics:record-retry-total", "producer-topic-metrics:record-error-total",
    };
    static final String[] CONSUMER = {
        "consumer-metrics:request-total", "consumer-metrics:incoming-byte-total", "consumer-fetch-manager-metrics:fetch-total",
        "consumer-fetch-manager-metrics:fetch-latency-avg", "consumer-fetch-manager-metrics:records-per-request-avg",
        "consumer-fetch-manager-metrics:fetch-size-avg",
    };

    private static final long PAUSE_MS = 200;
    private static final int PAGE_BYTES = 4096;

    private final Pipe pipe;
    private final Supplier<Map<MetricName, ? extends Metric>> metrics;
    private final String[] wanted;
    private final AtomicLong pipedNs = new AtomicLong();
    private final AtomicLong pipedRecords = new AtomicLong();
    private final AtomicLong pipedMaxNs = new AtomicLong();

    Stats(Pipe pipe, Supplier<Map<MetricName, ? extends Metric>> metrics, String[] wanted) {
        this.pipe = pipe;
        this.metrics = metrics;
        this.wanted = wanted;
    }

    void start() {
        Thread sender = new Thread(() -> {
            try {
                for (;;) {
                    send();
                    Thread.sleep(PAUSE_MS);
                }
            } catch (InterruptedException end) {
                Thread.currentThread().interrupt();
            }
        }, "gauntlet-stats");
        sender.setDaemon(true);
        sender.start();
    }

    /** Time that records spent between the worker and this process. */
    void piped(long ns, int records) {
        pipedNs.addAndGet(ns * records);
        pipedRecords.addAndGet(records);
        pipedMaxNs.accumulateAndGet(ns, Math::max);
    }

    void send() {
        double[] values = new double[wanted.length];
        for (Map.Entry<MetricName, ? extends Metric> entry : metrics.get().entrySet()) {
            MetricName name = entry.getKey();
            if (name.tags().containsKey("partition") || name.tags().containsKey("node-id")) continue;
            // The client's own fetch metrics stand beside those of its topics.
            if (name.tags().containsKey("topic") && !name.group().equals("producer-topic-metrics")) continue;
            for (int i = 0; i < wanted.length; i++) {
                if (!wanted[i].equals(name.group() + ":" + name.name())) continue;
                if (entry.getValue().metricValue() instanceof Double value && !value.isNaN()) values[i] += value;
            }
        }
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        Pipe.Out frame = new Pipe.Out(Pipe.STATS).i64(system.getProcessCpuTime()).i64(rssBytes());
        frame.i64(pipedNs.get()).i64(pipedRecords.get()).i64(pipedMaxNs.get()).i32(wanted.length);
        for (int i = 0; i < wanted.length; i++) frame.text(wanted[i]).f64(values[i]);
        pipe.write(frame);
    }

    /** Zero where the system does not tell. */
    private static long rssBytes() {
        try {
            return Long.parseLong(Files.readString(Path.of("/proc/self/statm")).split(" ")[1]) * PAGE_BYTES;
        } catch (Exception none) {
            return 0;
        }
    }
}
