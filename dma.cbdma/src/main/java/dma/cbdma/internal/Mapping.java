package dma.cbdma.internal;

/**
 * Memory that devices of a container reach.
 *
 * @param address where it begins in this process
 * @param length bytes
 * @param iova where it begins for the device; means nothing where there are frames
 * @param frames without an IOMMU, the physical address of each page of 4096 bytes; else null
 */
record Mapping(long address, long length, long iova, long[] frames) {
    static final int PAGE = 4096;

    /** Where the device finds {@code at}, an address of this process in here. */
    long iovaOf(final long at) {
        final long offset = at - address;
        return frames == null ? iova + offset : frames[(int) (offset / PAGE)] + offset % PAGE;
    }

    /** How many bytes from {@code at} on are one piece for the device. */
    long contiguous(final long at) {
        return frames == null ? address + length - at : PAGE - (at - address) % PAGE;
    }

    /** Whether {@code at} lies in here. */
    boolean holds(final long at) {
        return Long.compareUnsigned(at - address, length) < 0;
    }
}
