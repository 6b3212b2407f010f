package dma.cbdma.internal.vfio;

import static org.assertj.core.api.Assertions.assertThat;

import dma.cbdma.device.RegisterSpace;
import java.lang.foreign.Arena;
import linux.Linux;
import linux.Memory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Registers that are mapped, and those that go through a file, over the same bytes. */
class RegistersTest {
    private static final int BASE = 4096;

    private final Arena arena = Arena.ofAuto();
    private int fd;
    private long mapping;
    private RegisterSpace file;
    private RegisterSpace mapped;

    @BeforeEach
    void open() throws Exception {
        fd = Linux.memfd("registers", 3 * 4096, 0);
        mapping = Linux.mmap(4096, Linux.PROT_READ | Linux.PROT_WRITE, Linux.MAP_SHARED, fd, BASE);
        file = new FileRegisters(fd, BASE, arena.allocate(8, 8).address());
        mapped = new MappedRegisters(mapping, 4096, file);
    }

    @AfterEach
    void close() throws Exception {
        Linux.munmap(mapping, 4096);
        Linux.close(fd);
    }

    @Test
    void shouldAccessExactlyTheWidth() {
        writeAll(mapped, 0);
        expectAll(file, 0);
        writeAll(file, 0x100);
        expectAll(mapped, 0x100);
    }

    @Test
    void shouldGoThroughTheFileBeyondTheMapping() {
        writeAll(mapped, 4096);
        expectAll(file, 4096);
        expectAll(mapped, 4096);
    }

    @Test
    void shouldReadAllOnesWhereNobodyAnswers() {
        Linux.close(fd);
        assertThat(file.read8(0)).isEqualTo(0xFF);
        assertThat(file.read16(0)).isEqualTo(0xFFFF);
        assertThat(file.read32(0)).isEqualTo(-1);
        assertThat(file.read64(0)).isEqualTo(-1);
        file.write32(0, 1);
        assertThat(Memory.getInt(mapping)).isZero();
    }

    private static void writeAll(final RegisterSpace registers, final int at) {
        registers.write64(at, -1);
        registers.write64(at + 8, 0x8877665544332211L);
        registers.write32(at + 16, 0x87654321);
        registers.write16(at + 20, 0x18765);
        registers.write8(at + 22, 0x187);
        registers.write8(at + 1, 0);
        registers.write16(at + 2, 0x8000);
    }

    private static void expectAll(final RegisterSpace registers, final int at) {
        assertThat(registers.read64(at)).isEqualTo(0xFFFFFFFF800000FFL);
        assertThat(registers.read64(at + 8)).isEqualTo(0x8877665544332211L);
        assertThat(registers.read32(at + 16)).isEqualTo(0x87654321);
        assertThat(registers.read16(at + 20)).isEqualTo(0x8765);
        assertThat(registers.read8(at + 22)).isEqualTo(0x87);
        assertThat(registers.read8(at + 23)).isZero();
    }
}
