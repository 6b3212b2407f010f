package e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Queues change their engine under full load, again and again: nothing is lost, overtaken or damaged, and how long packets
 * fail to come around a change is measured against the same run without changes.
 *
 * <p>Three kinds of phases take turns, a second each, so that whatever else the machine does meets all alike: an
 * {@code assign} that changes a queue at each mark; the same {@code assign} again, which is as much work for the shell and
 * changes nothing; and marks at which nothing happens. The last two keep what the changes before them have left, which is
 * another mix of engines and thresholds each time. A mark is the moment before a command is sent.
 *
 * <p>Times are only printed, to {@code target/e2e} as well. {@code -Dswaps.limits=true} asserts them, on a machine that has
 * nothing else to do; {@code -Dswaps=N} makes fewer changes.
 */
@Timeout(900)
class SwapIT {
    /** Marks of a phase. */
    private static final int MARKS = 200;

    /** What a phase begins with, and what does not count: the first change after a while is stored at once. */
    private static final int LEAD = 20;

    private static final int SWAPS = Integer.getInteger("swaps", 10_000);

    /** Changes, as fast as they go, until what makes them is compiled: the compilers have the front-end's processor. */
    private static final int STORM = Integer.getInteger("swaps.storm", 40_000);

    private static final int STORM_BATCH = 4000;

    /** Changes in phases that do not count yet: what else they need is compiled there. */
    private static final int WARM_UP = Integer.getInteger("swaps.warmup", 5000);

    /** After changes, until they are also stored. */
    private static final Duration CHANGED = Duration.ofMillis(350);

    private static final Duration PITCH = Duration.ofNanos(1000L * Integer.getInteger("swaps.pitch.micros", 5000));

    private static final boolean LIMITS = Boolean.getBoolean("swaps.limits");
    private static final long MOST_OF_ALL_BEYOND = TimeUnit.MICROSECONDS.toNanos(200);
    private static final long WORST_BEYOND = TimeUnit.MILLISECONDS.toNanos(5);

    private static final List<String> ENGINES = List.of("cpu-inline", "cpu-worker", Chaos.ENGINE);

    private final List<Long> assigns = new ArrayList<>();

    @BeforeAll
    static void findPeers() {
        Peers.requireSequence();
    }

    @Test
    void changesEnginesUnderFullLoadWithoutAPacketLost() {
        try (Scratch scratch = new Scratch();
                Platform platform = Platform.forward(scratch, "macswap", 1, "--cpu", "0");
                SequencePeer peer = SequencePeer.open("", 1, Swaps.TRAFFIC, platform.socket(0));
                Pace pace = Pace.start(platform.control().socket())) {
            final Control control = platform.control();
            control.configure("vhost.engines", Swaps.PATIENT);
            Chaos.install(control, Chaos.UNRELIABLE);
            final Swaps swapping = new Swaps(control, ENGINES);
            peer.noPhase();
            Aside.run(() -> {
                ENGINES.forEach(swapping::useAlone);
                for (int done = 0; done < STORM; done += STORM_BATCH) {
                    pace.run(batch(swapping::command, Math.min(STORM_BATCH, STORM - done)), Duration.ZERO);
                }
                final Rounds rounds = new Rounds(control, peer, pace, swapping);
                rounds.run(WARM_UP, false);
                assigns.addAll(rounds.run(SWAPS, true));
            });
            final SequencePeer.Report report = peer.quit();
            final String shown = show(report, swapping.copies());
            assertThat(report.isFaultless())
                    .as(shown + platform.child().transcript())
                    .isTrue();
            assertThat(report.received()).isEqualTo(report.sent());
            assertThat(swapping.copies())
                    .hasSize(ENGINES.size())
                    .allSatisfy((engine, count) -> assertThat(count).as(engine).isPositive());
            assertThat(Chaos.violations(control)).isEmpty();
            Swaps.expectNothingLeft(control);
            if (LIMITS) {
                // Without what the front-end paused itself: on two processors it has to share its own with the shell.
                assertThat(isWithinLimits(
                                report.plain().backEndMarks(), report.swap().backEndMarks()))
                        .as(shown)
                        .isTrue();
            }
            platform.stop();
        }
    }

    private static List<String> batch(final Supplier<String> command, final int count) {
        return Stream.generate(command).limit(count).toList();
    }

    /** Phases of the three kinds, which take turns. */
    private record Rounds(Control control, SequencePeer peer, Pace pace, Swaps swapping) {
        /** Until there were {@code count} changes, and how long each took; only what is {@code measured} counts. */
        List<Long> run(final int count, final boolean measured) {
            final List<Long> took = new ArrayList<>();
            for (int done = 0; done < count; done += MARKS) {
                final int marks = Math.min(MARKS, count - done);
                final long before = control.swaps();
                final List<Pace.Step> changes = phase(marks, measured, SequencePeer::swap, swapping::command);
                Waiting.sleep(CHANGED);
                phase(marks, measured, SequencePeer::repeat, swapping::repeat);
                Waiting.sleep(CHANGED);
                phase(marks, measured, SequencePeer::plain, () -> "");
                assertThat(control.swaps() - before)
                        .as("each assign of the first phase is one change, and nothing else is")
                        .isEqualTo(LEAD + marks);
                took.addAll(changes.stream().map(Pace.Step::nanos).toList());
            }
            return took;
        }

