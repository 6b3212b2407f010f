package dma.model.internal.cbdma;

import dma.model.internal.cbdma.AddressSpace.Place;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Physical addresses of no-IOMMU mode, as the model makes them up: the virtual one with some bits flipped, so that nobody
 * takes one for the other unnoticed. In one piece are 2 MiB, like huge pages. Only pages that were asked for can be reached:
 * anything else would be memory of somebody else.
 *
 * <p>Any thread asks; the model's thread finds. The set is open addressing: an entry is written once, by a release store
 * inside of a lock; a bigger array replaces a full one by a volatile store. The finder takes no lock.
 */
final class PhysicalMemory implements AddressSpace {
    static final long FLIPPED = 0x0000_0555_5560_0000L;
    private static final long PAGE = 4096;
    private static final VarHandle ENTRY = MethodHandles.arrayElementVarHandle(long[].class);

    private volatile long[] pages = new long[1024];
    private int count;

    long physical(final long address) {
        add(address & -PAGE);
        return address ^ FLIPPED;
    }

    private synchronized void add(final long page) {
        if (2 * count >= pages.length) {
            final long[] more = new long[2 * pages.length];
            for (final long each : pages) {
                if (each != 0) {
                    insert(more, each);
                }
            }
            pages = more;
        }
        if (insert(pages, page)) {
            count++;
        }
    }

    private static boolean insert(final long[] into, final long page) {
        int at = slot(page, into.length);
        while (into[at] != 0) {
            if (into[at] == page) {
                return false;
            }
            at = at + 1 & into.length - 1;
        }
        ENTRY.setRelease(into, at, page);
        return true;
    }

    private static int slot(final long page, final int length) {
        return (int) (page * 0x9E37_79B9_7F4A_7C15L >>> 40) & length - 1;
    }

    @Override
    public boolean find(final long ioAddress, final long wanted, final int access, final Place place) {
        final long address = ioAddress ^ FLIPPED;
        final long page = address & -PAGE;
        final long[] known = pages;
        int at = slot(page, known.length);
        long entry = (long) ENTRY.getAcquire(known, at);
        while (entry != page) {
            if (entry == 0) {
                return false;
            }
            at = at + 1 & known.length - 1;
            entry = (long) ENTRY.getAcquire(known, at);
        }
        place.address = address;
        place.length = Math.min(wanted, page + PAGE - address);
        return true;
    }
}
