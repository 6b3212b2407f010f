package dma.tck.internal;

import static dma.tck.Chapter.OWNERSHIP;

import java.util.List;
import java.util.concurrent.TimeUnit;

/** Copies that are given up. */
final class AbortRules {
    private static final String NO_WRITE = "abort.writes-no-more";
    private static final String EMPTY = "abort.empties-the-channel";
    private static final String USABLE = "abort.leaves-a-usable-channel";
    private static final String IDLE = "abort.of-nothing";

    static final int COPIES = 32;
    static final long STEP = 64 << 10;
    private static final int ROUNDS = 24;

    /** How long destinations are watched: after each abort, and after the last one. */
    private static final long WATCH_NANOS = TimeUnit.MILLISECONDS.toNanos(4);

    private static final long LAST_WATCH_NANOS = TimeUnit.MILLISECONDS.toNanos(300);
    private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** What an ordinary machine may add to it. */
    private static final long MARGIN_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    static final List<ContractRule> RULES = List.of(
            new ContractRule(
                    IDLE, OWNERSHIP, "abort with nothing in flight succeeds, twice too", AbortRules::ofNothing),
            new ContractRule(
                    Names.ABORT_TRUE,
                    OWNERSHIP,
                    "abort of a healthy engine returns true within a second",
                    AbortRules::inTime),
            new ContractRule(
                    NO_WRITE,
                    OWNERSHIP,
                    "once abort has returned true no destination is written any more",
                    AbortRules::writesNoMore),
            new ContractRule(EMPTY, OWNERSHIP, "what was aborted is not reported", AbortRules::emptiesTheChannel),
            new ContractRule(
                    USABLE,
                    OWNERSHIP,
                    "after an abort the channel takes and makes as many copies as before",
                    AbortRules::leavesUsable));

    private AbortRules() {}

    /** As many long copies as are taken at once; how many. */
    static int submit(final Lab lab, final Channel channel, final Memory memory) {
        final long length = Math.min(STEP, lab.limits().maxCopyBytes());
        for (int i = 0; i < COPIES; i++) {
            channel.add(memory, i * STEP, length);
        }
        return channel.submitAndClear();
    }

    /** Sees whether anybody writes where nobody should. */
    static void watch(final Memory memory, final long nanos, final String rule, final String after) {
        final long begin = System.nanoTime();
        do {
            if (!memory.isUntouched()) {
                throw new Violation(
                        rule,
                        "a destination was written " + (System.nanoTime() - begin) / 1000 + " us after " + after
                                + " had returned");
            }
            Thread.yield();
        } while (System.nanoTime() - begin < nanos);
    }

    private static void inTime(final Lab lab) {
        final Memory memory = lab.memory(COPIES * STEP);
        final Channel channel = lab.open();
        for (int round = 0; round < 5; round++) {
            submit(lab, channel, memory);
            final long begin = System.nanoTime();
            channel.abort();
            final long took = System.nanoTime() - begin;
            if (took > SECOND_NANOS + MARGIN_NANOS) {
                throw new Violation(Names.ABORT_TRUE, "abort took " + took / 1_000_000 + " ms");
            }
        }
    }

    private static void ofNothing(final Lab lab) {
        final Memory memory = lab.memory(Memory.PAGE);
        final Channel channel = lab.open();
        for (int i = 0; i < 2; i++) {
            lab.because(IDLE, "with nothing in flight", () -> {
                channel.abort();
                channel.abort();
            });
            channel.add(memory, 0, 64);
            channel.submitAll();
            channel.awaitAll();
        }
    }

    private static void writesNoMore(final Lab lab) {
        final Memory memory = lab.memory(COPIES * STEP);
        final Channel channel = lab.open();
        for (int round = 0; round < ROUNDS; round++) {
            submit(lab, channel, memory);
            // At once, and then when more and more is under way.
            final long begin = System.nanoTime();
            while (System.nanoTime() - begin < round * 20_000L) {
                Thread.onSpinWait();
            }
            channel.abort();
            memory.clear();
            watch(memory, WATCH_NANOS, NO_WRITE, "abort");
        }
        watch(memory, LAST_WATCH_NANOS, NO_WRITE, "abort");
    }

    private static void emptiesTheChannel(final Lab lab) {
        final Memory memory = lab.memory(COPIES * STEP);
        final Channel channel = lab.open();
        for (int round = 0; round < ROUNDS; round++) {
            submit(lab, channel, memory);
            if (round % 2 == 1) {
                channel.poll();
            }
            channel.abort();
            lab.because(EMPTY, "after abort", () -> {
                for (int i = 0; i < 100; i++) {
                    channel.poll();
                }
            });
        }
    }

    private static void leavesUsable(final Lab lab) {
        final Memory memory = lab.memory(COPIES * STEP);
        final Channel channel = lab.open();
        final int most = Math.min(COPIES, lab.limits().maxInFlight());
        for (int round = 0; round < ROUNDS; round++) {
            submit(lab, channel, memory);
            channel.abort();
            memory.clear();
            for (int i = 0; i < most; i++) {
                channel.add(memory, i * STEP, 1024);
            }
            lab.because(USABLE, "after abort", () -> {
                channel.submitAll();
                channel.awaitAll();
            });
            for (int i = 0; i < most; i++) {
                if (!memory.isCopied(i * STEP, 1024)) {
                    throw new Violation(USABLE, "copy " + i + " that was submitted after abort was not made");
                }
            }
            memory.clear();
        }
    }
}
