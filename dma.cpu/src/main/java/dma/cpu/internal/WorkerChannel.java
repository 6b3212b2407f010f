package dma.cpu.internal;

import dma.api.Completions;
import dma.api.CopyBatch;
import dma.api.CopyStatus;
import dma.api.DmaOps;
import dma.api.MemoryRegion;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;

/**
 * One channel of a {@link WorkerEngine}: a ring of copies between the owner of a virtqueue and the engine's thread.
 *
 * <pre>
 *     reported         completed          submitted       reported + capacity
 *         | to be reported | to be copied     | free …           |
 *      owner's          thread's           owner's
 * </pre>
 *
 * <p>The owner writes entries, then {@code submitted} by a release store; the thread reads {@code submitted} by an acquire
 * load, then the entries. The thread makes copies and writes the statuses of those that failed, then {@code completed} by a
 * release store; the owner reads {@code completed} by an acquire load, then statuses and data. The owner writes an entry
 * again only after it has reported it, so the thread has no use for {@code reported}.
 */
final class WorkerChannel implements DmaOps {
    /** Most copies that are made between two looks at the other channels, and before the owner can see them. */
    private static final int TURN = 16;

    /** How long the owner waits between two looks at whether the thread has let go, nanoseconds. */
    private static final long ABORT_PAUSE_NANOS = 20_000;

    // Two cache lines apart from each other and from anything else: what the owner publishes; what only the owner
    // knows;
    // what the thread writes; what both write, when the owner aborts.
    private static final int SUBMITTED = 16;
    private static final int REPORTED = 32;
    private static final int REPORTED_FAILURES = 33;
    private static final int COMPLETED = 48;
    private static final int FAILURES = 49;
    private static final int STOP = 64;
    private static final int INDICES_LENGTH = 80;
    private static final VarHandle INDICES = MethodHandles.arrayElementVarHandle(long[].class);

    // An entry of the ring.
    private static final int WORDS = 4;
    private static final int DESTINATION = 1;
    private static final int LENGTH = 2;

    /** See {@link #surfaceFault}: from 4 down to 0. */
    private static final int[] HOPS = {0, 0, 1, 2, 3};

    private static final VarHandle INTS = MethodHandles.arrayElementVarHandle(int[].class);

    private final WorkerEngine engine;
    private final int capacity;
    private final int mask;
    private final long[] indices = new long[INDICES_LENGTH];
    private final long[] entries;

    /** Of entries. The thread writes failures, the owner clears them when it reports them: nobody writes the others. */
    private final byte[] statuses;

    /** The thread's; null where copies are made in their order. */
    private final Shuffle shuffle;

    /** Owner. The channel was closed, or its thread did not answer. */
    private boolean halted;

    private boolean closed;

    WorkerChannel(final WorkerEngine engine, final int capacity, final boolean shuffled, final long seed) {
        this.engine = engine;
        this.capacity = capacity;
        final int slots = capacity == 1 ? 1 : Integer.highestOneBit(capacity - 1) << 1;
        this.mask = slots - 1;
        this.entries = new long[slots * WORDS];
        this.statuses = new byte[slots];
        this.shuffle = shuffled ? new Shuffle(capacity, seed) : null;
    }

    @Override
    public int transferData(final CopyBatch batch) {
        if (halted || !engine.isServing()) {
            return CopyStatus.HALTED;
        }
        final long submitted = indices[SUBMITTED];
        final int room = capacity - (int) (submitted - indices[REPORTED]);
        final int first = batch.first();
        final int count = Math.min(batch.end() - first, room);
        for (int i = 0; i < count; i++) {
            final int at = ((int) (submitted + i) & mask) * WORDS;
            entries[at] = batch.source(first + i);
            entries[at + DESTINATION] = batch.destination(first + i);
            entries[at + LENGTH] = batch.length(first + i);
        }
        if (count > 0) {
            INDICES.setRelease(indices, SUBMITTED, submitted + count);
            engine.wake();
        }
        return count;
    }

    @Override
    public int completedCopies(final Completions completions) {
        if (halted) {
            return CopyStatus.HALTED;
        }
        final long reported = indices[REPORTED];
        final int finished = (int) ((long) INDICES.getAcquire(indices, COMPLETED) - reported);
        if (finished == 0) {
            return engine.isServing() ? 0 : CopyStatus.HALTED;
        }
        final int count = Math.min(finished, completions.room());
        if ((long) INDICES.getOpaque(indices, FAILURES) == indices[REPORTED_FAILURES]) {
            completions.succeeded(count);
        } else {
            reportEach(completions, reported, count);
        }
        indices[REPORTED] = reported + count;
        return count;
    }

    private void reportEach(final Completions completions, final long reported, final int count) {
        for (int i = 0; i < count; i++) {
            final int slot = (int) (reported + i) & mask;
            if (statuses[slot] == CopyStatus.OK) {
                completions.succeeded(1);
            } else {
                completions.failed(statuses[slot]);
                statuses[slot] = CopyStatus.OK;
                indices[REPORTED_FAILURES]++;
            }
        }
    }

