package linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A device is written to by address, and says what went wrong. */
class DeviceFileTest {
    @Test
    void shouldWriteWhatIsAtAnAddress(@TempDir final Path folder) throws Exception {
        final Path path = Files.createFile(folder.resolve("written"));
        try (Arena arena = Arena.ofConfined();
                DeviceFile file = DeviceFile.open(path)) {
            final long text = arena.allocateFrom("to the device").address();
            assertThat(file.write(text, 13)).isEqualTo(13);
            assertThat(file.write(text, 2)).isEqualTo(2);
            assertThat(Files.readString(Path.of("/proc/self/fdinfo/" + file.fd())))
                    .contains("flags:\t02100002"); // O_CLOEXEC, O_RDWR
        }
        assertThat(path).hasContent("to the deviceto");
    }

    @Test
    void shouldTellWhyNothingWasWritten() throws Exception {
        try (DeviceFile full = DeviceFile.open(Path.of("/dev/full"))) {
            final long byteAddress = Arena.global().allocate(1).address();
            assertThat(full.write(byteAddress, 1)).isEqualTo(-Errno.ENOSPC);
        }
    }

    @Test
    void shouldSurviveAnAddressThatIsNotMapped(@TempDir final Path folder) throws Exception {
        try (DeviceFile file = DeviceFile.open(Files.createFile(folder.resolve("empty")))) {
            assertThat(file.write(8, 8)).isEqualTo(-Errno.EFAULT);
        }
    }

    @Test
    void shouldNameTheFileThatIsNotThere() {
        assertThatThrownBy(() -> DeviceFile.open(Path.of("/dev/no/such")))
                .isInstanceOfSatisfying(
                        LinuxException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT))
                .hasMessage("open /dev/no/such: No such file or directory (errno 2)");
    }

    @Test
    void shouldAllocateNothingForAWrite() throws Exception {
        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        final long thread = Thread.currentThread().threadId();
        final long at = Arena.global().allocate(8).address();
        long least = Long.MAX_VALUE;
        try (DeviceFile full = DeviceFile.open(Path.of("/dev/full"))) {
            // Code that is not compiled yet allocates; when it is depends on what else the machine does.
            for (int measured = 0; measured < 50 && least > 1024; measured++) {
                final long before = threads.getThreadAllocatedBytes(thread);
                for (int i = 0; i < 20_000; i++) {
                    if (full.write(at, 8) != -Errno.ENOSPC || Pages.populateForReading(at, 8) != 0) {
                        throw new AssertionError("the calls fail");
                    }
                }
                least = Math.min(least, threads.getThreadAllocatedBytes(thread) - before);
            }
        }
        assertThat(least).isLessThanOrEqualTo(1024);
    }
}
