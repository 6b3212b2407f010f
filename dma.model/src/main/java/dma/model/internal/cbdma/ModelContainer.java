package dma.model.internal.cbdma;

import dma.cbdma.device.VfioContainer;
import java.util.List;
import linux.Errno;
import linux.LinuxException;

/**
 * A container as {@code drivers/vfio/vfio_iommu_type1.c} keeps it. Control calls take the model's lock; the model's thread finds
 * addresses in the table of the moment, without one.
 */
final class ModelContainer implements VfioContainer, AddressSpace {
    private static final long PAGE = 4096;

    private final CbdmaModel model;
    private final CbdmaSettings.Vfio settings;
    private volatile IommuTable table = IommuTable.EMPTY;

    // Under the model's lock.
    private int groups;
    private int iommu;
    private int mapped;
    private boolean closed;

    ModelContainer(final CbdmaModel model, final CbdmaSettings.Vfio settings) {
        this.model = model;
        this.settings = settings;
    }

    CbdmaModel model() {
        return model;
    }

    /** What its devices reach: mappings, or physical memory. */
    AddressSpace space() {
        return iommu == NOIOMMU ? model.physicalMemory() : this;
    }

    boolean hasIommu() {
        return iommu != 0;
    }

    boolean isClosed() {
        return closed;
    }

    void addGroup() {
        groups++;
    }

    /** A container without groups has no IOMMU, and no mappings. */
    void removeGroup() {
        groups--;
        if (groups == 0) {
            iommu = 0;
            table = IommuTable.EMPTY;
            model.thread().quiesce();
        }
    }

    @Override
    public int apiVersion() throws LinuxException {
        synchronized (model) {
            check("VFIO_GET_API_VERSION");
            return 0;
        }
    }

    @Override
    public boolean hasExtension(final int extension) throws LinuxException {
        synchronized (model) {
            check("VFIO_CHECK_EXTENSION");
            return offers(extension);
        }
    }

    private boolean offers(final int extension) {
        return switch (extension) {
            case TYPE1 -> !settings.noIommu();
            case TYPE1_V2 -> !settings.noIommu() && settings.type1v2();
            case NOIOMMU -> settings.noIommu();
            default -> false;
        };
    }

    @Override
    public void setIommu(final int type) throws LinuxException {
        synchronized (model) {
            check("VFIO_SET_IOMMU");
            if (groups == 0 || iommu != 0) {
                throw Failure.of("VFIO_SET_IOMMU", Errno.EINVAL);
            }
            if (!offers(type)) {
                throw Failure.of("VFIO_SET_IOMMU", Errno.ENODEV);
            }
            iommu = type;
        }
    }

    @Override
    public IommuInfo info() throws LinuxException {
        synchronized (model) {
            checkType1("VFIO_IOMMU_GET_INFO");
            // An IOMMU of pages of 4 KiB and of all larger sizes, as type1 tells.
            return settings.tells()
                    ? new IommuInfo(-PAGE, settings.ranges(), settings.mappings() - table.size())
                    : new IommuInfo(-PAGE, List.of(), -1);
        }
    }

    @Override
    public void mapDma(final long address, final long iova, final long size, final int access) throws LinuxException {
        synchronized (model) {
            checkType1("VFIO_IOMMU_MAP_DMA");
            final int errno = errnoOfMapping(address, iova, size, access);
            if (errno != 0) {
                throw Failure.of("VFIO_IOMMU_MAP_DMA", errno);
            }
            table = table.with(address, iova, size, access);
            mapped++;
        }
    }

    /** In the order of {@code vfio_dma_do_map}. */
    private int errnoOfMapping(final long address, final long iova, final long size, final int access) {
        if (access == 0
                || (access & ~(READ | WRITE)) != 0
                || size <= 0
                || (size | iova | address) % PAGE != 0
                || iova < 0
                || iova + size - 1 < iova
                || address + size - 1 < address) {
            return Errno.EINVAL;
        }
        if (table.overlaps(iova, iova + size)) {
            return Errno.EEXIST;
        }
        if (table.size() >= settings.mappings()) {
            return Errno.ENOSPC;
        }
        if (settings.ranges().stream().noneMatch(each -> each.first() <= iova && iova + size - 1 <= each.last())) {
            return Errno.EINVAL;
        }
        final int most = model.faults().mapFailAfter();
        if (size > settings.memlock() - table.bytes() || most >= 0 && mapped >= most) {
            return Errno.ENOMEM;
        }
        return ProcessMemory.has(address, size, (access & WRITE) != 0) ? 0 : Errno.EFAULT;
    }

    @Override
    public long unmapDma(final long iova, final long size) throws LinuxException {
        synchronized (model) {
            checkType1("VFIO_IOMMU_UNMAP_DMA");
            if (size <= 0
                    || (size | iova) % PAGE != 0
                    || iova < 0
                    || iova + size - 1 < iova
                    || table.bisectedBy(iova)
                    || table.bisectedBy(iova + size)) {
                throw Failure.of("VFIO_IOMMU_UNMAP_DMA", Errno.EINVAL);
            }
            final long before = table.bytes();
            table = table.without(iova, iova + size);
            // The caller may give that memory away at once.
            model.thread().quiesce();
            return before - table.bytes();
        }
    }

    private void check(final String call) throws LinuxException {
        if (closed) {
            throw Failure.of(call, Errno.EBADF);
        }
    }

    private void checkType1(final String call) throws LinuxException {
        check(call);
        if (iommu == 0) {
            throw Failure.of(call, Errno.EINVAL);
        }
        if (iommu == NOIOMMU) {
            throw Failure.of(call, Errno.ENOTTY);
        }
    }

    /** Mappings stay as long as there are groups. */
    @Override
    public void close() {
        synchronized (model) {
            closed = true;
        }
    }

    /** The model's thread. */
    @Override
    public boolean find(final long ioAddress, final long wanted, final int access, final Place place) {
        return table.find(ioAddress, wanted, access, place);
    }
}
