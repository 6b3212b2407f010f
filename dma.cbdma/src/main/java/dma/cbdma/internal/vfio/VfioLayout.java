package dma.cbdma.internal.vfio;

/**
 * Numbers of {@code include/uapi/linux/vfio.h}: requests, flags, and offsets in bytes. A test holds them against the header.
 * Each structure begins with {@code argsz}, which the caller sets to the size it knows; what a kernel adds later is at the
 * end.
 */
final class VfioLayout {
    // _IO(';', 100 + n): no direction, no size.
    static final int GET_API_VERSION = 0x3B64;
    static final int CHECK_EXTENSION = 0x3B65;
    static final int SET_IOMMU = 0x3B66;
    static final int GROUP_GET_STATUS = 0x3B67;
    static final int GROUP_SET_CONTAINER = 0x3B68;
    static final int GROUP_UNSET_CONTAINER = 0x3B69;
    static final int GROUP_GET_DEVICE_FD = 0x3B6A;
    static final int DEVICE_GET_INFO = 0x3B6B;
    static final int DEVICE_GET_REGION_INFO = 0x3B6C;
    static final int DEVICE_RESET = 0x3B6F;
    static final int IOMMU_GET_INFO = 0x3B70;
    static final int IOMMU_MAP_DMA = 0x3B71;
    static final int IOMMU_UNMAP_DMA = 0x3B72;

    // Of every structure.
    static final int ARGSZ = 0;
    static final int FLAGS = 4;

    static final int GROUP_STATUS_SIZE = 8;

    /** Without what follows {@code cap_offset} in newer headers. */
    static final int DEVICE_INFO_SIZE = 20;

    static final int REGION_INFO_SIZE = 32;
    static final int REGION_INFO_INDEX = 8;
    static final int REGION_INFO_CAP_OFFSET = 12;
    static final int REGION_INFO_REGION_SIZE = 16;
    static final int REGION_INFO_OFFSET = 24;
    static final int REGION_INFO_FLAG_CAPS = 8;

    static final int IOMMU_INFO_SIZE = 24;
    static final int IOMMU_INFO_PGSIZES = 8;
    static final int IOMMU_INFO_CAP_OFFSET = 16;
    static final int IOMMU_INFO_FLAG_PGSIZES = 1;
    static final int IOMMU_INFO_FLAG_CAPS = 2;

    static final int DMA_MAP_SIZE = 32;
    static final int DMA_MAP_VADDR = 8;
    static final int DMA_MAP_IOVA = 16;
    static final int DMA_MAP_LENGTH = 24;

    static final int DMA_UNMAP_SIZE = 24;
    static final int DMA_UNMAP_IOVA = 8;
    static final int DMA_UNMAP_LENGTH = 16;

    // A capability: u16 id, u16 version, u32 offset of the next one from the beginning of the structure, 0 at the end.
    static final int CAP_ID = 0;
    static final int CAP_NEXT = 4;
    static final int CAP_HEADER_SIZE = 8;

    /** Of a region: areas of it that may be mapped. */
    static final int CAP_SPARSE_MMAP = 1;

    static final int SPARSE_COUNT = 8;
    static final int SPARSE_AREAS = 16;
    static final int SPARSE_AREA_SIZE = 16;

    /** Of an IOMMU: inclusive ranges of I/O addresses. */
    static final int CAP_IOVA_RANGE = 1;

    static final int IOVA_COUNT = 8;
    static final int IOVA_RANGES = 16;
    static final int IOVA_RANGE_SIZE = 16;

    /** Of an IOMMU: how many more mappings there may be. */
    static final int CAP_DMA_AVAIL = 3;

    static final int DMA_AVAIL = 8;

    private VfioLayout() {}
}
