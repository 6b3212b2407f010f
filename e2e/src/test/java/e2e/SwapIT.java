package e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Queues change their engine under full load, again and again: nothing is lost, overtaken or damaged, and how long packets
 * fail to come around a change is measured against the same run without changes.
 *
 * <p>Plain and swap phases take turns, so that whatever else the machine does meets both alike, and have as many marks, since
 * the worst of more is worse. In plain phases the queues go through the same engines and thresholds as in swap phases,
 * but stay with each for a while that is measured and only begins when the change is over; marks are made at the same
 * pace. A mark of a swap phase is the moment before an {@code assign} is sent.
 *
 * <p>Times are only printed, to {@code target/e2e} as well. {@code -Dswaps.limits=true} asserts them, on a machine that has
 * nothing else to do; {@code -Dswaps=N} makes fewer changes.
 */
@Timeout(900)
class SwapIT {
    private static final int SWAPS = Integer.getInteger("swaps", 10_000);
    private static final int ROUNDS = 10;

    /** Engines and thresholds that a plain phase stays with. */
    private static final int STAYS = 7;

    /** After a change, until it is also stored. */
    private static final Duration CHANGED = Duration.ofMillis(350);

    /** Until what changes an engine is compiled: the compilers have the processor that the front-end is on. */
    private static final int WARM_UP = 3000;

    private static final Duration PITCH = Duration.ofNanos(1000L * Integer.getInteger("swaps.pitch.micros", 5000));

    private static final boolean LIMITS = Boolean.getBoolean("swaps.limits");
    private static final long MOST_OF_ALL_BEYOND = TimeUnit.MICROSECONDS.toNanos(200);
    private static final long WORST_BEYOND = TimeUnit.MILLISECONDS.toNanos(5);

    private static final List<String> ENGINES = List.of("cpu-inline", "cpu-worker", Chaos.ENGINE);

    private final List<Long> assigns = new ArrayList<>();
    private long swaps;
    private long swapNanos;

    @BeforeAll
    static void findPeers() {
        Peers.requireSequence();
    }

    @Test
    void changesEnginesUnderFullLoadWithoutAPacketLost() {
        try (Scratch scratch = new Scratch();
                Platform platform = Platform.forward(scratch, "macswap", 1, "--cpu", "0");
                SequencePeer peer = SequencePeer.open("", 1, Swaps.TRAFFIC, platform.socket(0));
                Pace pace = Pace.start(platform.control().socket(), PITCH)) {
            final Control control = platform.control();
            control.configure("vhost.engines", Swaps.PATIENT);
            Chaos.install(control, Chaos.UNRELIABLE);
            final Swaps swapping = new Swaps(control, ENGINES);
            // What is compiled and loaded in the beginning belongs to no measurement.
            peer.noPhase();
            pace.run(commands(swapping, WARM_UP), step -> {});

            Aside.run(() -> measure(control, peer, pace, swapping));
            final SequencePeer.Report report = peer.quit();
            final String shown = show(report, swapping.copies());
            assertThat(report.isFaultless())
                    .as(shown + platform.child().transcript())
                    .isTrue();
            assertThat(report.received()).isEqualTo(report.sent());
            assertThat(swaps)
                    .as("each assign is one change, and nothing else was")
                    .isEqualTo(SWAPS);
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

    private void measure(final Control control, final SequencePeer peer, final Pace pace, final Swaps swapping) {
        for (int round = 0; round < ROUNDS; round++) {
            for (int stay = 0; stay < STAYS; stay++) {
                peer.noPhase();
                swapping.next();
                Waiting.sleep(CHANGED);
                peer.plain();
                final int marks = SWAPS / ROUNDS * (stay + 1) / STAYS - SWAPS / ROUNDS * stay / STAYS;
                pace.run(Collections.nCopies(marks, ""), step -> peer.mark(step.begin()));
                peer.report();
            }
            peer.noPhase();
            swapping.useAlone(ENGINES.get(round % ENGINES.size()));
            peer.swap();
            final long before = control.swaps();
            final long begin = System.nanoTime();
            pace.run(commands(swapping, SWAPS / ROUNDS), step -> {
                assigns.add(step.nanos());
                peer.mark(step.begin());
            });
            swapNanos += System.nanoTime() - begin;
            swaps += control.swaps() - before;
            peer.report();
        }
    }

    private static boolean isWithinLimits(final SequencePeer.Times plain, final SequencePeer.Times swap) {
        return swap.p999() < plain.p999() + MOST_OF_ALL_BEYOND && swap.max() < plain.max() + WORST_BEYOND;
    }

    private static List<String> commands(final Swaps swapping, final int count) {
        return Stream.generate(swapping::command).limit(count).toList();
    }

    private String show(final SequencePeer.Report report, final Map<String, Long> copies) {
        final long[] took = assigns.stream().mapToLong(Long::longValue).sorted().toArray();
        final StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT,
                "%d swaps, %.0f a second; %d packets: %d lost, %d reordered, %d duplicated, %d damaged%n",
                swaps,
                swaps * 1e9 / swapNanos,
                report.received(),
                report.lost(),
                report.reordered(),
                report.duplicated(),
                report.damaged()));
        text.append(String.format(
                "%-24s %9s %8s %8s %8s %8s %8s%n", "microseconds", "count", "p50", "p90", "p99", "p99.9", "max"));
        row(text, "gap around a mark, plain", report.plain().marks());
        row(text, "gap around a mark, swap", report.swap().marks());
        row(text, "back-end's, plain", report.plain().backEndMarks());
        row(text, "back-end's, swap", report.swap().backEndMarks());
        row(text, "any gap, plain", report.plain().gaps());
        row(text, "any gap, swap", report.swap().gaps());
        row(text, "own pauses, plain", report.plain().pauses());
        row(text, "own pauses, swap", report.swap().pauses());
        row(text, "an assign", times(took));
        text.append("99.9 % of the gaps less than 200 us beyond those without changes, the worst less than 5 ms:"
                        + " back-end's ")
                .append(
                        isWithinLimits(
                                        report.plain().backEndMarks(),
                                        report.swap().backEndMarks())
                                ? "yes"
                                : "no")
                .append(", with the front-end's own pauses ")
                .append(isWithinLimits(report.plain().marks(), report.swap().marks()) ? "yes" : "no")
                .append('\n');
        text.append("copies while it served all queues: ").append(copies).append('\n');
        text.append("packets/s: plain ")
                .append(report.plain().packets()
                        * 1_000_000_000L
                        / Math.max(1, report.plain().nanos()))
                .append(", swap ")
                .append(report.swap().packets()
                        * 1_000_000_000L
                        / Math.max(1, report.swap().nanos()))
                .append('\n');
        Child.keep("swaps", text.toString());
        System.out.println(text);
        return text.toString();
    }

    private static SequencePeer.Times times(final long[] sorted) {
        final int count = sorted.length;
        return new SequencePeer.Times(
                count,
                sorted[count / 2],
                sorted[(int) (count * 0.9)],
                sorted[(int) (count * 0.99)],
                sorted[(int) (count * 0.999)],
                Arrays.stream(sorted).max().orElse(0));
    }

    private static void row(final StringBuilder text, final String name, final SequencePeer.Times times) {
        text.append(String.format(
                Locale.ROOT,
                "%-24s %9d %8.0f %8.0f %8.0f %8.0f %8.0f%n",
                name,
                times.count(),
                times.p50() / 1e3,
                times.p90() / 1e3,
                times.p99() / 1e3,
                times.p999() / 1e3,
                times.max() / 1e3));
    }
}
