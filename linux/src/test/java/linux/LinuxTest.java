package linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The system calls do what their pages say. */
class LinuxTest {
    private static final int RW = Linux.PROT_READ | Linux.PROT_WRITE;
    private static final int EBADF = 9;

    private static boolean isOpen(final int fd) {
        return Files.exists(Path.of("/proc/self/fd/" + fd));
    }

    @Test
    void shouldShareAMemoryFileBetweenMappings() throws Exception {
        final int fd = Linux.memfd("shared", 8192, 0);
        final long one = Linux.mmap(8192, RW, Linux.MAP_SHARED, fd, 0);
        final long two = Linux.mmap(4096, RW, Linux.MAP_SHARED, fd, 4096);
        Memory.putLong(one + 4096, 0x1122_3344_5566_7788L);
        assertThat(Memory.getLong(two)).isEqualTo(0x1122_3344_5566_7788L);
        Linux.close(fd);
        assertThat(isOpen(fd)).isFalse();
        Memory.putInt(two, 7);
        assertThat(Memory.getInt(one + 4096)).isEqualTo(7);
        Linux.munmap(one, 8192);
        Linux.munmap(two, 4096);
    }

    @Test
    void shouldTellTheLengthOfAFile() throws Exception {
        final int fd = Linux.memfd("length", 12345, 0);
        assertThat(Linux.stat(fd).size()).isEqualTo(12345);
        assertThat(Linux.stat(fd).blockSize()).isPositive();
        Linux.truncate(fd, 3L << 32);
        assertThat(Linux.stat(fd).size()).isEqualTo(3L << 32);
        Linux.close(fd);
    }

    @Test
    void shouldSealAFileAgainstShrinking() throws Exception {
        final int fd = Linux.memfd("sealed", 8192, Linux.MFD_ALLOW_SEALING);
        assertThat(Linux.seals(fd)).isZero();
        Linux.addSeals(fd, Linux.F_SEAL_SHRINK);
        assertThat(Linux.seals(fd)).isEqualTo(Linux.F_SEAL_SHRINK);
        assertThatThrownBy(() -> Linux.truncate(fd, 4096))
                .isInstanceOfSatisfying(
                        LinuxException.class, e -> assertThat(e.errno()).isEqualTo(1))
                .hasMessage("ftruncate to 4096 bytes: Operation not permitted (errno 1)");
        Linux.truncate(fd, 16384);
        Linux.addSeals(fd, Linux.F_SEAL_GROW);
        assertThatThrownBy(() -> Linux.truncate(fd, 32768)).isInstanceOf(LinuxException.class);
        Linux.close(fd);
    }

    @Test
    void shouldNameTheCallThatFailed() {
        assertThatThrownBy(() -> Linux.stat(-1))
                .isInstanceOfSatisfying(
                        LinuxException.class, e -> assertThat(e.errno()).isEqualTo(EBADF))
                .hasMessage("fstat: Bad file descriptor (errno 9)");
        assertThatThrownBy(() -> Linux.mmap(4096, RW, Linux.MAP_SHARED, -1, 0))
                .isInstanceOf(LinuxException.class)
                .hasMessageStartingWith("mmap of 4096 bytes at offset 0");
        assertThatThrownBy(() -> Linux.munmap(1, 4096)).isInstanceOf(LinuxException.class);
        assertThatThrownBy(() -> Linux.duplicate(-1)).isInstanceOf(LinuxException.class);
        assertThatThrownBy(() -> Linux.setNonBlocking(-1)).isInstanceOf(LinuxException.class);
        assertThatThrownBy(() -> Linux.seals(-1)).isInstanceOf(LinuxException.class);
        assertThatThrownBy(() -> EventFd.adopt(-1)).isInstanceOf(LinuxException.class);
        Linux.close(-1);
    }

