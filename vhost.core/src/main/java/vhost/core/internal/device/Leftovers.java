package vhost.core.internal.device;

import vhost.core.internal.async.InFlight;

/** Packets of rings that have stopped, to be polled still, oldest first. The queue's owner only. */
final class Leftovers {
    /** Valid from {@code from} to {@code end}. */
    private long[] packets = {};

    private int from;
    private int end;

    boolean isEmpty() {
        return from == end;
    }

    /** Moves up to {@code max} of them to {@code to}. Returns how many. */
    int take(final long[] to, final int at, final int max) {
        final int count = Math.min(max, end - from);
        if (count != 0) {
            System.arraycopy(packets, from, to, at, count);
            from += count;
        }
        return count;
    }

    /** Adds what is published there and was not polled. For commands and failures: this may allocate. */
    void keep(final InFlight inFlight) {
        final int kept = end - from;
        final long[] all = new long[kept + inFlight.count()];
        System.arraycopy(packets, from, all, 0, kept);
        end = kept + inFlight.take(all, kept, all.length - kept);
        from = 0;
        packets = all;
    }
}
