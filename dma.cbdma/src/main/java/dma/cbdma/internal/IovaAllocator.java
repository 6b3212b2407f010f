package dma.cbdma.internal;

import dma.cbdma.device.VfioContainer.IovaRange;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Chooses I/O addresses: the address in this process, where the IOMMU's ranges hold it and it is free, as that is one number
 * less to tell apart; else the lowest place that is free. One thread at a time.
 */
final class IovaAllocator {
    /** 0 is kept free: a device that reads it by mistake is to be caught. */
    private static final long LEAST = 1 << 20;

    /** What IOMMUs like to map at once. */
    private static final long LARGE_PAGE = 2 << 20;

    private static final long PAGE = 4096;

    /** By unsigned first address: how long. */
    private final TreeMap<Long, Long> taken = new TreeMap<>(Long::compareUnsigned);

    private List<IovaRange> ranges = List.of();

    /** Where addresses may be; empty where nobody tells, and so the address of the process is taken. */
    void ranges(final List<IovaRange> now) {
        ranges = List.copyOf(now);
    }

    /** Takes {@code length} bytes for memory at {@code address}; -1 where there is no place. */
    long take(final long address, final long length) {
        long iova = -1;
        if (isFree(address, length) && (ranges.isEmpty() || isAllowed(address, length))) {
            iova = address;
        } else {
            for (int i = 0; iova == -1 && i < ranges.size(); i++) {
                iova = place(ranges.get(i), length);
            }
        }
        if (iova != -1) {
            taken.put(iova, length);
        }
        return iova;
    }

    void free(final long iova) {
        taken.remove(iova);
    }

    private boolean isAllowed(final long iova, final long length) {
        return ranges.stream().anyMatch(range -> isWithin(range, iova, length));
    }

    private static boolean isWithin(final IovaRange range, final long iova, final long length) {
        final long last = iova + length - 1;
        return Long.compareUnsigned(iova, range.first()) >= 0
                && Long.compareUnsigned(last, range.last()) <= 0
                && Long.compareUnsigned(iova, last) <= 0;
    }

    private boolean isFree(final long iova, final long length) {
        final Map.Entry<Long, Long> before = taken.floorEntry(iova);
        final Map.Entry<Long, Long> after = taken.higherEntry(iova);
        return (before == null || iova - before.getKey() >= before.getValue())
                && (after == null || Long.compareUnsigned(iova + length, after.getKey()) <= 0);
    }

    /** The lowest in {@code range}; -1 where there is none. */
    private long place(final IovaRange range, final long length) {
        final long alignment = length >= LARGE_PAGE ? LARGE_PAGE : PAGE;
        long at = aligned(Long.compareUnsigned(range.first(), LEAST) < 0 ? LEAST : range.first(), alignment);
        while (isWithin(range, at, length)) {
            if (isFree(at, length)) {
                return at;
            }
            final Map.Entry<Long, Long> before = taken.floorEntry(at);
            final Map.Entry<Long, Long> blocking =
                    before != null && at - before.getKey() < before.getValue() ? before : taken.higherEntry(at);
            at = aligned(blocking.getKey() + blocking.getValue(), alignment);
        }
        return -1;
    }

    private static long aligned(final long address, final long alignment) {
        return (address + alignment - 1) & -alignment;
    }
}
