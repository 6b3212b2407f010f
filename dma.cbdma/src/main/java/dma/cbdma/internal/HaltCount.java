package dma.cbdma.internal;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** How often a channel has halted, and why last: counted on the data path, told by whoever logs. Allocates nothing. */
final class HaltCount {
    private static final VarHandle COUNT;

    static {
        try {
            COUNT = MethodHandles.lookup().findVarHandle(HaltCount.class, "count", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** Bits 31..0: CHANERR of the last halt; above: how many there were. Written by the channel's owner. */
    private long count;

    /** Owner of the channel. */
    void add(final int error) {
        COUNT.setOpaque(this, (count >>> 32) + 1 << 32 | Integer.toUnsignedLong(error));
    }

    /** Any thread. Both in one. */
    long read() {
        return (long) COUNT.getOpaque(this);
    }

    static long count(final long read) {
        return read >>> 32;
    }

    static int error(final long read) {
        return (int) read;
    }
}
