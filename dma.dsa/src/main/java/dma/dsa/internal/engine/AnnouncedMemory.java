package dma.dsa.internal.engine;

import dma.api.MemoryRegion;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * The memory that a channel was told of: mapped until it is withdrawn, so that the processor may touch it. Any other address of
 * a copy may be none at all, which a device reports and a processor does not survive.
 *
 * <p>One thread at a time; {@link #holds} allocates nothing.
 */
final class AnnouncedMemory {
    private List<MemoryRegion> regions = List.of();

    /** Of the regions, ascending. */
    private long[] begins = {};

    private long[] ends = {};

    /** Which were hit last: copies go from one region to another for long. */
    private int lastSource;

    private int lastDestination;

    /** Copies may be there from now on. */
    void add(final MemoryRegion region) {
        final List<MemoryRegion> now = new ArrayList<>(regions);
        now.add(region);
        replace(now);
    }

    /** Nothing is touched there any more, whatever else was told of some of it. */
    void remove(final MemoryRegion region) {
        replace(regions.stream().filter(each -> !overlap(each, region)).toList());
    }

    private static boolean overlap(final MemoryRegion one, final MemoryRegion other) {
        return one.address() < other.address() + other.length() && other.address() < one.address() + one.length();
    }

    private void replace(final List<MemoryRegion> now) {
        regions = now.stream()
                .sorted(Comparator.comparingLong(MemoryRegion::address))
                .toList();
        begins = regions.stream().mapToLong(MemoryRegion::address).toArray();
        ends = regions.stream()
                .mapToLong(each -> each.address() + each.length())
                .toArray();
        lastSource = 0;
        lastDestination = 0;
    }

    /** Whether all bytes of a copy lie here, those that it reads in one region and those that it writes in one. */
    boolean holds(final long source, final long destination, final long length) {
        final int from = find(source, length, lastSource);
        if (from < 0) {
            return false;
        }
        lastSource = from;
        final int to = find(destination, length, lastDestination);
        if (to < 0) {
            return false;
        }
        lastDestination = to;
        return true;
    }

    private int find(final long address, final long length, final int hint) {
        if (isIn(hint, address, length)) {
            return hint;
        }
        final int found = Arrays.binarySearch(begins, address);
        // Where regions overlap, another one may hold it: it counts as unknown then.
        final int index = found >= 0 ? found : -found - 2;
        return index >= 0 && isIn(index, address, length) ? index : -1;
    }

    private boolean isIn(final int index, final long address, final long length) {
        return index < begins.length && address >= begins[index] && length <= ends[index] - address;
    }
}
