package dma.cbdma.internal.vfio;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dma.cbdma.device.VfioContainer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import linux.Files;
import linux.Linux;
import linux.LinuxException;

/** An open {@code /dev/vfio/vfio}. */
final class KernelContainer implements VfioContainer {
    private final int fd;

    KernelContainer(final int fd) {
        this.fd = fd;
    }

    int fd() {
        return fd;
    }

    @Override
    public int apiVersion() throws LinuxException {
        return Files.ioctl("VFIO_GET_API_VERSION", fd, VfioLayout.GET_API_VERSION, 0);
    }

    @Override
    public boolean hasExtension(final int extension) throws LinuxException {
        return Files.ioctl("VFIO_CHECK_EXTENSION", fd, VfioLayout.CHECK_EXTENSION, extension) > 0;
    }

    @Override
    public void setIommu(final int type) throws LinuxException {
        Files.ioctl("VFIO_SET_IOMMU", fd, VfioLayout.SET_IOMMU, type);
    }

    @Override
    public IommuInfo info() throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            return parse(Info.ask(
                    arena, "VFIO_IOMMU_GET_INFO", fd, VfioLayout.IOMMU_GET_INFO, VfioLayout.IOMMU_INFO_SIZE, -1, 0));
        }
    }

    static IommuInfo parse(final Info info) {
        final long pageSizes = (info.flags() & VfioLayout.IOMMU_INFO_FLAG_PGSIZES) == 0
                ? 4096
                : info.int64(VfioLayout.IOMMU_INFO_PGSIZES);
        final List<IovaRange> ranges = new ArrayList<>();
        long available = -1;
        if ((info.flags() & VfioLayout.IOMMU_INFO_FLAG_CAPS) != 0) {
            final int first = info.int32(VfioLayout.IOMMU_INFO_CAP_OFFSET);
            final int iova = info.capability(first, VfioLayout.CAP_IOVA_RANGE, VfioLayout.IOVA_RANGES);
            if (iova != 0) {
                addRanges(info, iova, ranges);
            }
            final int avail = info.capability(first, VfioLayout.CAP_DMA_AVAIL, VfioLayout.DMA_AVAIL + 4);
            if (avail != 0) {
                available = Integer.toUnsignedLong(info.int32(avail + VfioLayout.DMA_AVAIL));
            }
        }
        return new IommuInfo(pageSizes, List.copyOf(ranges), available);
    }

    private static void addRanges(final Info info, final int capability, final List<IovaRange> ranges) {
        final int first = capability + VfioLayout.IOVA_RANGES;
        final int count =
                info.elements(info.int32(capability + VfioLayout.IOVA_COUNT), first, VfioLayout.IOVA_RANGE_SIZE);
        for (int i = 0; i < count; i++) {
            final long at = first + (long) i * VfioLayout.IOVA_RANGE_SIZE;
            ranges.add(new IovaRange(info.int64(at), info.int64(at + 8)));
        }
    }

    @Override
    public void mapDma(final long address, final long iova, final long size, final int access) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment map = arena.allocate(VfioLayout.DMA_MAP_SIZE, 8);
            map.set(JAVA_INT, VfioLayout.ARGSZ, VfioLayout.DMA_MAP_SIZE);
            map.set(JAVA_INT, VfioLayout.FLAGS, access);
            map.set(JAVA_LONG, VfioLayout.DMA_MAP_VADDR, address);
            map.set(JAVA_LONG, VfioLayout.DMA_MAP_IOVA, iova);
            map.set(JAVA_LONG, VfioLayout.DMA_MAP_LENGTH, size);
            Files.ioctl("VFIO_IOMMU_MAP_DMA", fd, VfioLayout.IOMMU_MAP_DMA, map.address());
        }
    }

    @Override
    public long unmapDma(final long iova, final long size) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment unmap = arena.allocate(VfioLayout.DMA_UNMAP_SIZE, 8);
            unmap.set(JAVA_INT, VfioLayout.ARGSZ, VfioLayout.DMA_UNMAP_SIZE);
            unmap.set(JAVA_LONG, VfioLayout.DMA_UNMAP_IOVA, iova);
            unmap.set(JAVA_LONG, VfioLayout.DMA_UNMAP_LENGTH, size);
            Files.ioctl("VFIO_IOMMU_UNMAP_DMA", fd, VfioLayout.IOMMU_UNMAP_DMA, unmap.address());
            return unmap.get(JAVA_LONG, VfioLayout.DMA_UNMAP_LENGTH);
        }
    }

    @Override
    public void close() {
        Linux.close(fd);
    }
}
