package linux;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Waits until one of many descriptors can be read ({@code epoll(7)}, level-triggered). {@link #await} belongs to one
 * thread; {@link #add} and {@link #remove} may come from any.
 */
public final class Epoll implements AutoCloseable {
    private static final int EPOLL_CTL_ADD = 1;
    private static final int EPOLL_CTL_DEL = 2;
    private static final int EPOLLIN = 1;
    private static final int EPOLL_CLOEXEC = 0x80000;
    private static final int MAX_EVENTS = 64;

    /** {@code struct epoll_event} is packed on x86-64 and aligned elsewhere. */
    private static final boolean PACKED = System.getProperty("os.arch").equals("amd64");

    private static final int EVENT_SIZE = PACKED ? 12 : 16;
    private static final int EVENT_DATA = PACKED ? 4 : 8;

    private final Arena arena = Arena.ofShared();
    private final long events;
    private final int fd;

    public Epoll() throws LinuxException {
        final MemorySegment cell = Libc.errnoCell();
        try {
            fd = Linux.check("epoll_create1", (int) Libc.EPOLL_CREATE.invokeExact(cell, EPOLL_CLOEXEC), cell);
        } catch (LinuxException e) {
            throw e;
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
        events = arena.allocate((long) EVENT_SIZE * MAX_EVENTS, 16).address();
    }

    /** Watches {@code watched} for input; {@link #data(int)} will say {@code data}. */
    public void add(final int watched, final long data) throws LinuxException {
        control(EPOLL_CTL_ADD, watched, data);
    }

    /** Watches it no longer. Call this before the descriptor is closed. */
    public void remove(final int watched) throws LinuxException {
        control(EPOLL_CTL_DEL, watched, 0);
    }

    /** Waits {@code timeoutMillis} at most (-1: without end). Returns how many are ready, 0 also where interrupted. */
    public int await(final int timeoutMillis) {
        try {
            return Math.max(0, (int) Libc.EPOLL_WAIT.invokeExact(fd, events, MAX_EVENTS, timeoutMillis));
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    /** What was given to {@link #add} for the {@code index}-th ready descriptor of the last {@link #await}. */
    public long data(final int index) {
        return Memory.ALL.get(JAVA_LONG_UNALIGNED, events + (long) index * EVENT_SIZE + EVENT_DATA);
    }

    private void control(final int operation, final int watched, final long data) throws LinuxException {
        final MemorySegment cell = Libc.errnoCell();
        try (Arena local = Arena.ofConfined()) {
            final MemorySegment event = local.allocate(EVENT_SIZE, 8);
            event.set(JAVA_INT_UNALIGNED, 0, EPOLLIN);
            event.set(JAVA_LONG_UNALIGNED, EVENT_DATA, data);
            Linux.check("epoll_ctl", (int) Libc.EPOLL_CTL.invokeExact(cell, fd, operation, watched, event), cell);
        } catch (LinuxException e) {
            throw e;
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    @Override
    public void close() {
        Linux.close(fd);
        arena.close();
    }
}
