package vhost.switching.internal;

import java.util.Arrays;
import vhost.core.api.VhostQueue;

/**
 * Gives packets to queues that keep them while an engine copies, and takes them back. Each queue's {@link InFlightRuns} say
 * what they are then. One worker's thread.
 */
final class AsyncSender {
    private final long[] returned = new long[Settings.MAX_BURST];

    /** Queues that have packets, up to {@link #busyCount}, whether they still run or not. */
    private Outlet[] busy = new Outlet[0];

    private int busyCount;

    /** Makes room for all queues of the worker. Those that it no longer has must be {@linkplain #clear clear}. */
    void connect(final int outlets) {
        busy = Arrays.copyOf(busy, outlets);
    }

    /** Whether a queue has packets that are to come back. */
    boolean isBusy() {
        return busyCount != 0;
    }

    /** Returns how many packets the queue accepted, a prefix; the others stay the caller's. */
    int submit(final Outlet outlet, final long[] packets, final int from, final int count, final Origin origin) {
        final InFlightRuns runs = outlet.inFlight;
        if (!runs.hasRoom()) {
            return 0;
        }
        final int accepted = outlet.queue.submitEnqueueBurst(packets, from, count);
        if (accepted > 0) {
            origin.lent(packets, from, accepted);
            if (runs.isEmpty()) {
                busy[busyCount++] = outlet;
            }
            runs.submit(origin, accepted);
        }
        return accepted;
    }

    /** Lets go of packets that are not submitted, but dropped or replaced; there must be room for a run. */
    void pass(final Outlet outlet, final long[] packets, final int from, final int count, final Origin origin) {
        if (origin.isOrdered()) {
            outlet.inFlight.pass(origin, count);
        } else {
            origin.done(packets, from, count);
        }
    }

    /** Once a turn: takes back what is done. Returns how many packets. */
    int reap() {
        int moved = 0;
        for (int i = busyCount - 1; i >= 0; i--) {
            final Outlet outlet = busy[i];
            moved += reap(outlet.queue, outlet.inFlight);
            if (outlet.inFlight.isEmpty()) {
                remove(i);
            }
        }
        return moved;
    }

    private int reap(final VhostQueue queue, final InFlightRuns runs) {
        int moved = 0;
        int count;
        do {
            count = queue.pollEnqueueCompleted(returned, 0, returned.length);
            runs.complete(returned, count);
            moved += count;
        } while (count == returned.length);
        return moved;
    }

    /** Ends and takes back all that the queue has; may wait for an engine. */
    void clear(final Outlet outlet) {
        for (int i = busyCount - 1; i >= 0; i--) {
            if (busy[i] == outlet) {
                clear(outlet.queue, outlet.inFlight);
                remove(i);
            }
        }
    }

    /** As {@link #clear}, for all queues. */
    void clearAll() {
        while (busyCount > 0) {
            clear(busy[busyCount - 1]);
        }
    }

    private void clear(final VhostQueue queue, final InFlightRuns runs) {
        int count;
        do {
            count = queue.clearQueue(returned, 0, returned.length);
            runs.complete(returned, count);
        } while (count > 0);
    }

    private void remove(final int i) {
        busy[i] = busy[--busyCount];
        busy[busyCount] = null;
    }
}
