package dma.tck.internal;

import static dma.tck.Chapter.MODEL;
import static dma.tck.Chapter.OWNERSHIP;

import dma.api.CopyBatch;
import java.util.List;

/** How copies are taken. */
final class AcceptanceRules {
    private static final String PREFIX = "transfer.takes-a-prefix";
    private static final String FIRST = "transfer.begins-at-first";
    private static final String REFUSED = "transfer.leaves-what-it-refused";
    private static final String LATER = "transfer.reads-the-batch-at-once";

    static final List<ContractRule> RULES = List.of(
            new ContractRule(
                    Names.RANGE,
                    MODEL,
                    "transferData returns 0 to the number of copies offered, or a CopyStatus",
                    lab -> traffic(lab, 40)),
            new ContractRule(
                    Names.ACCEPTS, MODEL, "a channel with nothing in flight accepts a copy", AcceptanceRules::oneByOne),
            new ContractRule(Names.HEALTHY, MODEL, "a channel does not fail by itself", lab -> traffic(lab, 400)),
            new ContractRule(
                    Names.DOORBELL,
                    MODEL,
                    "what transferData has accepted is copied without another call of it",
                    AcceptanceRules::oneByOne),
            new ContractRule(
                    FIRST, MODEL, "the copies before batch.first() are not made again", AcceptanceRules::beginsAtFirst),
            new ContractRule(
                    PREFIX,
                    MODEL,
                    "the copies that are accepted are the first ones of the batch",
                    AcceptanceRules::fill),
            new ContractRule(REFUSED, OWNERSHIP, "a copy that was not accepted is not made", AcceptanceRules::fill),
            new ContractRule(
                    Names.RECOVERS,
                    MODEL,
                    "a full channel accepts none, loses none, and accepts again when some were reported",
                    AcceptanceRules::recovers),
            new ContractRule(
                    Names.BATCH_KEPT,
                    OWNERSHIP,
                    "transferData changes nothing in the batch",
                    AcceptanceRules::keepsBatch),
            new ContractRule(
                    LATER,
                    OWNERSHIP,
                    "the batch is not looked at once transferData has returned",
                    AcceptanceRules::readsAtOnce));

    private AcceptanceRules() {}

