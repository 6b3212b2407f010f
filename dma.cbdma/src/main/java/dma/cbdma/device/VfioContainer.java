package dma.cbdma.device;

import java.util.List;
import linux.LinuxException;
import org.osgi.annotation.versioning.ConsumerType;

/** An I/O address space: what devices of its groups can reach. One thread at a time. */
@ConsumerType
public interface VfioContainer extends AutoCloseable {
    /** {@code VFIO_CHECK_EXTENSION}, {@code VFIO_SET_IOMMU}: kinds of IOMMU. */
    int TYPE1 = 1;

    int TYPE1_V2 = 3;
    int NOIOMMU = 8;

    /** {@code VFIO_IOMMU_MAP_DMA}: the device may read that memory, may write it. */
    int READ = 1;

    int WRITE = 2;

    /** An inclusive range of I/O addresses. */
    record IovaRange(long first, long last) {}

    /**
     * {@code VFIO_IOMMU_GET_INFO}.
     *
     * @param pageSizes a bit for each size, bytes
     * @param ranges where mappings may be; empty where the kernel does not tell
     * @param available how many more mappings there may be; -1 where the kernel does not tell
     */
    record IommuInfo(long pageSizes, List<IovaRange> ranges, long available) {}

    /** {@code VFIO_GET_API_VERSION}; 0 is the only one that is known. */
    int apiVersion() throws LinuxException;

    /** {@code VFIO_CHECK_EXTENSION}. */
    boolean hasExtension(int extension) throws LinuxException;

    /** {@code VFIO_SET_IOMMU}, after the first group was added. */
    void setIommu(int type) throws LinuxException;

    /** {@code VFIO_IOMMU_GET_INFO}. */
    IommuInfo info() throws LinuxException;

    /**
     * {@code VFIO_IOMMU_MAP_DMA}: pins memory of this process and lets devices reach it; all multiples of the page size.
     *
     * @throws LinuxException EEXIST where it overlaps another mapping, EINVAL for alignment or range, ENOMEM beyond the limit
     *     of locked memory, ENOSPC where there are too many mappings
     */
    void mapDma(long address, long iova, long size, int access) throws LinuxException;

    /**
     * {@code VFIO_IOMMU_UNMAP_DMA}; only whole mappings go.
     *
     * @return how many bytes were unmapped
     */
    long unmapDma(long iova, long size) throws LinuxException;

    @Override
    void close();
}
