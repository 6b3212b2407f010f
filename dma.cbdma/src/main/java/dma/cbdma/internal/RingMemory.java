package dma.cbdma.internal;

import dma.api.MemoryRegion;
import linux.Linux;
import linux.LinuxException;

/** Memory of a ring, which its device reaches: whole pages of this process, zero at first. Control path. */
final class RingMemory {
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

    /** At least {@code bytes}, in one piece for the device: without an IOMMU only a huge page is. */
    static RingMemory allocate(final AddressSpace addresses, final long bytes) throws UnusableException {
        final boolean huge = addresses.isPhysical();
        final long page = huge ? HUGE_PAGE : Mapping.PAGE;
        final long length = (bytes + page - 1) / page * page;
        final int flags = Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS | Linux.MAP_POPULATE | (huge ? MAP_HUGETLB : 0);
        final MemoryRegion region;
        try {
            region = new MemoryRegion(Linux.mmap(length, Linux.PROT_READ | Linux.PROT_WRITE, flags, -1, 0), length);
        } catch (LinuxException e) {
            throw new UnusableException(
                    "there is no memory for its ring: " + e.getMessage(),
                    huge ? "echo 64 > /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages" : "free some",
                    e);
        }
        boolean usable = false;
        try {
            final RingMemory memory = new RingMemory(addresses, region, addresses.map(region));
            usable = true;
            return memory;
        } finally {
            if (!usable) {
                unmap(region);
            }
        }
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
