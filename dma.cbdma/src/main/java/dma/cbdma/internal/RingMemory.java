package dma.cbdma.internal;

import dma.api.MemoryRegion;
import linux.Linux;
import linux.LinuxException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Memory of a ring, which its device reaches: whole pages of this process, zero at first. Control path. */
final class RingMemory {
    private static final Logger LOG = LoggerFactory.getLogger(RingMemory.class);
    private static final String HUGE_PAGES = "echo 64 > /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages";
    private static final int MAP_HUGETLB = 0x40000;
    private static final long HUGE_PAGE = 2 << 20;

    private final AddressSpace addresses;
    private final MemoryRegion region;
    private final Mapping mapping;

    private RingMemory(final AddressSpace addresses, final MemoryRegion region, final Mapping mapping) {
        this.addresses = addresses;
        this.region = region;
        this.mapping = mapping;
    }

    /** At least {@code bytes}, in one piece for the device: without an IOMMU a huge page is the way to that. */
    static RingMemory allocate(final AddressSpace addresses, final long bytes) throws UnusableException {
        final MemoryRegion region = reserve(bytes, addresses.isPhysical());
        boolean usable = false;
        try {
            final RingMemory memory = new RingMemory(addresses, region, addresses.map(region));
            usable = memory.isOnePiece(bytes);
            if (!usable) {
                addresses.unmap(region);
                throw new UnusableException("the memory of its ring is in pieces", HUGE_PAGES);
            }
            return memory;
        } finally {
            if (!usable) {
                unmap(region);
            }
        }
    }

    private static MemoryRegion reserve(final long bytes, final boolean physical) throws UnusableException {
        if (physical) {
            try {
                return reserve(bytes, HUGE_PAGE, MAP_HUGETLB);
            } catch (LinuxException e) {
                // A small ring may do without; the host says what has a physical address that lasts.
                LOG.debug("cbdma: no huge page: {}", e.getMessage());
            }
        }
        try {
            return reserve(bytes, Mapping.PAGE, 0);
        } catch (LinuxException e) {
            throw new UnusableException("there is no memory for its ring: " + e.getMessage(), "free some", e);
        }
    }

    private static MemoryRegion reserve(final long bytes, final long page, final int more) throws LinuxException {
        final long length = (bytes + page - 1) / page * page;
        final int flags = Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS | Linux.MAP_POPULATE | more;
        return new MemoryRegion(Linux.mmap(length, Linux.PROT_READ | Linux.PROT_WRITE, flags, -1, 0), length);
    }

    private boolean isOnePiece(final long bytes) {
        for (long offset = Mapping.PAGE; offset < bytes; offset += Mapping.PAGE) {
            if (mapping.iovaOf(region.address() + offset) != iova() + offset) {
                return false;
            }
        }
        return true;
    }

    long address() {
        return region.address();
    }

    /** Where the device finds it. */
    long iova() {
        return mapping.iovaOf(region.address());
    }

    /** The device has stopped. Where it cannot be unmapped the memory stays for good. */
    void free() throws UnusableException {
        addresses.unmap(region);
        unmap(region);
    }

    private static void unmap(final MemoryRegion region) {
        try {
            Linux.munmap(region.address(), region.length());
        } catch (LinuxException e) {
            throw new IllegalStateException(e);
        }
    }
}
