package vhost.switching.internal;

/**
 * What is to become of the packets that a queue has in flight: runs of one origin each, in the order of submission. Packets
 * of an {@linkplain Origin#isOrdered ordered} origin that were passed over, not submitted, wait in here for their turn, too.
 * One worker's thread.
 */
final class InFlightRuns {
    /** Most runs; a power of two. */
    static final int CAPACITY = 256;

    private static final int MASK = CAPACITY - 1;

    /** The most that one step adds: segments, and the packet that they were cut from. */
    private static final int STEP = 2;

    private static final long[] NONE = {};

    private final Origin[] origins = new Origin[CAPACITY];
    private final int[] counts = new int[CAPACITY];
    private final boolean[] submitted = new boolean[CAPACITY];

    // The oldest run, and behind the youngest; the oldest one was submitted.
    private int head;
    private int tail;

    boolean isEmpty() {
        return head == tail;
    }

    /** Whether there is room for the segments of a packet and for the packet, or for less. */
    boolean hasRoom() {
        return tail - head <= CAPACITY - STEP;
    }

    /** The next {@code count} packets were submitted. */
    void submit(final Origin origin, final int count) {
        add(origin, count, true);
    }

    /** The next {@code count} packets were not submitted, and are done with when all before them are. */
    void pass(final Origin origin, final int count) {
        if (isEmpty()) {
            origin.done(NONE, 0, count);
        } else {
            add(origin, count, false);
        }
    }

    private void add(final Origin origin, final int count, final boolean isSubmitted) {
        final int last = tail - 1 & MASK;
        if (head != tail && origins[last] == origin && submitted[last] == isSubmitted) {
            counts[last] += count;
            return;
        }
        final int at = tail++ & MASK;
        origins[at] = origin;
        counts[at] = count;
        submitted[at] = isSubmitted;
    }

    /** The oldest {@code count} packets that were submitted came back. */
    void complete(final long[] packets, final int count) {
        int from = 0;
        while (from < count) {
            final int at = head & MASK;
            final Origin origin = origins[at];
            final int run = Math.min(counts[at], count - from);
            counts[at] -= run;
            if (counts[at] == 0) {
                remove(at);
            }
            origin.returned(packets, from, run);
            from += run;
            passOver();
        }
    }

    /** Those whose turn has come. */
    private void passOver() {
        while (head != tail && !submitted[head & MASK]) {
            final int at = head & MASK;
            final Origin origin = origins[at];
            remove(at);
            origin.done(NONE, 0, counts[at]);
        }
    }

    private void remove(final int at) {
        origins[at] = null;
        head++;
    }
}
