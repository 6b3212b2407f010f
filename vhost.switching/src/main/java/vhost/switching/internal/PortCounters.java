package vhost.switching.internal;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** What one worker counts for one port. Written by the worker, once a burst at most; read by anyone. */
final class PortCounters {
    static final int FLOODED = 0;
    static final int FILTERED = 1;
    static final int MALFORMED = 2;
    static final int NOT_RUNNING = 3;
    static final int STALLED = 4;
    static final int NO_BUFFERS = 5;
    private static final int COUNT = 6;

    // A cache line before and one behind, so that no other worker writes to the same one.
    private static final int PADDING = 8;
    private static final VarHandle VALUES = MethodHandles.arrayElementVarHandle(long[].class);

    private final long[] values = new long[PADDING + COUNT + PADDING];

    /** Worker. */
    void add(final int counter, final long packets) {
        // Only this thread writes: no read-modify-write is needed, and readers see whole numbers.
        VALUES.setOpaque(values, PADDING + counter, values[PADDING + counter] + packets);
    }

    /** Any thread. */
    long get(final int counter) {
        return (long) VALUES.getOpaque(values, PADDING + counter);
    }
}
