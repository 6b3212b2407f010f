package linux;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/**
 * The open file of a character device. {@link #write} may be called by several threads at once; the owner calls
 * {@link #close()} once, after every user has let go.
 */
public final class DeviceFile implements AutoCloseable {
    private final int fd;

    private DeviceFile(final int fd) {
        this.fd = fd;
    }

    /** {@code open(2)} for reading and writing, closed on exec. Not for files whose {@code open} waits for somebody. */
    public static DeviceFile open(final Path path) throws LinuxException {
        return new DeviceFile(Files.open(path, Files.O_RDWR));
    }

    /** The descriptor, still owned by this object. */
    public int fd() {
        return fd;
    }

    /**
     * {@code write(2)} of memory by address, for devices that take at once what they take: the JVM cannot stop for as long as
     * the call lasts. Allocates nothing but a thread's first {@code errno} cell.
     *
     * @return how many bytes were taken, or a negative {@code errno}
     */
    public long write(final long address, final long length) {
        final MemorySegment cell = Libc.errnoCell();
        try {
            final long taken = (long) Libc.WRITE_CHECKED.invokeExact(cell, fd, address, length);
            return taken < 0 ? -Libc.errno(cell) : taken;
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    @Override
    public void close() {
        Linux.close(fd);
    }
}
