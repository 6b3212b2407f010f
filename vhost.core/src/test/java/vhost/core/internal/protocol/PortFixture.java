package vhost.core.internal.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import vhost.core.api.PortSpec;
import vhost.core.api.VhostException;

/** An open port "p0" over a {@link RecordingDevice}, and what became of its sessions. */
final class PortFixture implements AutoCloseable, PortEvents {
    final RecordingDevice device;
    final PortServer server;
    private final Path socket;
    private final BlockingQueue<String> endings = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> complaints = new LinkedBlockingQueue<>();

    PortFixture(final Path socket, final boolean client, final int queuePairs) throws VhostException {
        this.socket = socket;
        device = new RecordingDevice(queuePairs);
        server = PortServer.open(new PortSpec("p0", socket, client, queuePairs, 0), device, this);
    }

    /** A listening port with two queue pairs. */
    static PortFixture listening(final Path directory) throws VhostException {
        return new PortFixture(directory.resolve("p0.sock"), false, 2);
    }

    RawFrontend connect() throws IOException {
        return RawFrontend.connect(socket);
    }

    Path socket() {
        return socket;
    }

    @Override
    public void connected() {}

    @Override
    public void ended(final String reason) {
        endings.add(reason);
    }

    @Override
    public void unreachable(final String reason) {
        complaints.add(reason);
    }

    /** Why the next session ended. */
    String ending() throws InterruptedException {
        return next(endings);
    }

    /** Why the front-end could not be reached. */
    String complaint() throws InterruptedException {
        return next(complaints);
    }

    /** Whether no session has ended that was not asked for yet. */
    boolean hasNoEnding() {
        return endings.isEmpty();
    }

    private static String next(final BlockingQueue<String> queue) throws InterruptedException {
        final String text = queue.poll(5, TimeUnit.SECONDS);
        assertThat(text).as("what the port says within 5 s").isNotNull();
        return text;
    }

    /** How many descriptors this process has open. */
    static int openDescriptors() {
        return new File("/proc/self/fd").list().length;
    }

    static void awaitTrue(final String what, final BooleanSupplier condition) throws InterruptedException {
        final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - deadline).as(what).isNegative();
            Thread.sleep(2);
        }
    }

    @Override
    public void close() {
        server.close();
    }
}
