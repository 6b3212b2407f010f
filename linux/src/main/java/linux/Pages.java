package linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Makes pages present, as a first access would, without the access: what cannot be reached gives a number instead of a
 * signal, and no byte changes. Any thread; allocates nothing but a thread's first {@code errno} cell.
 */
public final class Pages {
    /** Bytes. */
    public static final long SIZE = 4096;

    /** What the calls return, negated, for memory that is not mapped. */
    public static final int ENOMEM = 12;

    /** What they return for memory whose file ends before it. */
    public static final int EFAULT = 14;

    /** What they return for memory that may not be accessed so, and for that of devices. */
    public static final int EINVAL = 22;

    private static final int MADV_POPULATE_READ = 22;
    private static final int MADV_POPULATE_WRITE = 23;

    private static final boolean POPULATES = isKnown();

    private Pages() {}

    /** Whether the kernel has these calls, as Linux does since 5.14; without them all of them fail with EINVAL. */
    public static boolean canPopulate() {
        return POPULATES;
    }

    private static boolean isKnown() {
        try (Arena arena = Arena.ofConfined()) {
            return populateForReading(arena.allocate(1).address(), 1) == 0;
        }
    }

    /** Makes the pages of {@code length} bytes readable, see {@link #populateForWriting}. */
    public static int populateForReading(final long address, final long length) {
        return populate(address, length, MADV_POPULATE_READ);
    }

    /**
     * Makes the pages of {@code length} bytes writable. May read from a disk.
     *
     * @return 0, or a negative {@code errno}
     */
    public static int populateForWriting(final long address, final long length) {
        return populate(address, length, MADV_POPULATE_WRITE);
    }

    private static int populate(final long address, final long length, final int advice) {
        final long from = address & -SIZE;
        final long to = (address + length + SIZE - 1) & -SIZE;
        final MemorySegment cell = Libc.errnoCell();
        try {
            final int result = (int) Libc.MADVISE.invokeExact(cell, from, to - from, advice);
            return result < 0 ? -Libc.errno(cell) : 0;
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }
}
