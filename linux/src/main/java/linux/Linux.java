package linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.stream.Stream;

/**
 * System calls of the control path. Any thread may call them; all of them allocate.
 *
 * <p>File descriptors are plain {@code int}s, owned by whoever got them and closed once with {@link #close(int)}.
 */
public final class Linux {
    /** {@code mmap(2)}: pages may be read, written; changes are shared; no page is reserved. */
    public static final int PROT_READ = 1;

    public static final int PROT_WRITE = 2;
    public static final int PROT_EXEC = 4;
    public static final int MAP_SHARED = 1;
    public static final int MAP_PRIVATE = 2;
    public static final int MAP_ANONYMOUS = 0x20;
    public static final int MAP_LOCKED = 0x2000;
    public static final int MAP_NORESERVE = 0x4000;
    public static final int MAP_POPULATE = 0x8000;

    /** {@code memfd_create(2)} and {@code fcntl(2)} seals. */
    public static final int MFD_CLOEXEC = 1;

    public static final int MFD_ALLOW_SEALING = 2;
    public static final int F_SEAL_SHRINK = 2;
    public static final int F_SEAL_GROW = 4;

    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int F_GETFL = 3;
    private static final int F_SETFL = 4;
    private static final int F_ADD_SEALS = 1033;
    private static final int F_GET_SEALS = 1034;
    private static final int O_NONBLOCK = 0x800;
    private static final int EFD_CLOEXEC = 0x80000;
    private static final int EFD_NONBLOCK = 0x800;

    private static final int STAT_SIZE = 144;
    private static final int STAT_ST_SIZE = 48;
    private static final int STAT_ST_BLKSIZE = 56;
    private static final int CPU_SET_BYTES = 128;

    private Linux() {}

    /** What {@code fstat(2)} says of a file: its length and its preferred block, the page size on hugetlbfs; bytes. */
    public record FileStatus(long size, int blockSize) {}

