package vhost.frontend;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** DPDK's own vhost back-end: {@code dpdk-testpmd} that forwards between the queues of one {@code net_vhost} device. */
final class Testpmd implements AutoCloseable {
    private static final String PROGRAM = "dpdk-testpmd";
    private static final long START_MILLIS = 30_000;

    private final Process process;
    private final Path log;

    private Testpmd(final Process process, final Path log) {
        this.process = process;
        this.log = log;
    }

    /** As {@link #start}, but it connects to {@code socket}, again and again. */
    static Testpmd startClient(final String mode, final Path socket, final int queues)
            throws IOException, InterruptedException {
        return start(false, mode, socket, queues);
    }

    /** Starts it, {@code mode} being one of testpmd's forward modes, and waits until it listens. */
    static Testpmd start(final String mode, final Path socket, final int queues, final String... more)
            throws IOException, InterruptedException {
        return start(true, mode, socket, queues, more);
    }

    private static Testpmd start(
            final boolean listens, final String mode, final Path socket, final int queues, final String... more)
            throws IOException, InterruptedException {
        requireProgram();
        final Path log = socket.resolveSibling(mode + ".log");
        final List<String> command = new ArrayList<>(List.of(
                PROGRAM,
                "--lcores",
                "0@0,1@0",
                "--no-huge",
                "-m",
                "256",
                "--no-pci",
                "--no-telemetry",
                "--no-shconf",
                "--vdev",
                "net_vhost0,iface=" + socket + ",queues=" + queues + (listens ? "" : ",client=1"),
                "--",
                "-i",
                "--nb-cores=1",
                "--auto-start",
                "--total-num-mbufs=16384",
                "--rxq=" + queues,
                "--txq=" + queues,
                "--forward-mode=" + mode));
        command.addAll(List.of(more));
        // It ends when its standard input does, so it does not outlive us.
        final Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        final Testpmd testpmd = new Testpmd(process, log);
        final long deadline = System.currentTimeMillis() + START_MILLIS;
        while (listens && !Files.exists(socket) || !testpmd.log().contains("testpmd>")) {
            if (!process.isAlive() || System.currentTimeMillis() > deadline) {
                testpmd.close();
                fail("testpmd did not start: " + testpmd.log());
            }
            Thread.sleep(20);
        }
        return testpmd;
    }

    private static void requireProgram() {
        final boolean there = Stream.of(System.getenv("PATH").split(":"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, PROGRAM)));
        if (!there && "true".equals(System.getenv("CI"))) {
            fail(PROGRAM + " is missing");
        } else if (!there) {
            abort(PROGRAM + " is missing");
        }
    }

    /** What it has written so far. */
    String log() throws IOException {
        return Files.readString(log);
    }

    boolean isAlive() {
        return process.isAlive();
    }

    @Override
    public void close() {
        try {
            process.outputWriter().append("quit\n").close();
            if (process.waitFor(5, TimeUnit.SECONDS)) {
                return;
            }
        } catch (IOException e) {
            // It has gone already.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.destroyForcibly();
    }
}
