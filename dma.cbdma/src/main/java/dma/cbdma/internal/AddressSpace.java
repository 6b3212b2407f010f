package dma.cbdma.internal;

import dma.api.MemoryRegion;
import dma.cbdma.device.CbdmaHost;
import dma.cbdma.device.VfioContainer;
import dma.cbdma.device.VfioContainer.IommuInfo;
import java.util.HashMap;
import java.util.Map;
import linux.LinuxException;

/**
 * What the devices of one container reach. Memory that several channels announce is mapped once, and unmapped with the last
 * of them. Any thread.
 *
 * <p>Without an IOMMU nothing is mapped: devices are given physical addresses, page by page, which hold only for pages that
 * nobody moves.
 */
final class AddressSpace {
    private static final int ACCESS = VfioContainer.READ | VfioContainer.WRITE;

    private final CbdmaHost host;
    private final VfioContainer container;
    private final boolean physical;
    private final IovaAllocator iovas = new IovaAllocator();
    private final Map<MemoryRegion, Shared> regions = new HashMap<>();

    /** How many use a mapping. */
    private static final class Shared {
        private final Mapping mapping;
        private int users;

        Shared(final Mapping mapping) {
            this.mapping = mapping;
        }
    }

    /** Of {@code container}; {@code physical}: there is no IOMMU. */
    AddressSpace(final CbdmaHost host, final VfioContainer container, final boolean physical) {
        this.host = host;
        this.container = container;
        this.physical = physical;
    }

    VfioContainer container() {
        return container;
    }

    boolean isPhysical() {
        return physical;
    }

    /** Asks the kernel where mappings may be; again with each group that joins, for its devices may allow less. */
    synchronized void learnRanges() throws UnusableException {
        if (physical) {
            return;
        }
        try {
            final IommuInfo info = container.info();
            if (Long.compareUnsigned(Long.lowestOneBit(info.pageSizes()), Mapping.PAGE) > 0) {
                throw new UnusableException(
                        "the IOMMU has no pages of 4096 bytes, only 0x" + Long.toHexString(info.pageSizes()),
                        "use another engine");
            }
            iovas.ranges(info.ranges());
        } catch (LinuxException e) {
            throw VfioErrors.unexpected(e);
        }
    }

    /** Lets devices reach {@code region}, until {@link #unmap} was called as often. */
    synchronized Mapping map(final MemoryRegion region) throws UnusableException {
        Shared shared = regions.get(region);
        if (shared == null) {
            shared = new Shared(physical ? physicalMapping(region) : mapping(region));
            regions.put(region, shared);
        }
        shared.users++;
        return shared.mapping;
    }

    private Mapping mapping(final MemoryRegion region) throws UnusableException {
        final long iova = iovas.take(region.address(), region.length());
        if (iova == -1) {
            throw new UnusableException(
                    VfioErrors.describe(region) + " has no place in the I/O addresses that the IOMMU allows",
                    "announce less memory, or use another engine");
        }
        try {
            container.mapDma(region.address(), iova, region.length(), ACCESS);
            return new Mapping(region.address(), region.length(), iova, null);
        } catch (LinuxException e) {
            iovas.free(iova);
            throw VfioErrors.mapping(region, e);
        }
    }

    private Mapping physicalMapping(final MemoryRegion region) throws UnusableException {
        final long pages = region.length() / Mapping.PAGE;
        if (pages > Integer.MAX_VALUE - 8) {
            throw new UnusableException(VfioErrors.describe(region) + " is too much memory", "use an IOMMU");
        }
        final long[] frames = new long[(int) pages];
        try {
            for (int i = 0; i < frames.length; i++) {
                frames[i] = host.physicalAddress(region.address() + (long) i * Mapping.PAGE);
            }
        } catch (LinuxException e) {
            throw new UnusableException(
                    VfioErrors.describe(region) + " has no physical address that lasts (" + e.getMessage() + ")",
                    "without an IOMMU all memory is to be in huge pages that are there from the beginning;"
                            + " boot with intel_iommu=on",
                    e);
        }
        return new Mapping(region.address(), region.length(), 0, frames);
    }

    /** Undoes one {@link #map}. Where it fails, devices reach that memory still. */
    synchronized void unmap(final MemoryRegion region) throws UnusableException {
        final Shared shared = regions.get(region);
        if (shared.users == 1 && !physical) {
            try {
                final long unmapped = container.unmapDma(shared.mapping.iova(), region.length());
                if (unmapped != region.length()) {
                    throw new UnusableException(
                            VfioErrors.describe(region) + ": " + unmapped + " bytes were unmapped", "restart");
                }
            } catch (LinuxException e) {
                throw VfioErrors.unexpected(e);
            }
            iovas.free(shared.mapping.iova());
        }
        if (--shared.users == 0) {
            regions.remove(region);
        }
    }
}