    private static void traffic(final Lab lab, final int rounds) {
        final Memory memory = lab.memory(Channel.BATCH * 64L);
        final Channel channel = lab.open();
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i <= round % Channel.BATCH; i++) {
                channel.add(memory, i * 64L, 64);
            }
            channel.submitAll();
        }
        channel.awaitAll();
    }

    private static void oneByOne(final Lab lab) {
        final Memory memory = lab.memory(Memory.PAGE);
        final Channel channel = lab.open();
        for (int i = 0; i < 200; i++) {
            channel.add(memory, 0, 64);
            channel.submitAll();
            channel.awaitAll();
        }
    }

    private static void beginsAtFirst(final Lab lab) {
        final Memory memory = lab.memory(Channel.BATCH * 64L);
        final Channel channel = lab.open();
        for (int first = 1; first < 8; first++) {
            for (int i = 0; i < 8; i++) {
                channel.add(memory, i * 64L, 64);
            }
            channel.batch().advance(first);
            channel.submitAll();
            channel.awaitAll();
            if (!memory.isUntouched(0, first * 64L)) {
                throw new Violation(FIRST, "with first() " + first + " a copy before it was made");
            }
            if (!memory.isCopied(first * 64L, (8 - first) * 64L)) {
                final long at = first * 64L;
                throw channel.notMade(
                        FIRST,
                        "with first() " + first + " the copies from it on were not all made",
                        () -> memory.isCopied(at, 512 - at));
            }
            memory.clear();
        }
    }

    /** Fills a channel from batches in which each copy has its own place, those that are accepted and those that are not. */
    private static void fill(final Lab lab) {
        final Memory memory = lab.memory(Channel.BATCH * Memory.PAGE);
        final Channel channel = lab.open();
        final long length = Math.min(lab.limits().maxCopyBytes(), 2048);
        for (int round = 0; round < 40; round++) {
            int next = 0;
            while (next < Channel.BATCH) {
                // An odd number, so that limits of a power of two are met within a batch.
                final int offered = Math.min(Channel.BATCH - next, 13);
                for (int i = 0; i < offered; i++) {
                    channel.add(memory, (next + i) * Memory.PAGE, length);
                }
                final int taken = channel.submitAndClear();
                next += taken;
                if (taken < offered) {
                    break;
                }
            }
            channel.awaitAll();
            for (int i = 0; i < Channel.BATCH; i++) {
                final long at = i * Memory.PAGE;
                if (i < next && !memory.isCopied(at, length)) {
                    throw channel.notMade(
                            PREFIX,
                            next + " copies were accepted, the one at " + i + " was not made",
                            () -> memory.isCopied(at, length));
                }
                if (i >= next && !memory.isUntouched(at, length)) {
                    throw new Violation(REFUSED, next + " copies were accepted, the one at " + i + " was made too");
                }
            }
            memory.clear();
        }
    }

    private static void recovers(final Lab lab) {
        final int most = lab.limits().maxInFlight();
        if (most > 1 << 16) {
            throw new NotApplicable("it is never full: maxInFlight is " + most);
        }
        final Memory memory = lab.memory(Channel.BATCH * 64L);
        final Channel channel = lab.open();
        for (int round = 0; round < 10; round++) {
            int full = 0;
            while (full < 3) {
                for (int i = 0; i < Channel.BATCH; i++) {
                    channel.add(memory, i * 64L, 64);
                }
                full = channel.submitAndClear() == 0 ? full + 1 : 0;
            }
            // All that it said it has taken is reported, and made; then there is room again.
            channel.awaitAll();
            channel.add(memory, 0, 64);
            final long begin = System.nanoTime();
            while (channel.submit() == 0) {
                if (System.nanoTime() - begin > lab.subject().patienceNanos()) {
                    lab.subject().waitedInVain();
                    throw new Violation(Names.RECOVERS, "it was full, all was reported, and it still accepts none");
                }
                Thread.onSpinWait();
            }
            channel.clear();
            channel.awaitAll();
        }
    }

    private static void keepsBatch(final Lab lab) {
        final Memory memory = lab.memory(Channel.BATCH * 64L);
        final Channel channel = lab.open();
        for (int round = 0; round < 20; round++) {
            final CopyBatch batch = channel.batch();
            for (int i = 0; i < Channel.BATCH; i++) {
                channel.add(memory, i * 64L, 64 - i % 3);
            }
            channel.submit();
            for (int i = 0; i < Channel.BATCH; i++) {
                if (batch.source(i) != memory.source(i * 64L)
                        || batch.destination(i) != memory.destination(i * 64L)
                        || batch.length(i) != 64 - i % 3) {
                    throw new Violation(Names.BATCH_KEPT, "entry " + i + " of the batch has changed");
                }
            }
            channel.clear();
            channel.awaitAll();
        }
    }

    private static void readsAtOnce(final Lab lab) {
        final Memory memory = lab.memory((Channel.BATCH + 1) * Memory.PAGE);
        final Channel channel = lab.open();
        final int offered = Math.min(Channel.BATCH, lab.limits().maxInFlight());
        final long poison = Channel.BATCH * Memory.PAGE;
        final long length = Math.min(lab.limits().maxCopyBytes(), Memory.PAGE);
        for (int round = 0; round < 100; round++) {
            for (int i = 0; i < offered; i++) {
                channel.add(memory, i * Memory.PAGE, length);
            }
            final int count = channel.submit();
            channel.batch().clear();
            // Whoever reads the batch now makes copies that show.
            for (int i = 0; i < Channel.BATCH; i++) {
                channel.batch().add(memory.source(poison), memory.destination(poison), 64);
            }
            channel.awaitAll();
            channel.clear();
            if (!memory.isUntouched(poison, 64)) {
                throw new Violation(LATER, "a copy was made that was put into the batch afterwards");
            }
            for (int i = 0; i < count; i++) {
                if (!memory.isCopied(i * Memory.PAGE, length)) {
                    final long at = i * Memory.PAGE;
                    throw channel.notMade(
                            LATER,
                            "copy " + i + " was not made as it was submitted",
                            () -> memory.isCopied(at, length));
                }
            }
            memory.clear();
        }
    }
}
