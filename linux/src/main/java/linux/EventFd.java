package linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;

/**
 * An eventfd in non-blocking mode: a kick or a call of a virtqueue, or the wake-up of a sleeping thread.
 *
 * <p>{@link #signal()} and {@link #drain()} may be called by any thread, allocate nothing and never block. The owner
 * calls {@link #close()} once, after every user has let go.
 */
public final class EventFd implements AutoCloseable {
    /** What a signal adds; never written. */
    private static final long ONE = Arena.global().allocate(8, 8).address();

    /** Where counters are read to; its value means nothing, so that all threads may share it. */
    private static final long SINK = Arena.global().allocate(64, 64).address();

    static {
        Memory.ALL.set(JAVA_LONG, ONE, 1L);
    }

    private final int fd;

    private EventFd(final int fd) {
        this.fd = fd;
    }

    /** A new one. */
    public static EventFd create() throws LinuxException {
        return new EventFd(Linux.eventfd());
    }

    /** Takes over a descriptor, such as one received from a front-end, and makes it non-blocking. */
    public static EventFd adopt(final int fd) throws LinuxException {
        Linux.setNonBlocking(fd);
        return new EventFd(fd);
    }

    /** The descriptor, still owned by this object. */
    public int fd() {
        return fd;
    }

    /** Adds one. A counter that is full already wakes its reader: nothing is lost. */
    public void signal() {
        try {
            final long ignored = (long) Libc.WRITE.invokeExact(fd, ONE, 8L);
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    /** Takes the counter back to zero. Returns whether it had been signalled. */
    public boolean drain() {
        try {
            return (long) Libc.READ.invokeExact(fd, SINK, 8L) == 8L;
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    @Override
    public void close() {
        Linux.close(fd);
    }
}
