package dma.cbdma.internal.vfio;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;
import static org.assertj.core.api.Assertions.assertThat;

import dma.cbdma.device.VfioContainer.IommuInfo;
import dma.cbdma.device.VfioContainer.IovaRange;
import dma.cbdma.device.VfioDevice;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is read from chains of capabilities, good ones and others. */
class InfoTest {
    private static final int FIRST = 32;
    private static final int SECOND = 72;

    private final MemorySegment bytes = Arena.ofAuto().allocate(128, 8);
    private final Info info = new Info(bytes);

    private void capability(final int at, final int id, final int next) {
        bytes.set(JAVA_SHORT_UNALIGNED, at, (short) id);
        bytes.set(JAVA_SHORT_UNALIGNED, at + 2, (short) 1);
        bytes.set(JAVA_INT_UNALIGNED, at + 4, next);
    }

    private void iommu(final int flags, final int capability) {
        bytes.set(JAVA_INT_UNALIGNED, 4, flags);
        bytes.set(JAVA_LONG_UNALIGNED, 8, 0x40201000L);
        bytes.set(JAVA_INT_UNALIGNED, 16, capability);
    }

    private void ranges(final int count) {
        capability(FIRST, 1, SECOND);
        bytes.set(JAVA_INT_UNALIGNED, FIRST + 8, count);
        bytes.set(JAVA_LONG_UNALIGNED, FIRST + 16, 0);
        bytes.set(JAVA_LONG_UNALIGNED, FIRST + 24, 0xFEDFFFFFL);
    }

    @Test
    void shouldReadRangesAndWhatIsAvailable() {
        iommu(3, FIRST);
        ranges(1);
        capability(SECOND, 3, 0);
        bytes.set(JAVA_INT_UNALIGNED, SECOND + 8, 65_535);
        final IommuInfo read = KernelContainer.parse(info);
        assertThat(read.pageSizes()).isEqualTo(0x40201000L);
        assertThat(read.ranges()).containsExactly(new IovaRange(0, 0xFEDFFFFFL));
        assertThat(read.available()).isEqualTo(65_535);
    }

    @Test
    void shouldReadNothingWhereThereAreNoCapabilities() {
        iommu(0, FIRST);
        ranges(1);
        final IommuInfo read = KernelContainer.parse(info);
        assertThat(read).isEqualTo(new IommuInfo(4096, List.of(), -1));
    }

    @Test
    void shouldNotFollowAChainOutOfTheAnswerOrRoundInACircle() {
        iommu(3, 1000);
        assertThat(KernelContainer.parse(info).available()).isEqualTo(-1);
        iommu(3, -8);
        assertThat(KernelContainer.parse(info).available()).isEqualTo(-1);
        iommu(3, FIRST);
        capability(FIRST, 9, FIRST);
        assertThat(KernelContainer.parse(info).available()).isEqualTo(-1);
        capability(FIRST, 3, 0);
        iommu(3, 121);
        assertThat(KernelContainer.parse(info).available()).isEqualTo(-1);
    }

    @Test
    void shouldNotReadMoreRangesThanThereIsRoomFor() {
        iommu(3, FIRST);
        ranges(-1);
        assertThat(KernelContainer.parse(info).ranges()).hasSize((128 - FIRST - 16) / 16);
    }

    private void region(final int flags) {
        bytes.set(JAVA_INT_UNALIGNED, 4, flags);
        bytes.set(JAVA_INT_UNALIGNED, 12, FIRST);
        bytes.set(JAVA_LONG_UNALIGNED, 16, 0x4000);
    }

    @Test
    void shouldMapAllOfARegionOrTheAreaAtItsBeginningOrNothing() {
        region(VfioDevice.REGION_READ);
        assertThat(KernelDevice.Mappable.of(info).length()).isZero();
        region(VfioDevice.REGION_MMAP);
        assertThat(KernelDevice.Mappable.of(info).length()).isEqualTo(0x4000);
        region(VfioDevice.REGION_MMAP | VfioLayout.REGION_INFO_FLAG_CAPS);
        assertThat(KernelDevice.Mappable.of(info).length()).isEqualTo(0x4000);
        capability(FIRST, 1, 0);
        bytes.set(JAVA_INT_UNALIGNED, FIRST + 8, 2);
        bytes.set(JAVA_LONG_UNALIGNED, FIRST + 16, 0x2000);
        bytes.set(JAVA_LONG_UNALIGNED, FIRST + 24, 0x2000);
        bytes.set(JAVA_LONG_UNALIGNED, FIRST + 40, 0x1000);
        assertThat(KernelDevice.Mappable.of(info).length()).isEqualTo(0x1000);
        bytes.set(JAVA_INT_UNALIGNED, FIRST + 8, 1);
        assertThat(KernelDevice.Mappable.of(info).length()).isZero();
    }
}
