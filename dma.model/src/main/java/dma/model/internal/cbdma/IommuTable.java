package dma.model.internal.cbdma;

import dma.model.internal.cbdma.AddressSpace.Place;
import java.util.Arrays;

/** Mappings of a container, sorted by I/O address. Immutable: a change makes another one. */
final class IommuTable {
    static final IommuTable EMPTY = new IommuTable(new long[0], new long[0], new long[0], new int[0]);

    private final long[] first;
    private final long[] end;
    private final long[] address;
    private final int[] access;

    private IommuTable(final long[] first, final long[] end, final long[] address, final int[] access) {
        this.first = first;
        this.end = end;
        this.address = address;
        this.access = access;
    }

    int size() {
        return first.length;
    }

    boolean find(final long iova, final long wanted, final int needed, final Place place) {
        final int at = at(iova);
        if (at < 0 || iova >= end[at] || (access[at] & needed) != needed) {
            return false;
        }
        place.address = address[at] + (iova - first[at]);
        place.length = Math.min(wanted, end[at] - iova);
        return true;
    }

    /** The index of the last mapping that begins at or before {@code iova}; -1 where there is none. */
    private int at(final long iova) {
        final int found = Arrays.binarySearch(first, iova);
        return found >= 0 ? found : -found - 2;
    }

    /** Whether a mapping has bytes from {@code from} on, before {@code to}. */
    boolean overlaps(final long from, final long to) {
        final int at = at(to - 1);
        return at >= 0 && end[at] > from;
    }

    /** Whether a mapping lies across that address. */
    boolean bisectedBy(final long iova) {
        final int at = at(iova);
        return at >= 0 && first[at] < iova && iova < end[at];
    }

    IommuTable with(final long va, final long iova, final long size, final int rights) {
        final int at = at(iova) + 1;
        return new IommuTable(
                inserted(first, at, iova),
                inserted(end, at, iova + size),
                inserted(address, at, va),
                inserted(access, at, rights));
    }

    /** Without the mappings that lie between; none lies across the ends. */
    IommuTable without(final long from, final long to) {
        final int begin = at(from - 1) + 1;
        final int behind = at(to - 1) + 1;
        return new IommuTable(
                cut(first, begin, behind),
                cut(end, begin, behind),
                cut(address, begin, behind),
                cut(access, begin, behind));
    }

    /** Bytes mapped. */
    long bytes() {
        long sum = 0;
        for (int i = 0; i < first.length; i++) {
            sum += end[i] - first[i];
        }
        return sum;
    }

    private static long[] inserted(final long[] old, final int at, final long value) {
        final long[] more = Arrays.copyOf(old, old.length + 1);
        System.arraycopy(old, at, more, at + 1, old.length - at);
        more[at] = value;
        return more;
    }

    private static int[] inserted(final int[] old, final int at, final int value) {
        final int[] more = Arrays.copyOf(old, old.length + 1);
        System.arraycopy(old, at, more, at + 1, old.length - at);
        more[at] = value;
        return more;
    }

    private static long[] cut(final long[] old, final int begin, final int behind) {
        final long[] fewer = Arrays.copyOf(old, old.length - (behind - begin));
        System.arraycopy(old, behind, fewer, begin, old.length - behind);
        return fewer;
    }

    private static int[] cut(final int[] old, final int begin, final int behind) {
        final int[] fewer = Arrays.copyOf(old, old.length - (behind - begin));
        System.arraycopy(old, behind, fewer, begin, old.length - behind);
        return fewer;
    }
}
