package com.acme.dma;

import dma.api.Completions;
import dma.api.CopyBatch;
import dma.api.CopyStatus;
import dma.api.DmaOps;
import dma.api.MemoryRegion;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;

/**
 * One queue's channel: a ring of copies. The owner of the queue adds at {@code submitted}; each lane walks over all of them in
 * order, at {@code done[lane]}, and makes its part of each. So a copy is complete when every lane has passed it, and copies are
 * complete in the order of their submission, whichever lane is ahead.
 *
 * <p>Every counter has one writer. The owner's writes to an entry come before its volatile write of {@code submitted}, which a
 * lane reads before the entry; a lane's copying comes before its volatile write of {@code done}, which the owner reads before
 * it reports.
 */
final class StripingChannel implements DmaOps {
    /** From here on a copy is worth two lanes. */
    private static final long STRIPED_BYTES = 16 << 10;

    /** Stripes begin at a cache line, so that no two lanes write the same one. */
    private static final long LINE = 64;

    private static final long ABORT_NANOS = 1_000_000_000;
    private static final long ABORT_PAUSE_NANOS = 20_000;

    @SuppressWarnings("restricted")
    private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private static final VarHandle INTS = MethodHandles.arrayElementVarHandle(int[].class);

    /** See {@link #surfaceFault}: from 4 down to 0. */
    private static final int[] HOPS = {0, 0, 1, 2, 3};

    private final StripingEngine engine;
    private final int capacity;
    private final long[] sources;
    private final long[] destinations;
    private final long[] lengths;

    /** Whether a lane could not make its part; its own writer each, published with {@code done}. */
    private final boolean[][] failed;

    private final AtomicLong submitted = new AtomicLong();
    private final AtomicLongArray done = new AtomicLongArray(StripingEngine.LANES);

    /** How often the owner wanted the lanes to let go, and how often each did. */
    private final AtomicLong aborts = new AtomicLong();

    private final AtomicLongArray letGo = new AtomicLongArray(StripingEngine.LANES);

    /** The owner's. */
    private long reported;

    private boolean closed;

    StripingChannel(final StripingEngine engine, final int capacity) {
        this.engine = engine;
        this.capacity = capacity;
        this.sources = new long[capacity];
        this.destinations = new long[capacity];
        this.lengths = new long[capacity];
        this.failed = new boolean[StripingEngine.LANES][capacity];
    }

    @Override
    public int transferData(final CopyBatch batch) {
        if (closed || engine.hasEnded()) {
            return CopyStatus.HALTED;
        }
        final long from = submitted.get();
        final int count = (int) Math.min(batch.end() - batch.first(), capacity - (from - reported));
        for (int i = 0; i < count; i++) {
            final int slot = slot(from + i);
            sources[slot] = batch.source(batch.first() + i);
            destinations[slot] = batch.destination(batch.first() + i);
            lengths[slot] = batch.length(batch.first() + i);
        }
        if (count > 0) {
            submitted.set(from + count);
            engine.wake();
        }
        return count;
    }

    @Override
    public int completedCopies(final Completions completions) {
        final int finished = (int) Math.min(completed() - reported, completions.room());
        if (finished <= 0 && (closed || engine.hasEnded())) {
            return CopyStatus.HALTED;
        }
        for (int i = 0; i < finished; i++) {
            if (hasFailed(slot(reported + i))) {
                completions.failed(CopyStatus.FAILED);
            } else {
                completions.succeeded(1);
            }
        }
        reported += finished;
        return finished;
    }

    private long completed() {
        long least = Long.MAX_VALUE;
        for (int lane = 0; lane < StripingEngine.LANES; lane++) {
            least = Math.min(least, done.get(lane));
        }
        return least;
    }

    private boolean hasFailed(final int slot) {
        for (final boolean[] ofLane : failed) {
            if (ofLane[slot]) {
                return true;
            }
        }
        return false;
    }

    @Override
    public boolean abort() {
        final long wanted = aborts.incrementAndGet();
        engine.wake();
        final long begin = System.nanoTime();
        for (int lane = 0; lane < StripingEngine.LANES; lane++) {
            while (letGo.get(lane) != wanted && !engine.hasLeft(lane)) {
                if (System.nanoTime() - begin > ABORT_NANOS) {
                    return false;
                }
                LockSupport.parkNanos(ABORT_PAUSE_NANOS);
            }
        }
        reported = submitted.get();
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
            engine.remove(this);
        }
    }

    /** A lane's. Whether {@link #serve} would do something. */
    boolean hasWork(final int lane) {
        return done.get(lane) < submitted.get() || letGo.get(lane) != aborts.get();
    }

    /** A lane's. Makes its part of the next copy, or lets go of all. Whether there was something to do. */
    boolean serve(final int lane) {
        final long wanted = aborts.get();
        if (letGo.get(lane) != wanted) {
            // The owner submits nothing until all lanes have said so.
            done.set(lane, submitted.get());
            letGo.set(lane, wanted);
            return true;
        }
        final long next = done.get(lane);
        if (next == submitted.get()) {
            return false;
        }
        final int slot = slot(next);
        failed[lane][slot] = !make(lane, next, slot);
        done.set(lane, next + 1);
        return true;
    }

    private boolean make(final int lane, final long index, final int slot) {
        final long length = lengths[slot];
        if (length < STRIPED_BYTES) {
            return index % StripingEngine.LANES != lane || copy(sources[slot], destinations[slot], length);
        }
        final long stripe = length / StripingEngine.LANES / LINE * LINE;
        final long from = lane * stripe;
        final long end = lane == StripingEngine.LANES - 1 ? length : from + stripe;
        return copy(sources[slot] + from, destinations[slot] + from, end - from);
    }

    /** Whether it could be made: a guest may have truncated the file of its memory. */
    private static boolean copy(final long source, final long destination, final long length) {
        try {
            MemorySegment.copy(MEMORY, source, MEMORY, destination, length);
            surfaceFault();
            return true;
        } catch (InternalError | RuntimeException e) {
            return false;
        }
    }

    /**
     * The JVM raises the error of a fault in a mapped file some time after the copy, at the next safepoint poll: here, in a loop
     * that the compiler cannot count, and not in the next copy.
     */
    private static void surfaceFault() {
        int hop = HOPS.length - 1;
        while (hop != 0) {
            hop = (int) INTS.getOpaque(HOPS, hop);
        }
    }

    private int slot(final long index) {
        return (int) (index % capacity);
    }
}
