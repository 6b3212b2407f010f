package dma.tck.internal;

import static dma.tck.Chapter.THREADS;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.util.List;

/** What the two calls of the data path do not do. */
final class DataPathRules {
    private static final String ALLOCATES = "threads.allocates-nothing";
    private static final int MEASUREMENTS = 6;
    private static final int ROUNDS = 1000;
    private static final int COPIES = 32;

    /** A busy machine may keep a thread from its processor for long; what waits for less is counted by the JVM. */
    private static final long LONGEST_CALL_NANOS = 5_000_000_000L;

    static final List<ContractRule> RULES = List.of(
            new ContractRule(
                    Names.THROWS,
                    THREADS,
                    "transferData and completedCopies throw nothing",
                    lab -> rounds(start(lab), null)),
            new ContractRule(
                    Names.BLOCKS,
                    THREADS,
                    "transferData and completedCopies wait for nothing, neither a lock nor a copy",
                    DataPathRules::blocks),
            new ContractRule(
                    ALLOCATES, THREADS, "transferData and completedCopies allocate nothing", DataPathRules::allocates));

    /** Where the data path runs, and the longest call so far. */
    private static final class Calls {
        private final Channel channel;
        private final Memory memory;
        private long longestNanos;

        Calls(final Channel channel, final Memory memory) {
            this.channel = channel;
            this.memory = memory;
        }
    }

    private DataPathRules() {}

    private static Calls start(final Lab lab) {
        final Memory memory = lab.memory(COPIES * 256L);
        return new Calls(lab.open(), memory);
    }

    /** Bursts; nothing of the kit allocates or waits here. Times calls into {@code timed}, if there is one. */
    private static void rounds(final Calls calls, final Calls timed) {
        final Channel channel = calls.channel;
        for (int round = 0; round < ROUNDS; round++) {
            for (int i = 0; i < COPIES; i++) {
                channel.add(calls.memory, i * 256L, 100);
            }
            final long begin = timed == null ? 0 : System.nanoTime();
            channel.submitAndClear();
            if (timed != null) {
                timed.longestNanos = Math.max(timed.longestNanos, System.nanoTime() - begin);
            }
            channel.awaitAll();
        }
    }

    /** The JVM counts for each thread how often it has waited, and how often for a monitor. */
    private static void blocks(final Lab lab) {
        final Calls calls = start(lab);
        rounds(calls, null);
        long least = Long.MAX_VALUE;
        for (int i = 0; i < MEASUREMENTS && least > 0; i++) {
            final long before = waits();
            rounds(calls, calls);
            least = Math.min(least, waits() - before);
            if (calls.longestNanos > LONGEST_CALL_NANOS) {
                throw new Violation(Names.BLOCKS, "a call took " + calls.longestNanos / 1_000_000 + " ms");
            }
        }
        if (least > 0) {
            throw new Violation(
                    Names.BLOCKS,
                    "in " + ROUNDS + " bursts the thread that called was put to wait " + least + " times");
        }
    }

    private static long waits() {
        final ThreadInfo info = ManagementFactory.getThreadMXBean()
                .getThreadInfo(Thread.currentThread().threadId());
        return info.getWaitedCount() + info.getBlockedCount();
    }

    private static void allocates(final Lab lab) {
        if (!(ManagementFactory.getThreadMXBean() instanceof com.sun.management.ThreadMXBean threads)
                || !threads.isThreadAllocatedMemoryEnabled()) {
            throw new NotApplicable("this JVM does not count what a thread allocates");
        }
        final Calls calls = start(lab);
        long least = Long.MAX_VALUE;
        for (int i = 0; i < MEASUREMENTS; i++) {
            final long before = threads.getCurrentThreadAllocatedBytes();
            rounds(calls, null);
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        // The first rounds load classes and link. The smallest object at each burst is 8 bytes.
        if (least >= ROUNDS * 8L) {
            throw new Violation(
                    ALLOCATES, least + " bytes were allocated in " + ROUNDS + " bursts of " + COPIES + " copies");
        }
        lab.note(least == 0 ? "" : least + " bytes in " + ROUNDS + " bursts");
    }
}