    /**
     * Waits until the thread has let go, for at most {@link WorkerEngine#PATIENCE_MILLIS}; a channel that got no answer takes
     * no more, and may be asked to abort again.
     */
    @Override
    public boolean abort() {
        final boolean atRest = (long) INDICES.getAcquire(indices, COMPLETED) == indices[SUBMITTED];
        if (!atRest && !letGo()) {
            halted = true;
            return false;
        }
        indices[REPORTED] = indices[SUBMITTED];
        indices[REPORTED_FAILURES] = indices[FAILURES];
        Arrays.fill(statuses, (byte) CopyStatus.OK);
        return true;
    }

    private boolean letGo() {
        INDICES.setRelease(indices, STOP, 1);
        engine.wake();
        final long deadline = System.nanoTime() + WorkerEngine.PATIENCE_MILLIS * 1_000_000;
        while (wantsStop()) {
            if (engine.hasEnded()) {
                halted = true;
                return true;
            }
            if (System.nanoTime() - deadline > 0) {
                return false;
            }
            LockSupport.parkNanos(ABORT_PAUSE_NANOS);
        }
        return true;
    }

    @Override
    public void announce(final MemoryRegion region) {
        // The processor reaches whatever this process has mapped.
    }

    @Override
    public void withdraw(final MemoryRegion region) {
        // See announce.
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            abort();
            halted = true;
            engine.remove(this);
        }
    }

    /** Engine's thread. Whether {@link #serve} would do something. */
    boolean wantsService() {
        return (long) INDICES.getAcquire(indices, SUBMITTED) != indices[COMPLETED] || wantsStop();
    }

    /** Any thread. Whether the owner waits for the thread to let go. */
    boolean wantsStop() {
        return (long) INDICES.getAcquire(indices, STOP) != 0;
    }

    /** Engine's thread. Makes some of the copies that were submitted. Whether there was something to do. */
    boolean serve() {
        final long submitted = (long) INDICES.getAcquire(indices, SUBMITTED);
        final long completed = indices[COMPLETED];
        if (completed == submitted || wantsStop()) {
            return stop();
        }
        final int count = (int) (submitted - completed);
        final int made = shuffle == null ? inOrder(completed, Math.min(count, TURN)) : shuffled(completed, count);
        INDICES.setRelease(indices, COMPLETED, completed + made);
        return true;
    }

    /** Lets go of everything, if the owner wants it. */
    private boolean stop() {
        if (!wantsStop()) {
            return false;
        }
        // The owner submits nothing until this is answered.
        INDICES.setRelease(indices, COMPLETED, (long) INDICES.getAcquire(indices, SUBMITTED));
        INDICES.setRelease(indices, STOP, 0);
        return true;
    }

    private int inOrder(final long from, final int count) {
        int made = 0;
        while (made < count && (long) INDICES.getOpaque(indices, STOP) == 0) {
            make((int) (from + made) & mask);
            made++;
        }
        return made;
    }

    /** All of them or, where the owner aborts, none that may be reported. */
    private int shuffled(final long from, final int count) {
        shuffle.prepare(count);
        int made = 0;
        while (made < count && (long) INDICES.getOpaque(indices, STOP) == 0) {
            make((int) (from + shuffle.at(made)) & mask);
            made++;
        }
        return made == count ? count : 0;
    }

    private void make(final int slot) {
        final int at = slot * WORDS;
        try {
            engine.copy(entries[at], entries[at + DESTINATION], entries[at + LENGTH]);
            surfaceFault();
        } catch (InternalError | RuntimeException e) {
            // A file of guest memory was truncated, or the numbers were no memory at all.
            statuses[slot] = CopyStatus.FAILED;
            INDICES.setOpaque(indices, FAILURES, indices[FAILURES] + 1);
        }
    }

    /**
     * The JVM raises the error of a fault in a mapped file some time after the copy, at the next safepoint poll inside a
     * method: without one here it would hit another copy, or this thread anywhere. A loop that the compiler cannot count
     * has a poll at its end; this one costs 3 ns.
     */
    private static void surfaceFault() {
        int hop = HOPS.length - 1;
        while (hop != 0) {
            hop = (int) INTS.getOpaque(HOPS, hop);
        }
    }

    /** A pseudo-random order, the same for the same seed. */
    private static final class Shuffle {
        private final int[] order;
        private long random;

        Shuffle(final int capacity, final long seed) {
            order = new int[capacity];
            random = seed;
        }

        /** Draws an order of {@code count} numbers from 0 on. */
        void prepare(final int count) {
            for (int i = 0; i < count; i++) {
                final int other = below(i + 1);
                order[i] = order[other];
                order[other] = i;
            }
        }

        int at(final int index) {
            return order[index];
        }

        private int below(final int bound) {
            random = random * 6_364_136_223_846_793_005L + 1_442_695_040_888_963_407L;
            return (int) ((random >>> 33) * bound >>> 31);
        }
    }
}
