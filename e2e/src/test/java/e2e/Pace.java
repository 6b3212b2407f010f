package e2e;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** {@code e2e/peers/pace.pl}: shell commands at an even pace, from a process that takes hardly any of a processor. */
final class Pace implements AutoCloseable {
    private static final Path PROGRAM = Platform.ROOT.resolve("e2e/peers/pace.pl");

    /** Seldom: who looks takes the processor from what is measured. */
    private static final Duration LOOK = Duration.ofMillis(50);

    private final Child child;
    private final Duration pitch;
    private int seen;

    private Pace(final Child child, final Duration pitch) {
        this.child = child;
        this.pitch = pitch;
    }

    /** For the platform with that control socket, a command each {@code pitch} if the one before is over. */
    static Pace start(final Path control, final Duration pitch) {
        final Child child = Child.start(
                "pace",
                Map.of(),
                Aside.command(PROGRAM.toString(), control.toString(), String.valueOf(pitch.toNanos() / 1000)));
        return new Pace(child, pitch);
    }

    /**
     * A command that is over.
     *
     * @param begin when it was sent, by {@link System#nanoTime()}
     * @param nanos until it was over
     */
    record Step(long begin, long nanos) {}

    /**
     * Has {@code commands} executed, an empty one being a moment at which nothing happens, and returns when all are over; each
     * must succeed.
     */
    List<Step> run(final List<String> commands) {
        child.type(String.join("\n", commands) + "\n.");
        Waiting.sleep(pitch.multipliedBy(commands.size()));
        while (answers().size() < seen + commands.size()) {
            if (!child.isAlive()) {
                throw new AssertionError(child.transcript());
            }
            Waiting.sleep(LOOK);
        }
        final List<String> all = answers();
        final List<Step> steps =
                all.subList(seen, all.size()).stream().map(Pace::step).toList();
        seen = all.size();
        return steps;
    }

    private List<String> answers() {
        final String out = child.out();
        return out.substring(0, out.lastIndexOf('\n') + 1).lines().toList();
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
