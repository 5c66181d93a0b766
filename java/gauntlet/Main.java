// Runs Kafka's own client for one worker process: frames in on standard input, frames out on standard output.
package gauntlet;

import java.util.Properties;

public final class Main {
    public static void main(String[] args) throws Exception {
        Pipe pipe = Pipe.take();
        // The worker may be killed at any time; nothing must go on without it.
        ProcessHandle.current().parent().ifPresent(parent -> parent.onExit().thenRun(() -> Runtime.getRuntime().halt(1)));
        try {
            run(pipe);
            pipe.flush();
            Runtime.getRuntime().halt(0);
        } catch (Throwable error) {
            pipe.failed(error, true);
            pipe.flush();
            Runtime.getRuntime().halt(1);
        }
    }

    private static void run(Pipe pipe) throws Exception {
        for (;;) {
            Pipe.In in = pipe.read();
            switch (in.type) {
                case Pipe.PING -> pipe.pong();
                case Pipe.OPEN_PRODUCER -> {
                    Properties settings = in.settings();
                    new Sending(pipe, settings, in.texts()).run();
                    return;
                }
                case Pipe.OPEN_CONSUMER -> {
                    Properties settings = in.settings();
                    new Reading(pipe, settings, in.texts(), in).run();
                    return;
                }
                case Pipe.CLOSE -> {
                    return;
                }
                default -> throw new IllegalStateException("frame of type " + in.type + " before the client is open");
            }
        }
    }
}
