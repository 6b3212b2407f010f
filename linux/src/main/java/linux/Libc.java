package linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/** Method handles of the C library. Pointers that come from us travel as plain {@code long} addresses. */
@SuppressWarnings("restricted")
final class Libc {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    /** One {@code errno} cell a thread; a thread that asks for the first time allocates it. */
    private static final ThreadLocal<MemorySegment> CELL =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(STATE));

    static final MethodHandle MMAP =
            checked("mmap", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
    static final MethodHandle MUNMAP = checked("munmap", JAVA_INT, JAVA_LONG, JAVA_LONG);
    static final MethodHandle MEMFD_CREATE = checked("memfd_create", JAVA_INT, ADDRESS, JAVA_INT);
    static final MethodHandle FTRUNCATE = checked("ftruncate", JAVA_INT, JAVA_INT, JAVA_LONG);
    static final MethodHandle FSTAT = checked("fstat", JAVA_INT, JAVA_INT, ADDRESS);
    static final MethodHandle FCNTL = variadic("fcntl", 2, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
    static final MethodHandle MPROTECT = checked("mprotect", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
    static final MethodHandle CLOSE = checked("close", JAVA_INT, JAVA_INT);
    static final MethodHandle EVENTFD = checked("eventfd", JAVA_INT, JAVA_INT, JAVA_INT);
    static final MethodHandle EPOLL_CREATE = checked("epoll_create1", JAVA_INT, JAVA_INT);
    static final MethodHandle EPOLL_CTL = checked("epoll_ctl", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS);
    static final MethodHandle SCHED_SETAFFINITY = checked("sched_setaffinity", JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS);
    static final MethodHandle SCHED_GETAFFINITY = checked("sched_getaffinity", JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS);
    static final MethodHandle STRERROR = plain("strerror", ADDRESS, JAVA_INT);

    /** May block: never a critical call. */
    static final MethodHandle EPOLL_WAIT = plain("epoll_wait", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT);

    /** Only for descriptors in non-blocking mode: critical calls hold safepoints back. */
    static final MethodHandle WRITE = critical("write", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG);

    /** The same, and tells what went wrong. */
    static final MethodHandle WRITE_CHECKED = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("write"),
            FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG),
            Linker.Option.captureCallState("errno"),
            Linker.Option.critical(false));

    /** May read from a disk: never a critical call. */
    static final MethodHandle MADVISE = checked("madvise", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);

    static final MethodHandle READ = critical("read", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG);

    private Libc() {}

    /** A call that says in {@code errno} what went wrong. */
    static MethodHandle checked(final String name, final MemoryLayout result, final MemoryLayout... args) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(name),
                FunctionDescriptor.of(result, args),
                Linker.Option.captureCallState("errno"));
    }

    /** The same of a call whose arguments from {@code first} on may be left out in C. */
    static MethodHandle variadic(
            final String name, final int first, final MemoryLayout result, final MemoryLayout... args) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(name),
                FunctionDescriptor.of(result, args),
                Linker.Option.firstVariadicArg(first),
                Linker.Option.captureCallState("errno"));
    }

    private static MethodHandle plain(final String name, final MemoryLayout result, final MemoryLayout... args) {
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), FunctionDescriptor.of(result, args));
    }

    private static MethodHandle critical(final String name, final MemoryLayout result, final MemoryLayout... args) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(name),
                FunctionDescriptor.of(result, args),
                Linker.Option.critical(false));
    }

    static MemorySegment errnoCell() {
        return CELL.get();
    }

    static int errno(final MemorySegment cell) {
        return (int) ERRNO.get(cell, 0L);
    }

    static LinuxException failure(final String call, final MemorySegment cell) {
        return LinuxException.of(call, errno(cell));
    }

    /** What an error number means. */
    static String text(final int errno) {
        try {
            return ((MemorySegment) STRERROR.invokeExact(errno))
                    .reinterpret(256)
                    .getString(0);
        } catch (Throwable e) {
            return "error " + errno;
        }
    }

    /** A downcall handle throws nothing of its own: what arrives here is an error of the JVM. */
    static AssertionError unexpected(final Throwable e) {
        if (e instanceof Error error) {
            throw error;
        }
        return new AssertionError(e);
    }
}
