/* Prints what the kernel's header says of the numbers that the driver has by itself: a name and a number a line. */
#include <linux/vfio.h>
#include <stddef.h>
#include <stdio.h>

#define SAY(name, value) printf("%s %llu\n", name, (unsigned long long)(value))
#define END(type, member) (offsetof(type, member) + sizeof(((type *)0)->member))
#define BEGINS(type) \
    _Static_assert(offsetof(type, argsz) == 0 && offsetof(type, flags) == 4, "argsz and flags come first")

BEGINS(struct vfio_group_status);
BEGINS(struct vfio_device_info);
BEGINS(struct vfio_region_info);
BEGINS(struct vfio_iommu_type1_info);
BEGINS(struct vfio_iommu_type1_dma_map);
BEGINS(struct vfio_iommu_type1_dma_unmap);

int main(void) {
    SAY("GET_API_VERSION", VFIO_GET_API_VERSION);
    SAY("CHECK_EXTENSION", VFIO_CHECK_EXTENSION);
    SAY("SET_IOMMU", VFIO_SET_IOMMU);
    SAY("GROUP_GET_STATUS", VFIO_GROUP_GET_STATUS);
    SAY("GROUP_SET_CONTAINER", VFIO_GROUP_SET_CONTAINER);
    SAY("GROUP_UNSET_CONTAINER", VFIO_GROUP_UNSET_CONTAINER);
    SAY("GROUP_GET_DEVICE_FD", VFIO_GROUP_GET_DEVICE_FD);
    SAY("DEVICE_GET_INFO", VFIO_DEVICE_GET_INFO);
    SAY("DEVICE_GET_REGION_INFO", VFIO_DEVICE_GET_REGION_INFO);
    SAY("DEVICE_RESET", VFIO_DEVICE_RESET);
    SAY("IOMMU_GET_INFO", VFIO_IOMMU_GET_INFO);
    SAY("IOMMU_MAP_DMA", VFIO_IOMMU_MAP_DMA);
    SAY("IOMMU_UNMAP_DMA", VFIO_IOMMU_UNMAP_DMA);

    SAY("ARGSZ", offsetof(struct vfio_group_status, argsz));
    SAY("FLAGS", offsetof(struct vfio_group_status, flags));
    SAY("GROUP_STATUS_SIZE", sizeof(struct vfio_group_status));
    SAY("DEVICE_INFO_SIZE", END(struct vfio_device_info, cap_offset));

    SAY("REGION_INFO_SIZE", sizeof(struct vfio_region_info));
    SAY("REGION_INFO_INDEX", offsetof(struct vfio_region_info, index));
    SAY("REGION_INFO_CAP_OFFSET", offsetof(struct vfio_region_info, cap_offset));
    SAY("REGION_INFO_REGION_SIZE", offsetof(struct vfio_region_info, size));
    SAY("REGION_INFO_OFFSET", offsetof(struct vfio_region_info, offset));
    SAY("REGION_INFO_FLAG_CAPS", VFIO_REGION_INFO_FLAG_CAPS);

    SAY("IOMMU_INFO_SIZE", sizeof(struct vfio_iommu_type1_info));
    SAY("IOMMU_INFO_PGSIZES", offsetof(struct vfio_iommu_type1_info, iova_pgsizes));
    SAY("IOMMU_INFO_CAP_OFFSET", offsetof(struct vfio_iommu_type1_info, cap_offset));
    SAY("IOMMU_INFO_FLAG_PGSIZES", VFIO_IOMMU_INFO_PGSIZES);
    SAY("IOMMU_INFO_FLAG_CAPS", VFIO_IOMMU_INFO_CAPS);

    SAY("DMA_MAP_SIZE", sizeof(struct vfio_iommu_type1_dma_map));
    SAY("DMA_MAP_VADDR", offsetof(struct vfio_iommu_type1_dma_map, vaddr));
    SAY("DMA_MAP_IOVA", offsetof(struct vfio_iommu_type1_dma_map, iova));
    SAY("DMA_MAP_LENGTH", offsetof(struct vfio_iommu_type1_dma_map, size));
    SAY("DMA_UNMAP_SIZE", sizeof(struct vfio_iommu_type1_dma_unmap));
    SAY("DMA_UNMAP_IOVA", offsetof(struct vfio_iommu_type1_dma_unmap, iova));
    SAY("DMA_UNMAP_LENGTH", offsetof(struct vfio_iommu_type1_dma_unmap, size));

    SAY("CAP_ID", offsetof(struct vfio_info_cap_header, id));
    SAY("CAP_NEXT", offsetof(struct vfio_info_cap_header, next));
    SAY("CAP_HEADER_SIZE", sizeof(struct vfio_info_cap_header));
    SAY("CAP_SPARSE_MMAP", VFIO_REGION_INFO_CAP_SPARSE_MMAP);
    SAY("SPARSE_COUNT", offsetof(struct vfio_region_info_cap_sparse_mmap, nr_areas));
    SAY("SPARSE_AREAS", offsetof(struct vfio_region_info_cap_sparse_mmap, areas));
    SAY("SPARSE_AREA_SIZE", sizeof(struct vfio_region_sparse_mmap_area));
    SAY("CAP_IOVA_RANGE", VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE);
    SAY("IOVA_COUNT", offsetof(struct vfio_iommu_type1_info_cap_iova_range, nr_iovas));
    SAY("IOVA_RANGES", offsetof(struct vfio_iommu_type1_info_cap_iova_range, iova_ranges));
    SAY("IOVA_RANGE_SIZE", sizeof(struct vfio_iova_range));
    SAY("CAP_DMA_AVAIL", VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL);
    SAY("DMA_AVAIL", offsetof(struct vfio_iommu_type1_info_dma_avail, avail));

    SAY("VfioContainer.TYPE1", VFIO_TYPE1_IOMMU);
    SAY("VfioContainer.TYPE1_V2", VFIO_TYPE1v2_IOMMU);
    SAY("VfioContainer.NOIOMMU", VFIO_NOIOMMU_IOMMU);
    SAY("VfioContainer.READ", VFIO_DMA_MAP_FLAG_READ);
    SAY("VfioContainer.WRITE", VFIO_DMA_MAP_FLAG_WRITE);
    SAY("VfioGroup.VIABLE", VFIO_GROUP_FLAGS_VIABLE);
    SAY("VfioGroup.CONTAINER_SET", VFIO_GROUP_FLAGS_CONTAINER_SET);
    SAY("VfioDevice.BAR0", VFIO_PCI_BAR0_REGION_INDEX);
    SAY("VfioDevice.CONFIG", VFIO_PCI_CONFIG_REGION_INDEX);
    SAY("VfioDevice.REGION_READ", VFIO_REGION_INFO_FLAG_READ);
    SAY("VfioDevice.REGION_WRITE", VFIO_REGION_INFO_FLAG_WRITE);
    SAY("VfioDevice.REGION_MMAP", VFIO_REGION_INFO_FLAG_MMAP);
    SAY("VfioDevice.CAN_RESET", VFIO_DEVICE_FLAGS_RESET);
    return 0;
}
