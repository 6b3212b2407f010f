package dma.model.internal.dsa;

import java.lang.foreign.Arena;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntBinaryOperator;
import linux.Memory;

/**
 * A work queue: a bounded ring of descriptors with many producers, who hold portals and files, and one consumer, the device's
 * thread. Takes no lock, allocates nothing.
 *
 * <p>A descriptor occupies the queue until it has ended. Hardware frees its place a little earlier, at a time that nobody
 * can know; so whoever has more in flight than the queue holds is found out here always.
 *
 * <p>A producer takes a place by compare-and-set of {@link #TAIL}, fills it, and releases its number; the consumer acquires
 * that. {@link #ENDED} is released before a completion record is written: who sees the record finds the place free.
 */
final class ModelQueue {
    private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);

    /** Indices in {@link #cursors}, two cache lines apart: written by producers, by the consumer. */
    private static final int TAIL = 16;

    private static final int HEAD = 32;
    private static final int ENDED = 48;

    /** Bytes; better than a multiple of it is no better. */
    private static final int LINE = 64;

    private static final IntBinaryOperator OR = (one, other) -> one | other;

    /** What happens to a descriptor. */
    enum State {
        /** It is taken. */
        ENABLED,
        /** It is refused, or lost. */
        DISABLED,
        /** As disabled, and the queue is not shown. */
        REMOVED
    }

    final AtomicLong dropped = new AtomicLong();
    final AtomicLong retried = new AtomicLong();
    final AtomicLong opens = new AtomicLong();

    private final WorkQueueSettings settings;
    private final ModelDevice device;
    private final int limit;
    private final int mask;
    private final long slots;
    private final long[] numbers;
    private final long[] cursors = new long[64];
    private final AtomicLong submissions = new AtomicLong();
    private final AtomicLong refusals = new AtomicLong();
    private volatile State state;

    /** Bits of all destinations below {@link #LINE}, and it where there were any; added by the device's thread, taken by any. */
    private final AtomicInteger destinations = new AtomicInteger();

    /** The device's thread: until when it takes nothing from here, as {@link System#nanoTime}; see {@link #hangs}. */
    private volatile boolean hanging;

    private volatile long hangsUntil;

    /** The device's thread. */
    private long lastDue = Long.MIN_VALUE;

    ModelQueue(final WorkQueueSettings settings, final ModelDevice device, final Arena arena) {
        this.settings = settings;
        this.device = device;
        this.limit = settings.limit();
        final int capacity = Math.max(2, Integer.highestOneBit(settings.size() * 2 - 1));
        this.mask = capacity - 1;
        this.slots = arena.allocate((long) capacity * Descriptor.BYTES, Descriptor.BYTES)
                .address();
        this.numbers = new long[capacity];
        this.state = settings.enabled() ? State.ENABLED : State.DISABLED;
    }

    WorkQueueSettings settings() {
        return settings;
    }

    ModelDevice device() {
        return device;
    }

    State state() {
        return state;
    }

    /** Control. */
    void become(final State next) {
        state = next;
        device.wake();
    }

    /** A posted store: taken, or lost without a word. Any thread. */
    void post(final long descriptor) {
        if (!settings.dedicated() || !offer(descriptor)) {
            dropped.getAndIncrement();
            device.softwareError().lost(settings.number());
        }
        device.wake();
    }

    /** A store that is answered: whether it was taken. Any thread. */
    boolean enqueue(final long descriptor) {
        if (settings.dedicated() || refuses() || !offer(descriptor)) {
            retried.getAndIncrement();
            return false;
        }
        device.wake();
        return true;
    }

    private boolean offer(final long descriptor) {
        if (state != State.ENABLED) {
            return false;
        }
        if (device.isHalted()) {
            dropped.getAndIncrement();
            return true;
        }
        long tail;
        do {
            tail = (long) LONGS.getAcquire(cursors, TAIL);
            if (tail - (long) LONGS.getAcquire(cursors, ENDED) >= limit) {
                return false;
            }
        } while (!LONGS.compareAndSet(cursors, TAIL, tail, tail + 1));
        Memory.copy(descriptor, slots + (tail & mask) * Descriptor.BYTES, Descriptor.BYTES);
        LONGS.setRelease(numbers, (int) tail & mask, tail + 1);
        return true;
    }

    /** Whether a fault says that the queue is full now. */
    private boolean refuses() {
        final Injection full = device.faults().of(DsaFault.FULL);
        if (full == null) {
            return false;
        }
        if (refusals.get() > 0) {
            refusals.getAndDecrement();
            return true;
        }
        if (submissions.incrementAndGet() % full.every() != 0) {
            return false;
        }
        refusals.set(full.times() - 1L);
        device.injected(DsaFault.FULL);
        return true;
    }

    /** Device's thread. Whether there is a descriptor. */
    boolean hasNext() {
        final long head = cursors[HEAD];
        return (long) LONGS.getAcquire(numbers, (int) head & mask) == head + 1;
    }

    /** Device's thread. Takes the next descriptor, which stays where it is until {@link #ended}. */
    long take() {
        final long head = cursors[HEAD];
        cursors[HEAD] = head + 1;
        return slots + (head & mask) * Descriptor.BYTES;
    }

    /** Device's thread. One more has ended; before its record is written. */
    void ended() {
        LONGS.setRelease(cursors, ENDED, cursors[ENDED] + 1);
    }

    /** Device's thread. A copy goes to {@code destination}. */
    void wrote(final long destination) {
        final int bits = (int) destination & LINE - 1 | LINE;
        if ((destinations.getOpaque() & bits) != bits) {
            destinations.accumulateAndGet(bits, OR);
        }
    }

    /** Any thread. The worst alignment of destinations since this was asked last; 0 where there were none. */
    int takeAlignment() {
        return Integer.lowestOneBit(destinations.getAndSet(0));
    }

    /** Any thread. How many descriptors are in it. */
    long occupancy() {
        return Math.max(0, (long) LONGS.getAcquire(cursors, TAIL) - (long) LONGS.getAcquire(cursors, ENDED));
    }

    /** Any thread. How many have ended. */
    long ends() {
        return (long) LONGS.getAcquire(cursors, ENDED);
    }

    /** Any thread. How many there were. */
    long submitted() {
        return (long) LONGS.getAcquire(cursors, TAIL);
    }

    /** Device's thread. A record is due at {@code time}. */
    void note(final long time) {
        lastDue = Math.max(lastDue, time);
    }

    /** Device's thread. When the last record is due, if that is later than {@code time}. */
    long lastDue(final long time) {
        return Math.max(lastDue, time);
    }

    /** Device's thread. Takes nothing until {@code nanos} have passed; negative: until {@link #resume}. */
    void hang(final long now, final long nanos) {
        hangsUntil = nanos < 0 ? Long.MAX_VALUE : now + nanos;
        hanging = true;
    }

    /** Control. */
    void resume() {
        hanging = false;
        device.wake();
    }

    /** Device's thread. Nanoseconds until it takes descriptors again; 0 if it does, at most {@link Long#MAX_VALUE}. */
    long hangs(final long now) {
        if (!hanging) {
            return 0;
        }
        final long until = hangsUntil;
        if (until != Long.MAX_VALUE && until - now <= 0) {
            hanging = false;
            return 0;
        }
        return until == Long.MAX_VALUE ? until : until - now;
    }
}