    /**
     * Maps {@code length} bytes of {@code fd} from {@code offset}.
     *
     * @return the address of the mapping
     */
    public static long mmap(final long length, final int prot, final int flags, final int fd, final long offset)
            throws LinuxException {
        final MemorySegment cell = Libc.errnoCell();
        final long address;
        try {
            address = (long) Libc.MMAP.invokeExact(cell, 0L, length, prot, flags, fd, offset);
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
        if (address == -1L) {
            throw Libc.failure("mmap of " + length + " bytes at offset " + offset, cell);
        }
        return address;
    }

    /** Undoes {@link #mmap}; {@code length} must be the mapped one, on hugetlbfs a multiple of the huge page. */
    public static void munmap(final long address, final long length) throws LinuxException {
        final MemorySegment cell = Libc.errnoCell();
        try {
            check("munmap", (int) Libc.MUNMAP.invokeExact(cell, address, length), cell);
        } catch (LinuxException e) {
            throw e;
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    /** An anonymous file in memory, {@code size} bytes long, closed on exec; {@code flags} are {@code MFD_*}. */
    public static int memfd(final String name, final long size, final int flags) throws LinuxException {
        final MemorySegment cell = Libc.errnoCell();
        try (Arena arena = Arena.ofConfined()) {
            final int fd = check(
                    "memfd_create",
                    (int) Libc.MEMFD_CREATE.invokeExact(cell, arena.allocateFrom(name), MFD_CLOEXEC | flags),
                    cell);
            try {
                truncate(fd, size);
            } catch (LinuxException e) {
                close(fd);
                throw e;
            }
            return fd;
        } catch (LinuxException e) {
            throw e;
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    /** Makes the file {@code size} bytes long. */
    public static void truncate(final int fd, final long size) throws LinuxException {
        final MemorySegment cell = Libc.errnoCell();
        try {
            check("ftruncate to " + size + " bytes", (int) Libc.FTRUNCATE.invokeExact(cell, fd, size), cell);
        } catch (LinuxException e) {
            throw e;
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    /** Length and block size of an open file. */
    public static FileStatus stat(final int fd) throws LinuxException {
        final MemorySegment cell = Libc.errnoCell();
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment stat = arena.allocate(STAT_SIZE, 8);
            check("fstat", (int) Libc.FSTAT.invokeExact(cell, fd, stat), cell);
            return new FileStatus(stat.get(JAVA_LONG, STAT_ST_SIZE), stat.get(JAVA_INT, STAT_ST_BLKSIZE));
        } catch (LinuxException e) {
            throw e;
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    /** A second descriptor of the same open file, closed on exec. */
    public static int duplicate(final int fd) throws LinuxException {
        return fcntl("fcntl(F_DUPFD_CLOEXEC)", fd, F_DUPFD_CLOEXEC, 0);
    }

    /** Reads and writes of {@code fd} return at once from now on. */
    public static void setNonBlocking(final int fd) throws LinuxException {
        fcntl("fcntl(F_SETFL)", fd, F_SETFL, fcntl("fcntl(F_GETFL)", fd, F_GETFL, 0) | O_NONBLOCK);
    }

    /** Adds {@code F_SEAL_*} to a memfd made with {@link #MFD_ALLOW_SEALING}. */
    public static void addSeals(final int fd, final int seals) throws LinuxException {
        fcntl("fcntl(F_ADD_SEALS)", fd, F_ADD_SEALS, seals);
    }

    /** The seals of a memfd; fails with EINVAL for a file that cannot have any. */
    public static int seals(final int fd) throws LinuxException {
        return fcntl("fcntl(F_GET_SEALS)", fd, F_GET_SEALS, 0);
    }

    /** A non-blocking eventfd with counter 0, closed on exec. */
    public static int eventfd() throws LinuxException {
        final MemorySegment cell = Libc.errnoCell();
        try {
            return check("eventfd", (int) Libc.EVENTFD.invokeExact(cell, 0, EFD_CLOEXEC | EFD_NONBLOCK), cell);
        } catch (LinuxException e) {
            throw e;
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    /** Closes a descriptor. The number is free afterwards whatever the outcome, so this reports nothing. */
    public static void close(final int fd) {
        final MemorySegment cell = Libc.errnoCell();
        try {
            final int ignored = (int) Libc.CLOSE.invokeExact(cell, fd);
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    /** Binds the calling thread to one processor. */
    public static void pinCurrentThread(final int cpu) throws LinuxException {
        if (cpu < 0 || cpu >= CPU_SET_BYTES * 8) {
            throw new IllegalArgumentException("cpu " + cpu + " is not in 0.." + (CPU_SET_BYTES * 8 - 1));
        }
        final MemorySegment cell = Libc.errnoCell();
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment set = arena.allocate(CPU_SET_BYTES, 8);
            set.setAtIndex(JAVA_LONG, cpu / 64, 1L << (cpu % 64));
            check(
                    "sched_setaffinity to cpu " + cpu,
                    (int) Libc.SCHED_SETAFFINITY.invokeExact(cell, 0, (long) CPU_SET_BYTES, set),
                    cell);
        } catch (LinuxException e) {
            throw e;
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    /**
     * Takes processors away from all threads that this process has now, and so from those that these will start. A thread
     * that may use no other keeps what it has.
     */
    public static void keepThreadsOff(final Collection<Integer> cpus) throws IOException {
        try (Stream<Path> threads = Files.list(Path.of("/proc/self/task"))) {
            for (final Path thread : threads.toList()) {
                keepOff(Integer.parseInt(thread.getFileName().toString()), cpus);
            }
        }
    }

    private static void keepOff(final int thread, final Collection<Integer> cpus) throws LinuxException {
        final MemorySegment cell = Libc.errnoCell();
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment set = arena.allocate(CPU_SET_BYTES, 8);
            final int known = (int) Libc.SCHED_GETAFFINITY.invokeExact(cell, thread, (long) CPU_SET_BYTES, set);
            if (known < 0) {
                return; // it has ended
            }
            for (final int cpu : cpus) {
                final long word = set.getAtIndex(JAVA_LONG, cpu / 64);
                set.setAtIndex(JAVA_LONG, cpu / 64, word & ~(1L << (cpu % 64)));
            }
            if (set.mismatch(arena.allocate(CPU_SET_BYTES)) == -1) {
                return; // it may use no other
            }
            check(
                    "sched_setaffinity of thread " + thread,
                    (int) Libc.SCHED_SETAFFINITY.invokeExact(cell, thread, (long) CPU_SET_BYTES, set),
                    cell);
        } catch (LinuxException e) {
            throw e;
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    /** Changes what may be done with mapped pages; {@code prot} is of {@code PROT_*}. */
    public static void mprotect(final long address, final long length, final int prot) throws LinuxException {
        final MemorySegment cell = Libc.errnoCell();
        try {
            check("mprotect", (int) Libc.MPROTECT.invokeExact(cell, address, length, prot), cell);
        } catch (LinuxException e) {
            throw e;
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    private static int fcntl(final String what, final int fd, final int command, final int argument)
            throws LinuxException {
        final MemorySegment cell = Libc.errnoCell();
        try {
            return check(what, (int) Libc.FCNTL.invokeExact(cell, fd, command, argument), cell);
        } catch (LinuxException e) {
            throw e;
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    static int check(final String call, final int result, final MemorySegment cell) throws LinuxException {
        if (result < 0) {
            throw Libc.failure(call, cell);
        }
        return result;
    }
}
