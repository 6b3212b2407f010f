package dma.tck.internal;

import static dma.tck.Chapter.ORDER_OF_CALLS;
import static dma.tck.Chapter.OWNERSHIP;

import java.util.List;
import java.util.concurrent.TimeUnit;

/** The end of a channel. */
final class CloseRules {
    private static final String NO_WRITE = "close.writes-no-more";
    private static final String RELEASES = "close.releases-the-channel";
    private static final String OTHERS = "close.leaves-other-channels";
    private static final int CHANNELS = 300;
    private static final long COPIES_BYTES = AbortRules.COPIES * AbortRules.STEP;
    private static final long WATCH_NANOS = TimeUnit.MILLISECONDS.toNanos(4);

    static final List<ContractRule> RULES = List.of(
            new ContractRule(
                    NO_WRITE,
                    OWNERSHIP,
                    "close with copies in flight aborts them: no destination is written any more",
                    CloseRules::writesNoMore),
            new ContractRule(
                    Names.CLOSE, ORDER_OF_CALLS, "close may be called again, and does nothing then", CloseRules::again),
            new ContractRule(
                    RELEASES,
                    ORDER_OF_CALLS,
                    "a closed channel makes room for another one, with copies in flight or without",
                    CloseRules::releases),
            new ContractRule(
                    OTHERS, ORDER_OF_CALLS, "closing a channel leaves the others alone", CloseRules::leavesOthers));

    private CloseRules() {}

    private static void writesNoMore(final Lab lab) {
        final Memory memory = lab.memory(COPIES_BYTES);
        for (int round = 0; round < 8; round++) {
            final Channel channel = lab.open();
            AbortRules.submit(lab, channel, memory);
            channel.close();
            memory.clear();
            AbortRules.watch(memory, WATCH_NANOS, NO_WRITE, "close");
        }
        AbortRules.watch(memory, lab.watchNanos(), NO_WRITE, "close");
    }

    private static void again(final Lab lab) {
        final Memory memory = lab.memory(COPIES_BYTES);
        for (int round = 0; round < 4; round++) {
            final Channel idle = lab.open();
            final Channel busy = lab.openAnother();
            AbortRules.submit(lab, busy, memory);
            for (int i = 0; i < 3; i++) {
                idle.close();
                busy.close();
            }
            // A channel that was closed twice may not have given two places back.
            final Channel next = lab.open();
            next.add(memory, 0, 64);
            next.submitAll();
            next.awaitAll();
            next.end();
            idle.close();
        }
    }

    private static void releases(final Lab lab) {
        final Memory memory = lab.memory(Memory.PAGE);
        for (int i = 0; i < CHANNELS; i++) {
            final Channel channel;
            try {
                channel = lab.open();
            } catch (Violation e) {
                throw e.rule().equals(Names.OPEN) && i > 0
                        ? new Violation(RELEASES, "after " + i + " channels were closed: " + e.getMessage())
                        : e;
            }
            channel.add(memory, 0, 64);
            channel.submitAll();
            if (i % 2 == 0) {
                channel.awaitAll();
            }
            channel.close();
        }
    }

    private static void leavesOthers(final Lab lab) {
        final Memory memory = lab.memory(32 * Memory.PAGE);
        final Channel stays = lab.open();
        for (int round = 0; round < 20; round++) {
            final Channel goes = lab.openAnother();
            for (int i = 0; i < 32; i++) {
                stays.add(memory, i * Memory.PAGE, 1024);
            }
            final int count = stays.submitAndClear();
            goes.close();
            stays.awaitAll();
            for (int i = 0; i < count; i++) {
                if (!memory.isCopied(i * Memory.PAGE, 1024)) {
                    final long at = i * Memory.PAGE;
                    throw stays.notMade(
                            OTHERS,
                            "copy " + i + " was not made after another channel was closed",
                            () -> memory.isCopied(at, 1024));
                }
            }
            memory.clear();
        }
    }
}
