package vhost.core.internal.memory;

import java.util.Locale;
import linux.Linux;
import linux.LinuxException;

/**
 * One region of guest memory, mapped into this process (vhost-user, "Memory region description").
 *
 * <p>The file is mapped from its beginning, since hugetlbfs takes only offsets and lengths of whole huge pages; the region
 * begins {@code mmapOffset} bytes into the mapping. The descriptor stays open, to tell later whether the file shrank.
 */
public final class MappedRegion {
    private final long guestPhysical;
    private final long size;
    private final long userAddress;
    private final long address;
    private final long mapping;
    private final long mappedLength;
    private final int fd;

    private MappedRegion(
            final long guestPhysical,
            final long size,
            final long userAddress,
            final long address,
            final long mapping,
            final long mappedLength,
            final int fd) {
        this.guestPhysical = guestPhysical;
        this.size = size;
        this.userAddress = userAddress;
        this.address = address;
        this.mapping = mapping;
        this.mappedLength = mappedLength;
        this.fd = fd;
    }

    /**
     * Maps a region that a front-end announced, after checking what it says against the file.
     *
     * @param fd the file; taken over: closed with the region, or at once where this fails
     * @throws MemoryException where the numbers wrap around, the file is too short, or the kernel refuses
     */
    public static MappedRegion map(
            final long guestPhysical, final long size, final long userAddress, final long mmapOffset, final int fd)
            throws MemoryException {
        boolean mapped = false;
        try {
            final String what = describe(guestPhysical, size);
            if (size <= 0 || mmapOffset < 0 || mmapOffset + size < 0) {
                throw new MemoryException(what + " with mmap offset 0x" + Long.toHexString(mmapOffset)
                        + ": size and offset must be positive and not wrap around");
            }
            if (wraps(guestPhysical, size) || wraps(userAddress, size)) {
                throw new MemoryException(what + " at user address 0x" + Long.toHexString(userAddress)
                        + ": the region wraps around the end of the address space");
            }
            final Linux.FileStatus file = Linux.stat(fd);
            if (file.size() < mmapOffset + size) {
                throw new MemoryException(
                        what + ": the file has " + file.size() + " bytes, the region ends at " + (mmapOffset + size));
            }
            final long block = Math.max(4096, Integer.highestOneBit(file.blockSize()));
            final long length = (mmapOffset + size + block - 1) & -block;
            if (length <= 0) {
                throw new MemoryException(what + ": the region wraps around when rounded up to pages of " + block);
            }
            final long mapping = Linux.mmap(
                    length, Linux.PROT_READ | Linux.PROT_WRITE, Linux.MAP_SHARED | Linux.MAP_NORESERVE, fd, 0);
            mapped = true;
            return new MappedRegion(guestPhysical, size, userAddress, mapping + mmapOffset, mapping, length, fd);
        } catch (LinuxException e) {
            throw new MemoryException(describe(guestPhysical, size) + ": " + e.getMessage(), e);
        } finally {
            if (!mapped) {
                Linux.close(fd);
            }
        }
    }

    /** Undoes the mapping. No thread may use the region any more. */
    void unmap() throws MemoryException {
        try {
            Linux.munmap(mapping, mappedLength);
        } catch (LinuxException e) {
            throw new MemoryException(describe(guestPhysical, size) + ": " + e.getMessage(), e);
        } finally {
            Linux.close(fd);
        }
    }

    /** Whether the file still holds the whole region; a front-end that truncates it makes our accesses fail. */
    boolean isIntact() {
        try {
            return Linux.stat(fd).size() >= address - mapping + size;
        } catch (LinuxException e) {
            return false;
        }
    }

    boolean isSameAs(final long otherGuestPhysical, final long otherSize, final long otherUserAddress) {
        return guestPhysical == otherGuestPhysical && size == otherSize && userAddress == otherUserAddress;
    }

    boolean overlaps(final MappedRegion other) {
        return overlaps(guestPhysical, size, other.guestPhysical, other.size)
                || overlaps(userAddress, size, other.userAddress, other.size);
    }

    private static boolean overlaps(final long a, final long aSize, final long b, final long bSize) {
        return Long.compareUnsigned(a, b + bSize) < 0 && Long.compareUnsigned(b, a + aSize) < 0;
    }

    /** Whether {@code start + size} passes the end of the 64-bit address space; ending exactly there is refused too. */
    private static boolean wraps(final long start, final long size) {
        return Long.compareUnsigned(start + size, start) <= 0;
    }

    /** Guest physical address of the first byte. */
    public long guestPhysical() {
        return guestPhysical;
    }

    /** Bytes. */
    public long size() {
        return size;
    }

    /** The front-end's own address of the first byte. */
    public long userAddress() {
        return userAddress;
    }

    /** Our address of the first byte. */
    public long address() {
        return address;
    }

    /** Where the mapping begins; a whole page. */
    public long mapping() {
        return mapping;
    }

    /** Bytes mapped; whole pages. */
    public long mappedLength() {
        return mappedLength;
    }

    private static String describe(final long guestPhysical, final long size) {
        return String.format(Locale.ROOT, "memory region of 0x%x bytes at guest address 0x%x", size, guestPhysical);
    }

    @Override
    public String toString() {
        return describe(guestPhysical, size);
    }
}
