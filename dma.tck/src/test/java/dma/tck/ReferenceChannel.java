package dma.tck;

import dma.api.Completions;
import dma.api.CopyBatch;
import dma.api.CopyStatus;
import dma.api.DmaException;
import dma.api.DmaLimits;
import dma.api.DmaOps;
import dma.api.MemoryRegion;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** A channel that keeps the contract, in the call or on a thread of its own. Small steps, so that a fault can replace one. */
class ReferenceChannel implements DmaOps {
    @SuppressWarnings("restricted")
    private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private static final VarHandle INTS = MethodHandles.arrayElementVarHandle(int[].class);
    private static final int[] HOPS = {0, 0, 1, 2, 3};
    private static final int SLOTS = 64;

    final ReferenceEngine engine;
    final DmaLimits limits;
    final long[] sources = new long[SLOTS];
    final long[] destinations = new long[SLOTS];
    final long[] lengths = new long[SLOTS];
    final byte[] statuses = new byte[SLOTS];

    /** Free running; the owner writes the first and the last, whoever copies the one between. */
    final AtomicLong submitted = new AtomicLong();

    final AtomicLong completed = new AtomicLong();
    long reported;

    private final Thread thread;
    private volatile MemoryRegion[] regions = {};
    private volatile boolean aborting;
    private volatile boolean ending;
    private volatile boolean closed;

    ReferenceChannel(final ReferenceEngine engine) {
        this.engine = engine;
        this.limits = engine.limits();
        this.thread = limits.offloads()
                ? Thread.ofPlatform().daemon().name("reference").start(this::run)
                : null;
    }

    static int slot(final long index) {
        return (int) (index % SLOTS);
    }

    @Override
    public int transferData(final CopyBatch batch) {
        final int count = Math.min(batch.end() - batch.first(), room());
        for (int i = 0; i < count; i++) {
            take(batch, batch.first() + i, submitted.get() + i);
        }
        publish(count);
        return count;
    }

    int room() {
        return limits.maxInFlight() - (int) (submitted.get() - reported);
    }

    void take(final CopyBatch batch, final int entry, final long index) {
        sources[slot(index)] = batch.source(entry);
        destinations[slot(index)] = batch.destination(entry);
        lengths[slot(index)] = batch.length(entry);
    }

    void publish(final int count) {
        if (thread == null) {
            for (int i = 0; i < count; i++) {
                make(submitted.get() + i);
            }
            completed.addAndGet(count);
            submitted.addAndGet(count);
        } else {
            submitted.addAndGet(count);
            LockSupport.unpark(thread);
        }
    }

    @Override
    public int completedCopies(final Completions completions) {
        final int count = Math.min(finished(), completions.room());
        for (int i = 0; i < count; i++) {
            report(completions, statuses[slot(reported)]);
            reported++;
        }
        return count;
    }

    int finished() {
        return (int) (completed.get() - reported);
    }

    void report(final Completions completions, final int status) {
        if (status == CopyStatus.OK) {
            completions.succeeded(1);
        } else {
            completions.failed(status);
        }
    }

    @Override
    public boolean abort() {
        return giveUp();
    }

    boolean giveUp() {
        if (thread != null) {
            aborting = true;
            LockSupport.unpark(thread);
            while (aborting && thread.isAlive()) {
                Thread.onSpinWait();
            }
        }
        reported = submitted.get();
        return true;
    }

    @Override
    public void announce(final MemoryRegion region) throws DmaException {
        final MemoryRegion[] more = Arrays.copyOf(regions, regions.length + 1);
        more[regions.length] = region;
        regions = more;
    }

    @Override
    public void withdraw(final MemoryRegion region) throws DmaException {
        if (limits.needsMapping() && submitted.get() != reported) {
            throw new DmaException("reference: copies are in flight; wait until they are reported");
        }
        regions = Arrays.stream(regions).filter(each -> !each.equals(region)).toArray(MemoryRegion[]::new);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            giveUp();
            endThread();
            releasePlace();
        }
    }

    void releasePlace() {
        engine.release();
    }

    final boolean isClosed() {
        return closed;
    }

    // What faults have use for.

    /** Made and not reported, without a fault. */
    final int finishedTruly() {
        return (int) (completed.get() - reported);
    }

    /** Any thread. What is in flight counts as made. */
    final void skip() {
        aborting = true;
        LockSupport.unpark(thread);
        while (aborting && thread.isAlive()) {
            Thread.onSpinWait();
        }
    }

    static void pause(final long millis) {
        LockSupport.parkNanos(millis * 1_000_000);
    }

    /** Its thread's. Long copies are what rules look at while they are being made: on a busy machine too there is time for it. */
    final void takeTime(final long longerThan) {
        if (completed.get() < submitted.get() && lengths[slot(completed.get())] >= longerThan) {
            LockSupport.parkNanos(200_000);
        }
    }

    /** Somebody else does it, too late. */
    static void later(final long millis, final Runnable what) {
        Thread.ofPlatform().daemon().start(() -> {
            pause(millis);
            what.run();
        });
    }

    void endThread() {
        if (thread != null) {
            ending = true;
            LockSupport.unpark(thread);
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void run() {
        while (!ending) {
            if (aborting) {
                completed.set(submitted.get());
                aborting = false;
            } else if (completed.get() < submitted.get()) {
                step();
            } else {
                LockSupport.park(this);
            }
        }
    }

    /** The thread's: makes what is next. */
    void step() {
        make(completed.get());
        completed.incrementAndGet();
    }

    boolean isAborting() {
        return aborting;
    }

    void make(final long index) {
        final int slot = slot(index);
        if (limits.needsMapping()
                && !(isKnown(sources[slot], lengths[slot]) && isKnown(destinations[slot], lengths[slot]))) {
            statuses[slot] = CopyStatus.UNREACHABLE;
            return;
        }
        statuses[slot] = CopyStatus.OK;
        try {
            copy(sources[slot], destinations[slot], lengths[slot]);
            surfaceFault();
        } catch (InternalError e) {
            if (!limits.offloads()) {
                throw e;
            }
            statuses[slot] = CopyStatus.FAILED;
        }
    }

    boolean isKnown(final long address, final long length) {
        for (final MemoryRegion region : regions) {
            if (address >= region.address() && address + length <= region.address() + region.length()) {
                return true;
            }
        }
        return false;
    }

    void copy(final long source, final long destination, final long length) {
        move(source, destination, length);
    }

    static void move(final long source, final long destination, final long length) {
        MemorySegment.copy(MEMORY, source, MEMORY, destination, length);
    }

    /** The error of a truncated file comes at a safepoint poll; a loop that the compiler cannot count has one. */
    private static void surfaceFault() {
        int hop = HOPS.length - 1;
        while (hop != 0) {
            hop = (int) INTS.getOpaque(HOPS, hop);
        }
    }
}
