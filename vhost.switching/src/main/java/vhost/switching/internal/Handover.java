package vhost.switching.internal;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Packets on their way from one worker to a receive queue of another's: a bounded ring, one producer, one consumer.
 *
 * <p>A packet is freed by the worker whose pool it is from, so it comes back over the same ring, in place: the consumer moves
 * {@code done} over the packets that it has copied to the guest, or dropped, and the producer takes them out of the slots
 * behind it.
 *
 * <pre>
 *      reclaimed        done              tail
 *          | to be freed  | to be sent      | free …
 *    producer's      consumer's        producer's
 * </pre>
 *
 * <p>There is a ring for each queue, not just for each pair of workers, so a guest that does not receive holds up nobody
 * else, and the ring is all the room that pending packets need.
 */
final class Handover {
    /** Most packets in it; a power of two. */
    static final int CAPACITY = 512;

    private static final int MASK = CAPACITY - 1;

    // The two shared indices, two cache lines apart from each other and from anything else.
    private static final int TAIL = 16;
    private static final int DONE = 32;
    private static final VarHandle INDICES = MethodHandles.arrayElementVarHandle(long[].class);

    /** The queue that the packets are for. */
    final Outlet outlet;

    /** Consumer. How many segments of the first packet have been sent; an array of one. */
    final int[] sent = new int[1];

    private final long[] slots = new long[CAPACITY];
    private final long[] indices = new long[48];

    // Producer
    private long tail;
    private long reclaimed;

    // Consumer
    private long done;

    Handover(final Outlet outlet) {
        this.outlet = outlet;
    }

    /** Producer. How many packets it has room for, with what was reclaimed so far. */
    int room() {
        return CAPACITY - (int) (tail - reclaimed);
    }

    /** Producer. Whether packets are to come back. */
    boolean isInFlight() {
        return tail != reclaimed;
    }

    /** Producer. Adds packets; there must be {@link #room} for all. Pairs with {@link #available}. */
    void push(final long[] packets, final int from, final int count) {
        for (int i = 0; i < count; i++) {
            slots[(int) (tail + i) & MASK] = packets[from + i];
        }
        tail += count;
        INDICES.setRelease(indices, TAIL, tail);
    }

    /** Producer. How many packets are to be taken back. Pairs with {@link #consumed}. */
    int reclaimable() {
        return (int) ((long) INDICES.getAcquire(indices, DONE) - reclaimed);
    }

    /** Producer. How many packets are in it, for when the consumer has stopped looking. */
    int inFlight() {
        return (int) (tail - reclaimed);
    }

    /** Producer. Takes the oldest one back. */
    long reclaim() {
        return slots[(int) reclaimed++ & MASK];
    }

    /** Consumer. How many packets are to be sent. */
    int available() {
        return (int) ((long) INDICES.getAcquire(indices, TAIL) - done);
    }

    /** Consumer. The packets, in {@link #slots} from {@link #position} on, at most up to the end of the array. */
    long[] slots() {
        return slots;
    }

    /** Consumer. */
    int position() {
        return (int) done & MASK;
    }

    /** Consumer. The next {@code count} packets are not needed any more. */
    void consumed(final int count) {
        done += count;
        INDICES.setRelease(indices, DONE, done);
    }
}
