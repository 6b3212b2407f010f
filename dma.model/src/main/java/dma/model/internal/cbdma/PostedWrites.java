package dma.model.internal.cbdma;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Register writes on their way to the channel, in order, as PCIe posts them: a queue with one producer, the thread that writes
 * registers, and one consumer, the model's thread.
 *
 * <p>The producer writes an entry, then {@code written} by a release store: all that it wrote to memory before is seen by
 * the consumer, which reads {@code written} by an acquire load. The consumer applies an entry, then writes {@code applied} by a
 * release store. A register read is not posted: it comes behind the writes before it, so the reader first waits until
 * all were applied.
 */
final class PostedWrites {
    private static final int CAPACITY = 256;
    private static final int MASK = CAPACITY - 1;
    private static final VarHandle WRITTEN;
    private static final VarHandle APPLIED;

    static {
        try {
            final MethodHandles.Lookup lookup = MethodHandles.lookup();
            WRITTEN = lookup.findVarHandle(PostedWrites.class, "written", long.class);
            APPLIED = lookup.findVarHandle(PostedWrites.class, "applied", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final int[] offsets = new int[CAPACITY];
    private final int[] widths = new int[CAPACITY];
    private final long[] values = new long[CAPACITY];
    private long written;
    private long applied;

    /** Producer. Whether there is room, and so the write is on its way. */
    boolean post(final int offset, final int width, final long value) {
        final long at = written;
        if (at - (long) APPLIED.getAcquire(this) == CAPACITY) {
            return false;
        }
        final int slot = (int) at & MASK;
        offsets[slot] = offset;
        widths[slot] = width;
        values[slot] = value;
        WRITTEN.setRelease(this, at + 1);
        return true;
    }

    /** Producer. Whether all that it wrote has been applied. */
    boolean areApplied() {
        return (long) APPLIED.getAcquire(this) == written;
    }

    /** Consumer. Whether there are writes to be applied. */
    boolean arePending() {
        return (long) WRITTEN.getAcquire(this) != applied;
    }

    /** Consumer. Applies all there are; whether there were any. */
    boolean applyTo(final Channel channel, final long now) {
        final long end = (long) WRITTEN.getAcquire(this);
        if (end == applied) {
            return false;
        }
        for (long at = applied; at != end; at++) {
            final int slot = (int) at & MASK;
            channel.apply(offsets[slot], widths[slot], values[slot], now);
            APPLIED.setRelease(this, at + 1);
        }
        return true;
    }

    /** While nobody else uses it: forgets what was not applied. */
    void clear() {
        APPLIED.setRelease(this, (long) WRITTEN.getAcquire(this));
    }
}
