package vhost.core.internal.device;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import vhost.core.api.QueueCounters;

/** Counters of one queue: plain to their owner, written opaque once a burst, read opaque by anyone. */
final class QueueStatistics {
    static final int PACKETS = 0;
    static final int BYTES = 1;
    static final int DROPPED = 2;
    static final int ERRORS = 3;
    static final int ENGINE_COPIES = 4;
    static final int CORE_COPIES = 5;
    static final int REDONE = 6;
    static final int OVERFLOWED = 7;
    static final int SUBMITTED = 8;
    static final int COMPLETED = 9;
    static final int QUARANTINED = 10;
    static final int KICKS = 11;
    static final int CALLS = 12;
    static final int SUPPRESSED = 13;

    /** Not a counter: the threshold that was learned. */
    static final int LEARNED = 14;

    private static final int COUNT = 15;

    /** A cache line before and after, so that reading one queue's counters does not slow another's. */
    private static final int FIRST = 8;

    private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(long[].class);

    private final long[] slots = new long[FIRST + COUNT + 8];

    /** Owner. */
    void add(final int counter, final long amount) {
        SLOT.setOpaque(slots, FIRST + counter, slots[FIRST + counter] + amount);
    }

    /** Owner. */
    void set(final int counter, final long value) {
        SLOT.setOpaque(slots, FIRST + counter, value);
    }

    /** Any thread. */
    int learned() {
        return (int) read(LEARNED);
    }

    /** Any thread. Allocates nothing: applications ask each turn. */
    int inFlight() {
        // This order: what completes in between makes it no less than nothing.
        final long completed = read(COMPLETED);
        return (int) (read(SUBMITTED) - completed);
    }

    private long read(final int counter) {
        return (long) SLOT.getOpaque(slots, FIRST + counter);
    }

    QueueCounters snapshot() {
        return new QueueCounters(
                read(PACKETS),
                read(BYTES),
                read(DROPPED),
                read(ERRORS),
                read(ENGINE_COPIES),
                read(CORE_COPIES),
                read(REDONE),
                read(OVERFLOWED),
                read(SUBMITTED),
                read(COMPLETED),
                read(QUARANTINED),
                read(KICKS),
                read(CALLS),
                read(SUPPRESSED));
    }
}
