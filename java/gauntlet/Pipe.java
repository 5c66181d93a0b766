// Frames both ways: length (4 bytes, of what follows), type (1 byte), body; all numbers big-endian, texts as length and UTF-8.
package gauntlet;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Properties;

final class Pipe {
    // From the worker.
    static final int OPEN_PRODUCER = 1, OPEN_CONSUMER = 2, SEND = 3, PING = 4, FLUSH = 5, CLOSE = 6;
    // To the worker.
    static final int PONG = 20, OPENED = 21, RESULTS = 22, STATS = 23, RECORDS = 24, ASSIGNED = 25, EVENT = 26, FAILED = 27, FLUSHED = 28,
        REVOKED = 29, COMMIT = 30;

    private static final int IN_BUFFER_BYTES = 1 << 18;
    private static final int MAX_FRAME_BYTES = 1 << 28;

    private final DataInputStream in;
    private final OutputStream out;

    private Pipe(DataInputStream in, OutputStream out) {
        this.in = in;
        this.out = out;
    }

    /** Takes standard output for frames; whatever else wants to print there goes to standard error. */
    static Pipe take() {
        System.setOut(System.err);
        return new Pipe(
            new DataInputStream(new BufferedInputStream(System.in, IN_BUFFER_BYTES)), new FileOutputStream(FileDescriptor.out));
    }

    /** The next frame; the end of input is the end of the worker. */
    In read() throws IOException {
        int length;
        try {
            length = in.readInt();
        } catch (EOFException end) {
            Runtime.getRuntime().halt(1);
            throw end;
        }
        if (length < 1 || length > MAX_FRAME_BYTES) throw new IOException("a frame of " + length + " bytes");
        byte[] bytes = new byte[length];
        in.readFully(bytes);
        return new In(ByteBuffer.wrap(bytes));
    }

    /** Writes one frame whole, whichever thread asks. */
    synchronized void write(Out frame) {
        try {
            frame.writeTo(out);
        } catch (IOException broken) {
            Runtime.getRuntime().halt(1);
        }
    }

    void flush() throws IOException {
        out.flush();
    }

    void pong() {
        write(new Out(PONG).i64(System.nanoTime()));
    }

    void event(String name, String... pairs) {
        Out frame = new Out(EVENT).text(name).i32(pairs.length / 2);
        for (String text : pairs) frame.text(text);
        write(frame);
    }

    void failed(Throwable error, boolean fatal) {
        write(new Out(FAILED).text(nameOf(error)).text(String.valueOf(error.getMessage())).i8(fatal ? 1 : 0));
    }

    /** The class of an error without its package; what wraps another counts as the other. */
    static String nameOf(Throwable error) {
        Throwable seen = error;
        while (seen.getCause() != null && seen.getClass() == org.apache.kafka.common.KafkaException.class) seen = seen.getCause();
        return seen.getClass().getSimpleName();
    }

    /** A frame being read. */
    static final class In {
        final int type;
        private final ByteBuffer body;

        In(ByteBuffer body) {
            this.type = body.get();
            this.body = body;
        }

        int i8() {
            return body.get();
        }

        int i32() {
            return body.getInt();
        }

        long i64() {
            return body.getLong();
        }

        /** Bytes with their length before them; -1 stands for null. */
        byte[] bytes() {
            int length = body.getInt();
            if (length < 0) return null;
            byte[] bytes = new byte[length];
            body.get(bytes);
            return bytes;
        }

        String text() {
            return new String(bytes(), StandardCharsets.UTF_8);
        }

        String[] texts() {
            String[] texts = new String[body.getInt()];
            for (int i = 0; i < texts.length; i++) texts[i] = text();
            return texts;
        }

        Properties settings() {
            Properties settings = new Properties();
            for (int left = body.getInt(); left > 0; left--) settings.setProperty(text(), text());
            return settings;
        }
    }

    /** A frame being made. */
    static final class Out {
        private ByteBuffer body = ByteBuffer.allocate(256).position(4);

        Out(int type) {
            i8(type);
        }

        private ByteBuffer room(int bytes) {
            if (body.remaining() < bytes) {
                ByteBuffer larger = ByteBuffer.allocate(Math.max(body.capacity() * 2, body.position() + bytes));
                larger.put(body.flip());
                body = larger;
            }
            return body;
        }

        int size() {
            return body.position();
        }

        Out i8(int value) {
            room(1).put((byte) value);
            return this;
        }

        Out i32(int value) {
            room(4).putInt(value);
            return this;
        }

        Out i64(long value) {
            room(8).putLong(value);
            return this;
        }

        Out f64(double value) {
            room(8).putDouble(value);
            return this;
        }

        Out bytes(byte[] value) {
            if (value == null) return i32(-1);
            i32(value.length);
            room(value.length).put(value);
            return this;
        }

        Out text(String value) {
            return bytes(value.getBytes(StandardCharsets.UTF_8));
        }

        /** Puts a number where a place was kept for it. */
        Out putI32(int at, int value) {
            body.putInt(at, value);
            return this;
        }

        private void writeTo(OutputStream out) throws IOException {
            body.putInt(0, body.position() - 4);
            out.write(body.array(), 0, body.position());
        }
    }
}
