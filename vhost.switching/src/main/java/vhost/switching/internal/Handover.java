package vhost.switching.internal;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Packets on their way from one worker to a receive queue of another's: a bounded ring, one producer, one consumer.
 *
 * <p>A packet is freed by the worker whose pool it is from, so it comes back over the same ring, in place: the consumer moves
 * {@code done} over the packets that are with the guest, or dropped, and the producer takes them out of the slots behind it.
 * Between {@code done} and {@code offered} are those that the queue still copies.
 *
 * <pre>
 *      reclaimed        done            offered          tail
 *          | to be freed  | in flight       | to be sent   | free …
 *    producer's      consumer's      consumer's      producer's
 * </pre>
 *
 * <p>There is a ring for each queue, not just for each pair of workers, so a guest that does not receive holds up nobody
 * else, and the ring is all the room that pending packets need.
 */
final class Handover extends Origin {
    /** Most packets in it; a power of two. */
    static final int CAPACITY = 512;

    private static final int MASK = CAPACITY - 1;

    // What the producer writes, and what the consumer writes, each two cache lines from the other and from anything
    // else.
    private static final int TAIL = 16;
    private static final int RECLAIMED = 17;
    private static final int DONE = 32;
    private static final int OFFERED = 33;
    private static final int INDICES_LENGTH = 48;
    private static final VarHandle INDICES = MethodHandles.arrayElementVarHandle(long[].class);

    /** The queue that the packets are for. */
    final Outlet outlet;

    /** Consumer. How many segments of the first packet have been sent; an array of one. */
    final int[] sent = new int[1];

    private final long[] slots = new long[CAPACITY];
    private final long[] indices = new long[INDICES_LENGTH];

    Handover(final Outlet outlet) {
        this.outlet = outlet;
    }

    /** Producer. How many packets it has room for, with what was reclaimed so far. */
    int room() {
        return CAPACITY - inFlight();
    }

    /** Producer. How many packets are in it, or are to come back. */
    int inFlight() {
        return (int) (indices[TAIL] - indices[RECLAIMED]);
    }

    /** Producer. Adds packets; there must be {@link #room} for all. Pairs with {@link #available}. */
    void push(final long[] packets, final int from, final int count) {
        final long tail = indices[TAIL];
        for (int i = 0; i < count; i++) {
            slots[(int) (tail + i) & MASK] = packets[from + i];
        }
        INDICES.setRelease(indices, TAIL, tail + count);
    }

    /** Producer. How many packets are to be taken back. Pairs with {@link #done}. */
    int reclaimable() {
        return (int) ((long) INDICES.getAcquire(indices, DONE) - indices[RECLAIMED]);
    }

    /** Producer. Takes the oldest one back: one that is {@link #reclaimable}, or any when the consumer looks no more. */
    long reclaim() {
        return slots[(int) indices[RECLAIMED]++ & MASK];
    }

    /** Consumer. How many packets are to be sent. */
    int available() {
        return (int) ((long) INDICES.getAcquire(indices, TAIL) - indices[OFFERED]);
    }

    /** Consumer. The packets, from {@link #position} on, at most up to the end of the array. */
    long[] slots() {
        return slots;
    }

    /** Consumer. */
    int position() {
        return (int) indices[OFFERED] & MASK;
    }

    /** Consumer. The next {@code count} packets are not to be offered again. */
    void offered(final int count) {
        indices[OFFERED] += count;
    }

    /** The producer takes packets back from the oldest on. */
    @Override
    boolean isOrdered() {
        return true;
    }

    /** Consumer. The oldest {@code count} packets, which are known by their place, are not needed any more. */
    @Override
    void done(final long[] packets, final int from, final int count) {
        INDICES.setRelease(indices, DONE, indices[DONE] + count);
    }
}
