package e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A process that a test started, in a process group of its own. What it prints goes to files that stay for whoever wants to
 * know why a test failed: {@code target/e2e/NUMBER-NAME.out} and {@code .err}.
 */
final class Child implements AutoCloseable {
    private static final Path LOGS =
            Path.of(System.getProperty("basedir", ""), "target", System.getProperty("e2e.logs", "e2e"));
    private static final Duration TERMINATE = Duration.ofSeconds(10);
    private static final AtomicInteger STARTED = new AtomicInteger();
    private static final Set<Child> RUNNING = ConcurrentHashMap.newKeySet();

    static {
        // Of a test run that somebody interrupts, nothing stays either.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> RUNNING.forEach(Child::killGroup)));
    }

    private final String name;
    private final Process process;
    private final Path out;
    private final Path err;

    private Child(final String name, final Process process, final Path out, final Path err) {
        this.name = name;
        this.process = process;
        this.out = out;
        this.err = err;
    }

    /**
     * A process group of its own, so that all of it can be ended, and no session: Linux shares a processor between
     * sessions first (autogroup), and then a thread that polls may wait for a second while those of another one run.
     */
    private static final List<String> OWN_GROUP = List.of("perl", "-e", "setpgrp; exec @ARGV or die $!", "--");

    static Child start(final String name, final Map<String, String> environment, final List<String> command) {
        final List<String> inGroup = new ArrayList<>(OWN_GROUP);
        inGroup.addAll(command);
        final String file = String.format("%03d-%s", STARTED.incrementAndGet(), name);
        final Path out = LOGS.resolve(file + ".out");
        final Path err = LOGS.resolve(file + ".err");
        try {
            Files.createDirectories(LOGS);
            final ProcessBuilder builder =
                    new ProcessBuilder(inGroup).redirectOutput(out.toFile()).redirectError(err.toFile());
            builder.environment().putAll(environment);
            final Child child = new Child(name, builder.start(), out, err);
            RUNNING.add(child);
            child.process.onExit().thenRun(() -> RUNNING.remove(child));
            return child;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start " + String.join(" ", command), e);
        }
    }

    /** Runs to its end. Fails where that takes longer than {@code limit}. */
    static Result run(
            final String name,
            final Duration limit,
            final Map<String, String> environment,
            final List<String> command) {
        try (Child child = start(name, environment, command)) {
            child.closeInput();
            return new Result(child.awaitExit(limit), child.out(), child.err());
        }
    }

    /**
     * How a process ended.
     *
     * @param status exit status
     * @param out what it printed on standard output
     * @param err what it printed on standard error
     */
    record Result(int status, String out, String err) {}

    /** Keeps what a test has measured beside what the processes have printed. */
    static void keep(final String name, final String text) {
        try {
            Files.createDirectories(LOGS);
            Files.writeString(LOGS.resolve(name + ".txt"), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    long pid() {
        return process.pid();
    }

    Process process() {
        return process;
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** All of standard output so far. */
    String out() {
        return read(out);
    }

    /** All of standard error so far. */
    String err() {
        return read(err);
    }

    private static String read(final Path file) {
        try {
            // Lenient: a byte may be missing from the last character, and a console prints what it likes.
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8).replace("\r", "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Both, for the message of a failure. */
    String transcript() {
        return "--- " + name + (isAlive() ? "" : " (ended with status " + process.exitValue() + ")") + ", output:\n"
                + tail(out()) + "\n--- " + name + ", errors:\n" + tail(err());
    }

    private static String tail(final String text) {
        return text.substring(Math.max(0, text.length() - 3000)).strip();
    }

    void type(final String line) {
        try {
            process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
        } catch (IOException e) {
            throw new AssertionError(name + " takes no input: " + line + "\n" + transcript(), e);
        }
    }

    void closeInput() {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            // It ended first.
            return;
        }
    }

    /** Waits for the exit status. */
    int awaitExit(final Duration limit) {
        Waiting.until(name + " ends", limit, () -> !process.isAlive(), this::transcript);
        return process.exitValue();
    }

    /** SIGTERM to the process alone. */
    void terminate() {
        process.destroy();
    }

    /** SIGKILL to all of its group; returns when it is gone. */
    void kill() {
        killGroup();
        awaitExit(TERMINATE);
    }

    void signal(final String signal) {
        send(signal, String.valueOf(pid()));
    }

    private void killGroup() {
        // Only of a leader that lives is the group's number surely still ours.
        if (process.isAlive()) {
            send("KILL", "-" + pid());
        }
    }

    private static void send(final String signal, final String to) {
        try {
            new ProcessBuilder("/bin/kill", "-s", signal, "--", to)
                    .redirectErrorStream(true)
                    .start()
                    .waitFor(5, TimeUnit.SECONDS);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends it, politely at first. */
    @Override
    public void close() {
        if (process.isAlive()) {
            terminate();
            if (!Waiting.within(TERMINATE, () -> !process.isAlive())) {
                kill();
            }
        }
    }
}
