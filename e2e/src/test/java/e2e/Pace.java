package e2e;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** {@code e2e/peers/pace.c}: shell commands at an even pace, from a process that takes hardly any of a processor. */
final class Pace implements AutoCloseable {
    /** How often to look for answers. */
    private static final Duration LOOK = Duration.ofMillis(50);

    /** How long the program waits before the first command and after the last, with time to spare: who looks then disturbs. */
    private static final Duration QUIET = Duration.ofMillis(250);

    private final Child child;

    /** How much of what the program printed has been read, characters. */
    private int read;

    private Pace(final Child child) {
        this.child = child;
    }

    /** For the platform with that control socket. */
    static Pace start(final Path control) {
        return new Pace(Child.start(
                "pace", Map.of(), Aside.command(Peers.compiled("pace").toString(), control.toString())));
    }

    /**
     * A command that is over.
     *
     * @param begin when it was sent, by {@link System#nanoTime()}
     * @param nanos until it was over
     */
    record Step(long begin, long nanos) {}

    /**
     * Has {@code commands} executed, one each {@code pitch} if the one before is over, an empty one being a moment at which
     * nothing happens; returns when all are over. Each must succeed.
     */
    List<Step> run(final List<String> commands, final Duration pitch) {
        child.type(String.join("\n", commands) + "\n. " + pitch.toNanos() / 1000);
        Waiting.sleep(pitch.multipliedBy(commands.size()).plus(QUIET));
        String answers = answers();
        while (answers.lines().count() < commands.size()) {
            if (!child.isAlive()) {
                throw new AssertionError(child.transcript());
            }
            Waiting.sleep(LOOK);
            answers = answers();
        }
        read += answers.length();
        return answers.lines().map(Pace::step).toList();
    }

    /** Whole lines that were not read yet. */
    private String answers() {
        final String out = child.out();
        return out.substring(read, Math.max(read, out.lastIndexOf('\n') + 1));
    }

    private static Step step(final String answer) {
        final String[] words = answer.split(" ", 4);
        if (!words[2].equals("0")) {
            throw new AssertionError("a command failed: " + answer);
        }
        return new Step(Long.parseLong(words[0]), Long.parseLong(words[1]));
    }

    @Override
    public void close() {
        child.close();
    }
}
