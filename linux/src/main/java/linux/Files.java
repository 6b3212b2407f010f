package linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * Calls on the character devices of drivers: {@code open(2)}, {@code ioctl(2)}, {@code pread(2)}, {@code pwrite(2)}. Any
 * thread. Descriptors are plain {@code int}s, closed with {@link Linux#close(int)}.
 *
 * <p>{@link #readAt} and {@link #writeAt} allocate nothing once a thread has made a call; the others do.
 */
public final class Files {
    /** {@code open(2)}. */
    public static final int O_RDONLY = 0;

    public static final int O_RDWR = 2;

    private static final int O_CLOEXEC = 0x80000;

    // Not in Libc: most platforms open no device, and a handle takes a while to make.
    private static final MethodHandle OPEN = Libc.variadic("open", 2, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
    private static final MethodHandle IOCTL = Libc.variadic("ioctl", 2, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle PREAD =
            Libc.checked("pread", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle PWRITE =
            Libc.checked("pwrite", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG);

    private Files() {}

    /** Opens {@code path}, closed on exec; {@code flags} are {@code O_*}. */
    public static int open(final Path path, final int flags) throws LinuxException {
        final MemorySegment cell = Libc.errnoCell();
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment name = arena.allocateFrom(path.toString());
            return Linux.check("open " + path, (int) OPEN.invokeExact(cell, name, flags | O_CLOEXEC, 0), cell);
        } catch (LinuxException e) {
            throw e;
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    /**
     * {@code ioctl(2)}.
     *
     * @param call the name of the request, for messages
     * @param argument a number, or the address of what the request takes
     * @return what it returned, not negative
     */
    public static int ioctl(final String call, final int fd, final long request, final long argument)
            throws LinuxException {
        final MemorySegment cell = Libc.errnoCell();
        try {
            return Linux.check(call, (int) IOCTL.invokeExact(cell, fd, request, argument), cell);
        } catch (LinuxException e) {
            throw e;
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    /** {@code pread(2)} of {@code length} bytes to memory at {@code address}. How many were read, or a negative errno. */
    public static long readAt(final int fd, final long address, final long length, final long offset) {
        final MemorySegment cell = Libc.errnoCell();
        try {
            final long count = (long) PREAD.invokeExact(cell, fd, address, length, offset);
            return count < 0 ? -Libc.errno(cell) : count;
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    /** {@code pwrite(2)} of {@code length} bytes from {@code address}. How many were written, or a negative errno. */
    public static long writeAt(final int fd, final long address, final long length, final long offset) {
        final MemorySegment cell = Libc.errnoCell();
        try {
            final long count = (long) PWRITE.invokeExact(cell, fd, address, length, offset);
            return count < 0 ? -Libc.errno(cell) : count;
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }
}
