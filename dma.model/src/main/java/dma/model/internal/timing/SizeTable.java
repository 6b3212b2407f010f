package dma.model.internal.timing;

/**
 * How long an operation takes, by its size: measured points, a straight line between two of them and beyond the last.
 * Immutable.
 */
public final class SizeTable {
    private final long[] bytes;
    private final double[] nanos;

    /**
     * @param bytes sizes, ascending, at least two
     * @param nanos what was measured at each, nanoseconds
     */
    public SizeTable(final long[] bytes, final double[] nanos) {
        if (bytes.length < 2 || bytes.length != nanos.length) {
            throw new IllegalArgumentException(
                    bytes.length + " sizes and " + nanos.length + " times; use two or more of each");
        }
        for (int i = 1; i < bytes.length; i++) {
            if (bytes[i] <= bytes[i - 1]) {
                throw new IllegalArgumentException("size " + bytes[i] + " comes after " + bytes[i - 1] + "; sort them");
            }
        }
        this.bytes = bytes.clone();
        this.nanos = nanos.clone();
    }

    /** Nanoseconds for {@code size} bytes; below the first point as at it. Allocates nothing. */
    public double nanos(final long size) {
        if (size <= bytes[0]) {
            return nanos[0];
        }
        int above = 1;
        while (above < bytes.length - 1 && bytes[above] < size) {
            above++;
        }
        final int below = above - 1;
        final double slope = (nanos[above] - nanos[below]) / (bytes[above] - bytes[below]);
        return nanos[below] + slope * (size - bytes[below]);
    }
}
