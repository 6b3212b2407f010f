package vhost.core.internal.memory;

import java.util.ArrayList;
import java.util.List;

/**
 * The regions of one device's guest memory. Immutable: a change of the memory makes a new table, and the queues' owners
 * are handed that one before a region of the old one is unmapped.
 */
public final class GuestMemory {
    /** No memory at all. */
    public static final GuestMemory NONE = new GuestMemory(List.of());

    private final MappedRegion[] regions;

    private GuestMemory(final List<MappedRegion> regions) {
        this.regions = regions.toArray(MappedRegion[]::new);
    }

    /**
     * A table of these regions.
     *
     * @throws MemoryException where two overlap, in guest physical or in front-end addresses
     */
    public static GuestMemory of(final List<MappedRegion> regions) throws MemoryException {
        for (int i = 0; i < regions.size(); i++) {
            for (int k = 0; k < i; k++) {
                if (regions.get(i).overlaps(regions.get(k))) {
                    throw new MemoryException(regions.get(i) + " overlaps " + regions.get(k));
                }
            }
        }
        return new GuestMemory(regions);
    }

    /** This table with one region more. */
    public GuestMemory with(final MappedRegion region) throws MemoryException {
        final List<MappedRegion> next = new ArrayList<>(List.of(regions));
        next.add(region);
        return of(next);
    }

    /** This table without one of its regions. */
    public GuestMemory without(final MappedRegion region) {
        final List<MappedRegion> next = new ArrayList<>(List.of(regions));
        next.remove(region);
        return new GuestMemory(next);
    }

    /** The region of exactly this place and size, or null. */
    public MappedRegion find(final long guestPhysical, final long size, final long userAddress) {
        for (final MappedRegion region : regions) {
            if (region.isSameAs(guestPhysical, size, userAddress)) {
                return region;
            }
        }
        return null;
    }

    /** All regions. */
    public List<MappedRegion> regions() {
        return List.of(regions);
    }

    /**
     * Our address of {@code length} bytes at the front-end's address {@code userAddress}, or 0 where they do not lie in one
     * region. For ring addresses (vhost-user, "Ring addresses").
     */
    public long translateUser(final long userAddress, final long length) {
        for (final MappedRegion region : regions) {
            final long offset = userAddress - region.userAddress();
            if (offset >= 0 && length <= region.size() && offset <= region.size() - length) {
                return region.address() + offset;
            }
        }
        return 0;
    }

    /** The index of the region that holds guest address {@code gpa}, or -1. */
    int indexOf(final long gpa) {
        for (int i = 0; i < regions.length; i++) {
            final long offset = gpa - regions[i].guestPhysical();
            if (offset >= 0 && offset < regions[i].size()) {
                return i;
            }
        }
        return -1;
    }

    MappedRegion region(final int index) {
        return regions[index];
    }

    /** Whether every file still holds its region. */
    public boolean isIntact() {
        for (final MappedRegion region : regions) {
            if (!region.isIntact()) {
                return false;
            }
        }
        return true;
    }

    /** Unmaps everything. No thread may use the table any more. */
    public void unmap() throws MemoryException {
        MemoryException failure = null;
        for (final MappedRegion region : regions) {
            try {
                region.unmap();
            } catch (MemoryException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** Unmaps one region that was taken out of every table. */
    public static void unmap(final MappedRegion region) throws MemoryException {
        region.unmap();
    }
}
