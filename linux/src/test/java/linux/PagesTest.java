package linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Pages are made present, or a number says why not; and code is code only. */
class PagesTest {
    private static final int RW = Linux.PROT_READ | Linux.PROT_WRITE;

    @Test
    void shouldReachWhatIsMappedAndChangeNothing() throws Exception {
        final long memory = Linux.mmap(8192, RW, Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS, -1, 0);
        Memory.putLong(memory + 4090, 77);
        assertThat(Pages.populateForWriting(memory + 4090, 8)).isZero();
        assertThat(Pages.populateForReading(memory + 1, 8191)).isZero();
        assertThat(Memory.getLong(memory + 4090)).isEqualTo(77);
        Linux.munmap(memory, 8192);
        assertThat(Pages.populateForReading(memory, 1)).isEqualTo(-Pages.ENOMEM);
    }

    @Test
    void shouldTellOfMemoryThatMayNotBeWritten() throws Exception {
        final long memory = Linux.mmap(4096, Linux.PROT_READ, Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS, -1, 0);
        assertThat(Pages.canPopulate()).isTrue();
        assertThat(Pages.populateForReading(memory, 1)).isZero();
        assertThat(Pages.populateForWriting(memory, 1)).isEqualTo(-Pages.EINVAL);
        Linux.munmap(memory, 4096);
    }

    @Test
    void shouldTellOfAFileThatWasTruncated() throws Exception {
        final int fd = Linux.memfd("truncated", 8192, 0);
        final long memory = Linux.mmap(8192, RW, Linux.MAP_SHARED, fd, 0);
        Linux.truncate(fd, 4096);
        assertThat(Pages.populateForWriting(memory, 4096)).isZero();
        assertThat(Pages.populateForWriting(memory, 4097)).isEqualTo(-Pages.EFAULT);
        assertThat(Pages.populateForReading(memory + 4096, 1)).isEqualTo(-Pages.EFAULT);
        Linux.munmap(memory, 8192);
        Linux.close(fd);
    }

    @Test
    @EnabledIfSystemProperty(named = "os.arch", matches = "amd64")
    @SuppressWarnings("restricted")
    void shouldRunCodeFromPagesThatNobodyWrites() throws Throwable {
        final byte[] add = {0x48, (byte) 0x8d, 0x04, 0x37, (byte) 0xc3}; // lea rax, [rdi + rsi]; ret
        final byte[] five = {(byte) 0xb8, 5, 0, 0, 0, (byte) 0xc3}; // mov eax, 5; ret
        final long[] code = MachineCode.load(add, five);
        final MethodHandle sum = Linker.nativeLinker()
                .downcallHandle(
                        MemorySegment.ofAddress(code[0]),
                        FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG),
                        Linker.Option.critical(false));
        final MethodHandle constant =
                Linker.nativeLinker().downcallHandle(MemorySegment.ofAddress(code[1]), FunctionDescriptor.of(JAVA_INT));
        assertThat((long) sum.invokeExact(40L, 2L)).isEqualTo(42);
        assertThat((int) constant.invokeExact()).isEqualTo(5);
        assertThat(Files.readAllLines(Path.of("/proc/self/maps")))
                .filteredOn(line -> line.startsWith(Long.toHexString(code[0]) + "-"))
                .singleElement()
                .asString()
                .contains(" r-xp ");
    }
}
