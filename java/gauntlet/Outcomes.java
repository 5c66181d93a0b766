// Outcomes on their way to the worker: records of one handful that were answered together share an entry.
package gauntlet;

final class Outcomes {
    static final int ACKED = 0, SENT_NO_ACK = 1, FAILED = 2, UNKNOWN = 3;

    /** Callbacks of one batch follow each other within this time. */
    private static final long TOGETHER_NS = 50_000;
    private static final int FRAME_BYTES = 1 << 16;
    private static final long PAUSE_MS = 1;

    private final Pipe pipe;
    private Pipe.Out frame;
    private int entries;
    // The entry that the next outcome may go on with.
    private int handful = -1;
    private int from;
    private int count;
    private int partition;
    private long offset;
    private int outcome;
    private String error;
    private long atNs;

    Outcomes(Pipe pipe) {
        this.pipe = pipe;
        begin();
    }

    void start() {
        Thread writer = new Thread(() -> {
            try {
                for (;;) {
                    Thread.sleep(PAUSE_MS);
                    write();
                }
            } catch (InterruptedException end) {
                Thread.currentThread().interrupt();
            }
        }, "gauntlet-outcomes");
        writer.setDaemon(true);
        writer.start();
    }

    synchronized void add(int handful, int at, int partition, long offset, int outcome, String error) {
        long nowNs = System.nanoTime();
        boolean goesOn = count > 0 && handful == this.handful && at == from + count && outcome == this.outcome
            && partition == this.partition && (offset < 0 ? this.offset < 0 : offset == this.offset + count)
            && java.util.Objects.equals(error, this.error) && nowNs - atNs < TOGETHER_NS;
        if (goesOn) {
            count++;
            return;
        }
        put();
        this.handful = handful;
        this.from = at;
        this.count = 1;
        this.partition = partition;
        this.offset = offset;
        this.outcome = outcome;
        this.error = error;
        this.atNs = nowNs;
        if (frame.size() > FRAME_BYTES) write();
    }

    synchronized void write() {
        put();
        if (entries == 0) return;
        pipe.write(frame.putI32(5, entries));
        begin();
    }

    private void begin() {
        frame = new Pipe.Out(Pipe.RESULTS).i32(0);
        entries = 0;
    }

    private void put() {
        if (count == 0) return;
        frame.i32(handful).i32(from).i32(count).i32(partition).i64(offset).i64(atNs).i8(outcome);
        if (outcome >= FAILED) frame.text(error);
        entries++;
        count = 0;
    }
}
