package vhost.frontend;

import java.util.ArrayList;
import java.util.List;
import linux.Linux;
import linux.LinuxException;
import linux.Memory;

/**
 * The guest's memory: one memory file, seen by the back-end as several regions, and by us as one mapping, so that a buffer
 * that lies across two regions is contiguous for the driver and in guest physical space but not in the back-end.
 *
 * <p>Three kinds of address: {@code va} is where we access it; {@code gpa} stands in descriptors; {@code uva} is what the
 * session calls the front-end's address. Here {@code uva} is a made-up number, descending as {@code gpa} ascends: a
 * back-end that confuses two of them, or dereferences one, is found out.
 *
 * <p>Allocation belongs to the control thread; translation may be done by any.
 */
public final class GuestMemory implements AutoCloseable {
    private static final long UVA_TOP = 0x7000_0000_0000L;
    private static final long UVA_STRIDE = 0x100_0000_0000L;

    private final int fd;
    private final long mapped;
    private final long length;
    private final boolean gaps;
    private final List<Region> regions;
    private long next;
    private boolean closed;

    /**
     * One region.
     *
     * @param gpa guest physical address
     * @param uva the front-end's address
     * @param fileOffset offset in the memory file, bytes
     * @param bytes length
     * @param va where we have it mapped
     */
    public record Region(long gpa, long uva, long fileOffset, long bytes, long va) {}

    GuestMemory(final FrontendConfig config, final long neededBytes) throws LinuxException {
        final long[] sizes = sizes(config, neededBytes);
        long total = config.fileOffset();
        for (final long size : sizes) {
            total += size;
        }
        length = total;
        gaps = config.regionGapBytes() > 0;
        fd = Linux.memfd("vhost-frontend", length, Linux.MFD_ALLOW_SEALING);
        try {
            if (config.sealed()) {
                Linux.addSeals(fd, Linux.F_SEAL_SHRINK | Linux.F_SEAL_GROW);
            }
            mapped = Linux.mmap(length, Linux.PROT_READ | Linux.PROT_WRITE, Linux.MAP_SHARED, fd, 0);
        } catch (LinuxException e) {
            Linux.close(fd);
            throw e;
        }
        final List<Region> cut = new ArrayList<>();
        long offset = config.fileOffset();
        long gpa = config.gpaBase();
        for (int i = 0; i < sizes.length; i++) {
            cut.add(new Region(gpa, UVA_TOP - i * UVA_STRIDE, offset, sizes[i], mapped + offset));
            offset += sizes[i];
            gpa += sizes[i] + config.regionGapBytes();
        }
        regions = List.copyOf(cut);
        next = regions.getFirst().va();
    }

    private static long[] sizes(final FrontendConfig config, final long neededBytes) {
        final long[] given = config.regionBytes();
        if (given.length > 0) {
            return given;
        }
        final int n = config.regions();
        final long each = (neededBytes / n + FrontendConfig.PAGE) / FrontendConfig.PAGE * FrontendConfig.PAGE;
        final long[] sizes = new long[n];
        java.util.Arrays.fill(sizes, each);
        return sizes;
    }

    /** In order of {@code gpa}. */
    public List<Region> regions() {
        return regions;
    }

    /** The memory file; stays ours. */
    public int fd() {
        return fd;
    }

    /**
     * Takes {@code bytes} for ever, zeroed.
     *
     * @param align a power of two
     * @param oneRegion must not lie across two regions, as no ring may
     * @return the {@code va}
     * @throws IllegalStateException where nothing is left
     */
    public long allocate(final long bytes, final long align, final boolean oneRegion) {
        long at = next + align - 1 & -align;
        if (oneRegion || gaps) {
            for (final Region region : regions) {
                final long end = region.va() + region.bytes();
                if (at < end && at + bytes > end) {
                    at = end;
                }
            }
        }
        if (at + bytes > mapped + length) {
            throw new IllegalStateException("guest memory is too small: no " + bytes + " bytes left");
        }
        next = at + bytes;
        return at;
    }

    /** Guest physical address of what we have at {@code va}. */
    public long gpa(final long va) {
        final Region region = holding(va);
        return region.gpa() + (va - region.va());
    }

    /** The front-end's address of what we have at {@code va}, as SET_VRING_ADDR wants it. */
    public long uva(final long va) {
        final Region region = holding(va);
        return region.uva() + (va - region.va());
    }

    /** Where we have guest physical address {@code gpa}. */
    public long va(final long gpa) {
        for (final Region region : regions) {
            final long offset = gpa - region.gpa();
            if (offset >= 0 && offset < region.bytes()) {
                return region.va() + offset;
            }
        }
        throw new IllegalArgumentException("no region has gpa " + Long.toHexString(gpa));
    }

    private Region holding(final long va) {
        for (final Region region : regions) {
            final long offset = va - region.va();
            if (offset >= 0 && offset < region.bytes()) {
                return region;
            }
        }
        throw new IllegalArgumentException("not guest memory: " + Long.toHexString(va));
    }

    /**
     * Makes the file shorter under a running back-end, as a hostile front-end may; needs a file that is not sealed. What
     * lies behind the new end must not be accessed by us any more.
     */
    public void truncate(final long bytes) throws LinuxException {
        Linux.truncate(fd, bytes);
    }

    void clear(final long va, final long bytes) {
        Memory.fill(va, bytes, (byte) 0);
    }

    @Override
    public void close() throws LinuxException {
        if (!closed) {
            closed = true;
            Linux.close(fd);
            Linux.munmap(mapped, length);
        }
    }
}
