package dma.cbdma.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dma.cbdma.device.VfioContainer.IovaRange;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Where memory is for devices. */
class IovaAllocatorTest {
    private static final long MIB = 1 << 20;

    private final IovaAllocator allocator = new IovaAllocator();

    @Test
    void shouldKeepTheAddressWhereItCan() {
        assertThat(allocator.take(0x7F00_0000_0000L, MIB)).isEqualTo(0x7F00_0000_0000L);
        allocator.ranges(List.of(new IovaRange(0, 0xFEDF_FFFFL), new IovaRange(0xFEF0_0000L, -1)));
        assertThat(allocator.take(0x7E00_0000_0000L, MIB)).isEqualTo(0x7E00_0000_0000L);
    }

    @Test
    void shouldMoveWhatLiesOutsideOrAcrossTheRanges() {
        allocator.ranges(List.of(new IovaRange(0, 0xFEDF_FFFFL), new IovaRange(0xFEF0_0000L, 0xFFFF_FFFFFL)));
        assertThat(allocator.take(0x7F00_0000_0000L, MIB)).isEqualTo(MIB);
        assertThat(allocator.take(0x7F00_0010_0000L, 4096)).isEqualTo(2 * MIB);
        assertThat(allocator.take(0x7F00_0020_0000L, 4 * MIB)).isEqualTo(4 * MIB);
        assertThat(allocator.take(0xFED0_0000L, 3 * MIB)).isEqualTo(8 * MIB);
        assertThat(allocator.take(-MIB, MIB)).isEqualTo(2 * MIB + 4096);
    }

    @Test
    void shouldUseAgainWhatWasFreed() {
        allocator.ranges(List.of(new IovaRange(MIB, 3 * MIB - 1)));
        assertThat(allocator.take(1L << 40, MIB)).isEqualTo(MIB);
        assertThat(allocator.take(2L << 40, MIB)).isEqualTo(2 * MIB);
        assertThat(allocator.take(3L << 40, 4096)).isEqualTo(-1);
        allocator.free(MIB);
        assertThat(allocator.take(3L << 40, 4096)).isEqualTo(MIB);
        assertThat(allocator.take(1L << 40, MIB)).isEqualTo(-1);
    }

    @Test
    void shouldMoveMemoryWhoseAddressAnotherHas() {
        allocator.ranges(List.of(new IovaRange(0, (1L << 40) - 1)));
        assertThat(allocator.take(1L << 47, MIB)).isEqualTo(MIB);
        assertThat(allocator.take(MIB + 4096, 4096)).isEqualTo(2 * MIB);
        assertThat(allocator.take(MIB - 4096, 8192)).isEqualTo(2 * MIB + 4096);
    }

    @Test
    void shouldRefuseWhatHasNoPlace() {
        allocator.ranges(List.of(new IovaRange(0, 8 * MIB - 1)));
        assertThat(allocator.take(1L << 40, 8 * MIB)).isEqualTo(-1);
        assertThat(allocator.take(1L << 40, 6 * MIB)).isEqualTo(2 * MIB);
        allocator.ranges(List.of());
        assertThat(allocator.take(2 * MIB, 4096)).isEqualTo(-1);
    }
}
