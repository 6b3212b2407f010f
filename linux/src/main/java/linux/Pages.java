package linux;

import java.lang.foreign.MemorySegment;

/**
 * Makes pages present, as a first access would, without the access: what cannot be reached gives a number instead of a
 * signal, and no byte changes. Any thread; allocates nothing but a thread's first {@code errno} cell.
 */
public final class Pages {
    /** Bytes. */
    public static final long SIZE = 4096;

    /** What the calls return, negated, for memory that is not mapped, or whose file ends before it. */
    public static final int ENOMEM = 12;

    public static final int EFAULT = 14;
    public static final int EHWPOISON = 133;

    private static final int MADV_POPULATE_READ = 22;
    private static final int MADV_POPULATE_WRITE = 23;

    private Pages() {}

    /** Makes the pages of {@code length} bytes readable, see {@link #populateForWriting}. */
    public static int populateForReading(final long address, final long length) {
        return populate(address, length, MADV_POPULATE_READ);
    }

    /**
     * Makes the pages of {@code length} bytes writable. May read from a disk.
     *
     * @return 0, or a negative {@code errno}; EINVAL where the pages may not be accessed so, and always before Linux 5.14
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
