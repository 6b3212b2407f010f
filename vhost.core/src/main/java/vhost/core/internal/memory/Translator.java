package vhost.core.internal.memory;

/**
 * Guest physical addresses to ours, for one queue: remembers the region that was hit last, since a guest's buffers lie
 * together. The queue's owner only.
 */
public final class Translator {
    private final GuestMemory memory;

    /** The region hit last. */
    private long base;

    private long size;
    private long delta;

    /** Bytes from the address last translated to the end of its region. */
    private long reach;

    public Translator(final GuestMemory memory) {
        this.memory = memory;
    }

    /**
     * Our address of {@code length} &gt;= 0 bytes at guest address {@code gpa}, or 0 where one region does not hold them all:
     * they lie outside, or go on in the next region ({@link #translateStart}).
     */
    public long translate(final long gpa, final long length) {
        final long offset = gpa - base;
        if (offset >= 0 && offset <= size - length) {
            return gpa + delta;
        }
        return translateElsewhere(gpa, length);
    }

    private long translateElsewhere(final long gpa, final long length) {
        final long address = translateStart(gpa);
        return address != 0 && length <= reach ? address : 0;
    }

    /** Our address of guest address {@code gpa}, or 0; {@link #reach()} says how far the region goes from there. */
    public long translateStart(final long gpa) {
        final int index = memory.indexOf(gpa);
        if (index < 0) {
            return 0;
        }
        final MappedRegion region = memory.region(index);
        base = region.guestPhysical();
        size = region.size();
        delta = region.address() - region.guestPhysical();
        reach = size - (gpa - base);
        return gpa + delta;
    }

    /** Bytes that are contiguous from the address that {@link #translateStart} found last. */
    public long reach() {
        return reach;
    }
}
