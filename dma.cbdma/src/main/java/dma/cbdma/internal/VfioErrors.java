package dma.cbdma.internal;

import dma.api.MemoryRegion;
import linux.Errno;
import linux.LinuxException;

/** What failures of VFIO mean, and what mends them. */
final class VfioErrors {
    private VfioErrors() {}

    static String describe(final MemoryRegion region) {
        return "memory of " + (region.length() >>> 10) + " KiB at 0x" + Long.toHexString(region.address());
    }

    /** Of {@code VFIO_IOMMU_MAP_DMA}. */
    static UnusableException mapping(final MemoryRegion region, final LinuxException e) {
        final String what = describe(region);
        return switch (e.errno()) {
            case Errno.ENOMEM ->
                new UnusableException(
                        what + " cannot be pinned: that is beyond the limit of locked memory, " + Memlock.describe(),
                        "ulimit -l unlimited, or LimitMEMLOCK=infinity of the service",
                        e);
            case Errno.ENOSPC ->
                new UnusableException(
                        what + " is one mapping too many for the IOMMU",
                        "modprobe vfio_iommu_type1 dma_entry_limit=..., or give guests fewer and larger regions",
                        e);
            case Errno.EEXIST ->
                new UnusableException(what + " overlaps other memory that was announced", "withdraw that first", e);
            case Errno.EINVAL ->
                new UnusableException(
                        what + " is not in whole pages, or outside of the addresses of the IOMMU",
                        "use another engine for this queue",
                        e);
            case Errno.EFAULT ->
                new UnusableException(what + " is not there, or not to be written", "announce what is mapped", e);
            default -> unexpected(e);
        };
    }

    /** Of {@code open(2)} of a group's file. */
    static UnusableException group(final String path, final LinuxException e) {
        return switch (e.errno()) {
            case Errno.EBUSY ->
                new UnusableException(
                        path + " is in use by another process", "end it; 'fuser " + path + "' tells which", e);
            case Errno.EPERM, Errno.EACCES ->
                new UnusableException(
                        "this process may not open " + path,
                        "chown " + System.getProperty("user.name", "USER") + " " + path
                                + "; without an IOMMU CAP_SYS_RAWIO as well",
                        e);
            case Errno.ENOENT, Errno.ENODEV ->
                new UnusableException(
                        "there is no " + path + ": no function of that group is bound to vfio-pci",
                        "modprobe vfio-pci; dpdk-devbind.py -b vfio-pci FUNCTION",
                        e);
            default -> unexpected(e);
        };
    }

    /** Of {@code open(2)} of {@code /dev/vfio/vfio}. */
    static UnusableException container(final String path, final LinuxException e) {
        return switch (e.errno()) {
            case Errno.ENOENT, Errno.ENODEV ->
                new UnusableException("there is no " + path + ": module vfio is not there", "modprobe vfio-pci", e);
            case Errno.EPERM, Errno.EACCES ->
                new UnusableException("this process may not open " + path, "chmod 0666 " + path, e);
            default -> unexpected(e);
        };
    }

    /** Of {@code VFIO_GROUP_GET_DEVICE_FD}. */
    static UnusableException device(final String function, final LinuxException e) {
        return e.errno() == Errno.ENODEV
                ? new UnusableException(
                        "it is not bound to vfio-pci any more", "dpdk-devbind.py -b vfio-pci " + function, e)
                : unexpected(e);
    }

    /** A failure that has no remedy of its own. */
    static UnusableException unexpected(final LinuxException e) {
        return new UnusableException(e.getMessage(), "see dmesg", e);
    }
}
