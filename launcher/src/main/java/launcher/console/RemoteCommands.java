package launcher.console;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import launcher.control.Frames;
import org.apache.felix.service.command.CommandProcessor;
import org.apache.felix.service.command.CommandSession;
import org.apache.felix.service.command.Job;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A client's command lines, one after the other in one session: variables that one sets are there for the next. */
final class RemoteCommands {
    private static final Logger LOG = LoggerFactory.getLogger(RemoteCommands.class);

    /** How often the command of a client that has left is interrupted. */
    private static final long AGAIN_MILLIS = 50;

    private final Frames frames;

    /** Command lines after the first, and nothing at last, when the client has left. */
    private final BlockingQueue<Optional<String>> more = new LinkedBlockingQueue<>();

    private final CountDownLatch ended = new CountDownLatch(1);

    RemoteCommands(Frames frames) {
        this.frames = frames;
    }

    /** Executes {@code first}, and what follows until the client leaves; each is answered by a status. */
    void run(CommandProcessor processor, String first) throws IOException {
        OutputStream out = frames.stream(Frames.OUTPUT);
        PrintStream err = new PrintStream(frames.stream(Frames.ERROR), false, StandardCharsets.UTF_8);
        try (CommandSession session = CommandLines.session(processor, out, err)) {
            Thread reader = new Thread(() -> read(session), "control client commands");
            reader.setDaemon(true);
            reader.start();
            for (Optional<String> line = Optional.of(first); line.isPresent(); line = more.take()) {
                frames.write(Frames.STATUS, String.valueOf(CommandLines.execute(session, line.get(), err)));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            ended.countDown();
        }
    }

    private void read(CommandSession session) {
        try {
            for (Frames.Frame frame = frames.read(); frame != null; frame = frames.read()) {
                if (frame.type() != Frames.EXEC) {
                    throw new IOException("a frame of type '" + frame.type() + "' among command lines");
                }
                more.add(Optional.of(frame.text()));
            }
        } catch (IOException e) {
            LOG.debug("a client left: {}", e.getMessage());
        }
        more.add(Optional.empty());
        try {
            // A client that was interrupted takes its command with it, one that is just about to begin too.
            while (!ended.await(AGAIN_MILLIS, TimeUnit.MILLISECONDS)) {
                Job job = session.foregroundJob();
                if (job != null) {
                    job.interrupt();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
