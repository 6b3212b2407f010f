package e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** {@code ./vhost forward MODE SOCKET...}, as a user starts it. */
final class Platform implements AutoCloseable {
    /** Where the project is. */
    static final Path ROOT = Path.of(System.getProperty("basedir", ""))
            .toAbsolutePath()
            .normalize()
            .getParent();

    /**
     * Another back-end with the same command line, to see whether a failure is ours or the test's:
     * {@code -De2e.forward=e2e/peers/dpdk-backend.sh}.
     */
    private static final String STAND_IN = System.getProperty("e2e.forward", "");

    /** {@code 11:18:22.040 INFO name - what happened}. */
    private static final Pattern INFORMATION = Pattern.compile("^[0-9:.]+ INFO ");

    private static final Duration START = Duration.ofSeconds(30);
    private static final Duration STOP = Duration.ofSeconds(15);
    private static final Duration EXEC = Duration.ofSeconds(30);

    private final Child child;
    private final Path folder;
    private final List<Path> sockets;
    private final boolean client;
    private boolean closed;

    private Platform(final Child child, final Path folder, final List<Path> sockets, final boolean client) {
        this.child = child;
        this.folder = folder;
        this.sockets = sockets;
        this.client = client;
    }

    /** Starts it on {@code ports} sockets in {@code folder}, and waits until it listens. */
    static Platform forward(final Scratch scratch, final String mode, final int ports, final String... options) {
        return forward(scratch, Map.of(), mode, ports, options);
    }

    static Platform forward(
            final Scratch scratch,
            final Map<String, String> environment,
            final String mode,
            final int ports,
            final String... options) {
        final List<String> command = new ArrayList<>(
                STAND_IN.isEmpty()
                        ? vhost("forward", mode)
                        : List.of(ROOT.resolve(STAND_IN).toString(), mode));
        final List<Path> sockets = new ArrayList<>();
        for (int i = 0; i < ports; i++) {
            sockets.add(scratch.resolve("port" + i + ".sock"));
            command.add(sockets.get(i).toString());
        }
        command.addAll(List.of(options));
        final Map<String, String> all = environment(scratch.folder());
        all.putAll(environment);
        final Child child = Child.start("forward-" + mode, all, command);
        final Platform platform =
                new Platform(child, scratch.folder(), sockets, List.of(options).contains("--client"));
        try {
            if (platform.client) {
                platform.awaitControl();
            } else {
                platform.awaitSockets();
            }
        } catch (AssertionError e) {
            platform.kill();
            throw e;
        }
        return platform;
    }

    /**
     * The command line of the distribution in place. It is the same script as that of the source tree, which would look
     * whether something is to be built while this very build runs.
     */
    static List<String> vhost(final String... arguments) {
        final List<String> command = new ArrayList<>(
                List.of(ROOT.resolve("launcher/target/vhost/vhost").toString()));
        command.addAll(List.of(arguments));
        return command;
    }

    /** So that tests neither see the user's platforms nor are seen by them. */
    static Map<String, String> environment(final Path folder) {
        final Path run = folder.resolve("run");
        try {
            Files.createDirectories(run);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        final Map<String, String> environment = new HashMap<>();
        environment.put("XDG_RUNTIME_DIR", run.toString());
        environment.put("XDG_STATE_HOME", folder.resolve("state").toString());
        return environment;
    }

    private void awaitSockets() {
        Waiting.until("the platform opens its sockets", START, () -> started(sockets), child::transcript);
    }

    /** The control socket opens a little later than the ports do; a client has no other socket to wait for. */
    private void awaitControl() {
        final Path run = folder.resolve("run");
        Waiting.until(
                "the platform opens its control socket",
                START,
                () -> child.isAlive() && !Control.sockets(run).isEmpty(),
                child::transcript);
    }

    private boolean started(final List<Path> files) {
        assertThat(child.isAlive()).as(child.transcript()).isTrue();
        return files.stream().allMatch(socket -> isOurs() ? isPrivate(socket) : Files.exists(socket));
    }

    /** Whether it can be connected to: for a moment after it appears others could too, and whoever does is sent away. */
    static boolean isPrivate(final Path socket) {
        try {
            return PosixFilePermissions.toString(Files.getPosixFilePermissions(socket))
                    .equals("rw-------");
        } catch (NoSuchFileException e) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path socket(final int port) {
        return sockets.get(port);
    }

    /** Whether it is this project's, and not a stand-in: then there are counters to ask for. */
    boolean isOurs() {
        return STAND_IN.isEmpty();
    }

    long pid() {
        return child.pid();
    }

    Child child() {
        return child;
    }

    boolean isAlive() {
        return child.isAlive();
    }

    /** {@code ./vhost exec COMMAND}: what it prints; it must succeed. */
    String exec(final String command) {
        final Child.Result result = tryExec(command);
        assertThat(result.status())
                .as("status of exec '%s': %s%s%n%s", command, result.out(), result.err(), child.transcript())
                .isZero();
        return result.out();
    }

    /** The control socket, for many commands. */
    Control control() {
        awaitControl();
        return Control.in(folder.resolve("run"));
    }

    /** {@code ./vhost exec COMMAND}, however it ends. */
    Child.Result tryExec(final String command) {
        awaitControl();
        return Child.run("exec", EXEC, environment(folder), vhost("exec", command));
    }

    /**
     * A line of {@code stats}.
     *
     * @param packets that crossed the queue
     * @param bytes of those
     * @param dropped packets that could not cross
     * @param errors rings that were stopped
     */
    record Counters(long packets, long bytes, long dropped, long errors) {}

    /** The counters of {@code PORT/rxN}, which the guest receives from, or {@code PORT/txN}. None of a stand-in. */
    Counters counters(final String queue) {
        if (!isOurs()) {
            return new Counters(0, 0, 0, 0);
        }
        final String table = exec("vhost:stats");
        final String[] cells = table.lines()
                .map(line -> line.strip().split(" +"))
                .filter(line -> line[0].equals(queue))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no queue " + queue + " in\n" + table));
        return new Counters(
                Long.parseLong(cells[1]), Long.parseLong(cells[2]), Long.parseLong(cells[3]), Long.parseLong(cells[4]));
    }

    /** The lines on standard error that are more than information. */
    List<String> complaints() {
        return child.err()
                .lines()
                .filter(line -> !INFORMATION.matcher(line).find())
                .toList();
    }

    /** SIGTERM, as an operator would; it must end well, leave no socket and have had nothing to complain about. */
    void stop() {
        stopAfterComplaints();
        if (isOurs()) {
            assertThat(complaints()).as("complaints of the platform").isEmpty();
        }
    }

    /** As {@link #stop()}, where there was reason to complain. */
    void stopAfterComplaints() {
        if (closed) {
            return;
        }
        closed = true;
        assertThat(child.isAlive()).as(child.transcript()).isTrue();
        child.terminate();
        final int status;
        try {
            status = child.awaitExit(STOP);
        } finally {
            child.close();
        }
        if (isOurs()) {
            assertThat(status).as("exit status%n%s", child.transcript()).isZero();
            if (!client) {
                assertThat(sockets).noneMatch(socket -> Files.exists(socket, LinkOption.NOFOLLOW_LINKS));
            }
        }
    }

    /** SIGKILL. */
    void kill() {
        closed = true;
        child.kill();
    }

    /** Stops it without a word about how that went, where the test has failed already. */
    @Override
    public void close() {
        closed = true;
        child.close();
    }
}