        private List<Pace.Step> phase(
                final int marks,
                final boolean measured,
                final Consumer<SequencePeer> kind,
                final Supplier<String> command) {
            if (measured) {
                kind.accept(peer);
            }
            final List<Pace.Step> all = pace.run(batch(command, LEAD + marks), PITCH);
            final List<Pace.Step> steps = all.subList(LEAD, all.size());
            if (measured) {
                peer.marks(steps.stream().map(Pace.Step::begin).toList()).report();
                peer.noPhase();
            }
            return steps;
        }
    }

    private static boolean isWithinLimits(final SequencePeer.Times plain, final SequencePeer.Times swap) {
        return swap.p999() < plain.p999() + MOST_OF_ALL_BEYOND && swap.max() < plain.max() + WORST_BEYOND;
    }

    private String show(final SequencePeer.Report report, final Map<String, Long> copies) {
        final long[] took = assigns.stream().mapToLong(Long::longValue).sorted().toArray();
        final StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT,
                "%d swaps; %d packets: %d lost, %d reordered, %d duplicated, %d damaged%n",
                assigns.size(),
                report.received(),
                report.lost(),
                report.reordered(),
                report.duplicated(),
                report.damaged()));
        text.append(String.format(
                "%-25s %9s %8s %8s %8s %8s %8s%n", "microseconds", "count", "p50", "p90", "p99", "p99.9", "max"));
        rows(text, "gap around a mark", report, SequencePeer.Phase::marks);
        rows(text, "back-end's", report, SequencePeer.Phase::backEndMarks);
        rows(text, "any gap", report, SequencePeer.Phase::gaps);
        rows(text, "own pauses", report, SequencePeer.Phase::pauses);
        row(text, "an assign", times(took));
        histogram(text, report);
        verdict(text, "the same commands without changes", report.repeat(), report.swap());
        verdict(text, "no commands", report.plain(), report.swap());
        text.append("copies while it served all queues: ").append(copies).append('\n');
        text.append(String.format(
                "packets/s: plain %d, repeat %d, swap %d%n",
                rate(report.plain()), rate(report.repeat()), rate(report.swap())));
        Child.keep("swaps", text.toString());
        System.out.println(text);
        return text.toString();
    }

    private static void histogram(final StringBuilder text, final SequencePeer.Report report) {
        text.append(String.format("%-25s %9s %8s %8s%n", "gaps around a mark", "plain", "repeat", "swap"));
        final List<Long> plain = report.plain().marks().octaves();
        final List<Long> repeat = report.repeat().marks().octaves();
        final List<Long> swap = report.swap().marks().octaves();
        for (int octave = 0; octave < swap.size(); octave++) {
            if (plain.get(octave) + repeat.get(octave) + swap.get(octave) > 0) {
                text.append(String.format(
                        Locale.ROOT,
                        "  less than %8.0f us   %9d %8d %8d%n",
                        (64L << octave) / 1e3,
                        plain.get(octave),
                        repeat.get(octave),
                        swap.get(octave)));
            }
        }
    }

    private static SequencePeer.Times times(final long[] sorted) {
        final int count = sorted.length;
        return new SequencePeer.Times(
                count,
                sorted[count / 2],
                sorted[(int) (count * 0.9)],
                sorted[(int) (count * 0.99)],
                sorted[(int) (count * 0.999)],
                Arrays.stream(sorted).max().orElse(0),
                List.of());
    }

    private static void verdict(
            final StringBuilder text,
            final String what,
            final SequencePeer.Phase without,
            final SequencePeer.Phase with) {
        text.append("99.9 % less than 200 us beyond those with ")
                .append(what)
                .append(", the worst less than 5 ms: ")
                .append(isWithinLimits(without.marks(), with.marks()) ? "yes" : "no")
                .append(", back-end's ")
                .append(isWithinLimits(without.backEndMarks(), with.backEndMarks()) ? "yes" : "no")
                .append('\n');
    }

    private static long rate(final SequencePeer.Phase phase) {
        return phase.packets() * 1_000_000_000L / Math.max(1, phase.nanos());
    }

    private static void rows(
            final StringBuilder text,
            final String name,
            final SequencePeer.Report report,
            final Function<SequencePeer.Phase, SequencePeer.Times> times) {
        row(text, name + ", plain", times.apply(report.plain()));
        row(text, name + ", repeat", times.apply(report.repeat()));
        row(text, name + ", swap", times.apply(report.swap()));
    }

    private static void row(final StringBuilder text, final String name, final SequencePeer.Times times) {
        text.append(String.format(
                Locale.ROOT,
                "%-25s %9d %8.0f %8.0f %8.0f %8.0f %8.0f%n",
                name,
                times.count(),
                times.p50() / 1e3,
                times.p90() / 1e3,
                times.p99() / 1e3,
                times.p999() / 1e3,
                times.max() / 1e3));
    }
}