    @Test
    void shouldLeaveNoFileBehindThatCannotHaveItsLength() throws Exception {
        assertThatThrownBy(() -> Linux.memfd("too long to be", -1, 0)).isInstanceOf(LinuxException.class);
        try (var files = Files.list(Path.of("/proc/self/fd"))) {
            assertThat(files.filter(file -> target(file).contains("too long to be")))
                    .isEmpty();
        }
    }

    private static String target(final Path file) {
        try {
            return Files.readSymbolicLink(file).toString();
        } catch (IOException e) {
            return ""; // it was closed meanwhile
        }
    }

    @Test
    void shouldDuplicateADescriptor() throws Exception {
        final int fd = Linux.memfd("twice", 4096, 0);
        final int again = Linux.duplicate(fd);
        assertThat(again).isNotEqualTo(fd);
        Linux.truncate(again, 8192);
        assertThat(Linux.stat(fd).size()).isEqualTo(8192);
        Linux.close(fd);
        assertThat(isOpen(again)).isTrue();
        Linux.close(again);
    }

    @Test
    void shouldCountSignals() throws Exception {
        try (EventFd event = EventFd.create()) {
            assertThat(event.drain()).isFalse();
            event.signal();
            event.signal();
            assertThat(event.drain()).isTrue();
            assertThat(event.drain()).isFalse();
        }
    }

    @Test
    void shouldNotBlockOnAFullCounter() throws Exception {
        try (EventFd event = EventFd.create();
                EventFd other = EventFd.adopt(Linux.duplicate(event.fd()))) {
            final long full = Arena.global().allocate(8, 8).address();
            Memory.putLong(full, -2L); // the most that an eventfd holds
            try {
                assertThat((long) Libc.WRITE.invokeExact(event.fd(), full, 8L)).isEqualTo(8);
            } catch (Throwable e) {
                throw new AssertionError(e);
            }
            event.signal();
            other.signal();
            assertThat(event.drain()).isTrue();
            assertThat(other.drain()).isFalse();
        }
    }

    @Test
    void shouldCloseWhatItAdopted() throws Exception {
        final int fd = Linux.eventfd();
        EventFd.adopt(fd).close();
        assertThat(isOpen(fd)).isFalse();
    }

    @Test
    void shouldWaitForTheOneThatIsReady() throws Exception {
        try (Epoll epoll = new Epoll();
                EventFd one = EventFd.create();
                EventFd two = EventFd.create()) {
            epoll.add(one.fd(), 0x1_0000_0001L);
            epoll.add(two.fd(), -2);
            assertThat(epoll.await(0)).isZero();
            two.signal();
            assertThat(epoll.await(1000)).isEqualTo(1);
            assertThat(epoll.data(0)).isEqualTo(-2);
            assertThat(epoll.await(0)).as("level-triggered").isEqualTo(1);
            one.signal();
            assertThat(epoll.await(-1)).isEqualTo(2);
            assertThat(epoll.data(0) + epoll.data(1)).isEqualTo(0x1_0000_0001L - 2);
            two.drain();
            assertThat(epoll.await(0)).isEqualTo(1);
            assertThat(epoll.data(0)).isEqualTo(0x1_0000_0001L);
            epoll.remove(one.fd());
            assertThat(epoll.await(0)).isZero();
            assertThatThrownBy(() -> epoll.remove(one.fd())).isInstanceOf(LinuxException.class);
            epoll.add(one.fd(), 5);
            assertThatThrownBy(() -> epoll.add(one.fd(), 6))
                    .isInstanceOf(LinuxException.class)
                    .hasMessageContaining("File exists");
        }
    }

    @Test
    void shouldServeMoreDescriptorsThanOneAnswerHolds() throws Exception {
        try (Epoll epoll = new Epoll()) {
            final EventFd[] events = new EventFd[100];
            for (int i = 0; i < events.length; i++) {
                events[i] = EventFd.create();
                events[i].signal();
                epoll.add(events[i].fd(), i);
            }
            int seen = 0;
            for (int ready = epoll.await(0); ready != 0; ready = epoll.await(0)) {
                for (int i = 0; i < ready; i++) {
                    assertThat(events[(int) epoll.data(i)].drain()).isTrue();
                    seen++;
                }
            }
            assertThat(seen).isEqualTo(events.length);
            for (final EventFd event : events) {
                event.close();
            }
        }
    }

