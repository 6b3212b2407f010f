package dma.model.internal.dsa;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The register SWERR: the first error that no completion record could tell, and whether there were more. Any thread; takes
 * no lock, allocates nothing.
 */
final class SoftwareError {
    private static final long VALID = 1;
    private static final long OVERFLOW = 1 << 1;
    private static final long DESCRIPTOR_VALID = 1 << 2;
    private static final long QUEUE_VALID = 1 << 3;
    private static final long BATCH = 1 << 4;

    private final AtomicLong first = new AtomicLong();
    private final AtomicLong second = new AtomicLong();
    private final AtomicLong third = new AtomicLong();
    private volatile boolean changed;

    /**
     * A descriptor was lost because a dedicated queue was full, or was none, or was sent the wrong way. Which code hardware
     * gives it is not known; this is the one for a hardware error.
     */
    void lost(final int queue) {
        record(Status.HARDWARE_ERROR, queue, 0, 0, false, false);
    }

    /** A descriptor ended with {@code status}, and there was no record to write it to. */
    void unreported(final int status, final int queue, final int opcode, final long address, final boolean inBatch) {
        record(status, queue, opcode, address, inBatch, true);
    }

    private void record(
            final int status,
            final int queue,
            final int opcode,
            final long address,
            final boolean inBatch,
            final boolean withDescriptor) {
        final long word = VALID
                | QUEUE_VALID
                | (withDescriptor ? DESCRIPTOR_VALID : 0)
                | (inBatch ? BATCH : 0)
                | (status & 0x7fL) << 8
                | (queue & 0xffL) << 16
                | (opcode & 0xffL) << 32;
        if (first.compareAndSet(0, word)) {
            third.setOpaque(address);
            changed = true;
        } else if ((first.getOpaque() & OVERFLOW) == 0) {
            first.getAndUpdate(each -> each | OVERFLOW);
            changed = true;
        }
    }

    void clear() {
        first.set(0);
        second.set(0);
        third.set(0);
        changed = true;
    }

    boolean isValid() {
        return (first.getOpaque() & VALID) != 0;
    }

    boolean hasOverflowed() {
        return (first.getOpaque() & OVERFLOW) != 0;
    }

    int status() {
        return (int) (first.getOpaque() >>> 8) & 0xff;
    }

    /** Whether it is another than when this was asked last. */
    boolean takeChange() {
        final boolean was = changed;
        if (was) {
            changed = false;
        }
        return was;
    }

    /** As in the attribute {@code errors}. */
    @Override
    public String toString() {
        return String.format("%#018x %#018x %#018x %#018x", first.get(), second.get(), third.get(), 0L);
    }
}
