package e2e;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** {@code e2e/peers/pace.pl}: shell commands at an even pace, from a process that takes hardly any of a processor. */
final class Pace implements AutoCloseable {
    private static final Path PROGRAM = Platform.ROOT.resolve("e2e/peers/pace.pl");

    /** Commands that a pipe holds. */
    private static final int AT_ONCE = 1000;

    /** Seldom: who looks takes the processor from what is measured. */
    private static final Duration LOOK = Duration.ofMillis(200);

    private final Child child;
    private int seen;

    private Pace(final Child child) {
        this.child = child;
    }

    /** For the platform with that control socket, a command each {@code pitch} if the one before is over. */
    static Pace start(final Path control, final Duration pitch) {
        return new Pace(Child.start(
                "pace",
                Map.of(),
                Aside.command(PROGRAM.toString(), control.toString(), String.valueOf(pitch.toNanos() / 1000))));
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
     *
     * @param each is told of each, a fraction of a second late
     */
    void run(final List<String> commands, final Consumer<Step> each) {
        for (int from = 0; from < commands.size(); from += AT_ONCE) {
            final List<String> some = commands.subList(from, Math.min(commands.size(), from + AT_ONCE));
            final int end = seen + some.size();
            child.type(String.join("\n", some));
            while (tell(each) < end) {
                if (!child.isAlive()) {
                    throw new AssertionError(child.transcript());
                }
                Waiting.sleep(LOOK);
            }
        }
    }

    /** Returns how many steps there were so far. */
    private int tell(final Consumer<Step> each) {
        final String out = child.out();
        final List<String> lines =
                out.substring(0, out.lastIndexOf('\n') + 1).lines().toList();
        for (final String line : lines.subList(seen, lines.size())) {
            final String[] words = line.split(" ", 4);
            if (!words[2].equals("0")) {
                throw new AssertionError("a command failed: " + line);
            }
            each.accept(new Step(Long.parseLong(words[0]), Long.parseLong(words[1])));
        }
        seen = lines.size();
        return seen;
    }

    @Override
    public void close() {
        child.close();
    }
}
