package vhost.switching.internal;

/**
 * Where packets come from that a queue is given, and so what becomes of them when nobody needs them any more. One worker's
 * thread.
 */
abstract class Origin {
    /** Whether packets have to be done with in the order in which they were offered. */
    boolean isOrdered() {
        return false;
    }

    /** The queue keeps the packets until they are {@link #returned}. */
    void lent(final long[] packets, final int from, final int count) {}

    /** The packets are with the guest, and the queue gave them back. */
    void returned(final long[] packets, final int from, final int count) {
        done(packets, from, count);
    }

    /** The packets are with the guest, or dropped, and no queue has kept them for that. */
    abstract void done(long[] packets, int from, int count);
}