    @Test
    void shouldWakeAnotherThread() throws Exception {
        try (Epoll epoll = new Epoll();
                EventFd event = EventFd.create()) {
            epoll.add(event.fd(), 1);
            final Thread waker = new Thread(event::signal);
            waker.start();
            assertThat(epoll.await(10_000)).isEqualTo(1);
            waker.join();
        }
    }

    @Test
    void shouldRefuseToWaitForAFile() throws Exception {
        final int fd = Linux.memfd("file", 4096, 0);
        try (Epoll epoll = new Epoll()) {
            assertThatThrownBy(() -> epoll.add(fd, 0)).hasMessageStartingWith("epoll_ctl: Operation not permitted");
        }
        Linux.close(fd);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 1024, Integer.MAX_VALUE})
    void shouldRefuseAProcessorThatCannotBe(final int cpu) {
        assertThatThrownBy(() -> Linux.pinCurrentThread(cpu))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("cpu " + cpu + " is not in 0..1023");
    }

    @Test
    void shouldBindAThreadToAProcessor() throws Exception {
        final Throwable[] failure = new Throwable[1];
        final String[] allowed = new String[1];
        final Thread thread = new Thread(() -> {
            try {
                // The first processor that this process may use.
                final String list = allowed();
                Linux.pinCurrentThread(Integer.parseInt(list.split("[,-]")[0]));
                allowed[0] = allowed();
                assertThat(list).startsWith(allowed[0]);
            } catch (Exception | AssertionError e) {
                failure[0] = e;
            }
        });
        thread.start();
        thread.join();
        assertThat(failure[0]).isNull();
        assertThat(allowed[0]).matches("\\d+");
    }

    private static String allowed() throws Exception {
        return Files.readAllLines(Path.of("/proc/thread-self/status")).stream()
                .filter(line -> line.startsWith("Cpus_allowed_list:"))
                .map(line -> line.split(":")[1].strip())
                .findFirst()
                .orElseThrow();
    }

    @Test
    void shouldReadAndWriteWhateverWasMapped() throws Exception {
        final long at = Linux.mmap(4096, RW, Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS | Linux.MAP_NORESERVE, -1, 0);
        Memory.putByte(at, (byte) 0x81);
        assertThat(Memory.getByte(at)).isEqualTo((byte) 0x81);
        Memory.putShort(at + 1, (short) 0x8182);
        assertThat(Memory.getShort(at + 1)).isEqualTo((short) 0x8182);
        Memory.putInt(at + 3, 0x8182_8384);
        assertThat(Memory.getInt(at + 3)).isEqualTo(0x8182_8384);
        Memory.putLong(at + 7, -5L);
        assertThat(Memory.getLong(at + 7)).isEqualTo(-5L);
        Memory.putShortRelease(at + 16, (short) -3);
        assertThat(Memory.getShortAcquire(at + 16)).isEqualTo((short) -3);
        assertThat(Memory.getShortOpaque(at + 16)).isEqualTo((short) -3);
        Memory.putIntRelease(at + 20, -4);
        assertThat(Memory.getIntAcquire(at + 20)).isEqualTo(-4);
        Memory.putLongRelease(at + 24, -6);
        assertThat(Memory.getLongAcquire(at + 24)).isEqualTo(-6);
        assertThat(Memory.getByte(at + 24)).as("little-endian").isEqualTo((byte) -6);
        Memory.fill(at + 100, 10, (byte) 9);
        Memory.copy(at + 100, at + 105, 10); // the ranges overlap
        assertThat(Memory.segment(at + 100, 16).toArray(JAVA_BYTE))
                .containsExactly(9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 0);
        assertThatThrownBy(() -> Memory.getShortAcquire(at + 1)).isInstanceOf(IllegalArgumentException.class);
        Linux.munmap(at, 4096);
    }
}
