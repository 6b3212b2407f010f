package dma.tck.internal;

import static dma.tck.Chapter.OWNERSHIP;

import java.util.List;
import java.util.concurrent.TimeUnit;

/** Copies that are given up. */
final class AbortRules {
    private static final String NO_WRITE = "abort.writes-no-more";

    static final int COPIES = 32;
    static final long STEP = 64 << 10;
    private static final int ROUNDS = 24;

    /** How long destinations are watched after each abort; after the last one as long as the options say. */
    private static final long WATCH_NANOS = TimeUnit.MILLISECONDS.toNanos(4);

    static final List<ContractRule> RULES = List.of(
            new ContractRule(
                    Names.ABORT_IDLE,
                    OWNERSHIP,
                    "abort with nothing in flight succeeds, twice too",
                    AbortRules::ofNothing),
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
            new ContractRule(
                    Names.ABORTED, OWNERSHIP, "what was aborted is not reported", AbortRules::emptiesTheChannel),
            new ContractRule(
                    Names.USABLE,
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
            // How long it takes is looked at whenever something is aborted.
            channel.abort();
        }
    }

    private static void ofNothing(final Lab lab) {
        final Memory memory = lab.memory(Memory.PAGE);
        final Channel channel = lab.open();
        for (int i = 0; i < 2; i++) {
            channel.abort();
            channel.abort();
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
        watch(memory, lab.watchNanos(), NO_WRITE, "abort");
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
            lab.because(Names.ABORTED, "after abort", () -> {
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
            lab.because(Names.USABLE, "after abort", () -> {
                channel.submitAll();
                channel.awaitAll();
            });
            for (int i = 0; i < most; i++) {
                if (!memory.isCopied(i * STEP, 1024)) {
                    final long at = i * STEP;
                    throw channel.notMade(
                            Names.USABLE,
                            "copy " + i + " that was submitted after abort was not made",
                            () -> memory.isCopied(at, 1024));
                }
            }
            memory.clear();
        }
    }
}
