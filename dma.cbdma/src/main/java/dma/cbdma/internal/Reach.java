package dma.cbdma.internal;

import dma.api.CopyStatus;
import java.util.ArrayList;
import java.util.List;

/**
 * The memory that was announced to a channel, and how copies there become descriptors: as many as it takes for each to be
 * one piece for the device, no longer than its limit. A copy elsewhere becomes a descriptor that copies nothing, so that no
 * address of which the device knows nothing ever reaches it, and that its failure is reported in order. One thread at a
 * time; {@link #put} allocates nothing.
 */
final class Reach {
    /** {@link #descriptors}: some of the memory was not announced. */
    private static final int NOWHERE = -1;

    private final DescriptorRing ring;
    private final long maxTransfer;
    private Mapping[] mappings = {};

    /** Which were hit last. */
    private int lastSource;

    private int lastDestination;

    Reach(final DescriptorRing ring, final long maxTransfer) {
        this.ring = ring;
        this.maxTransfer = maxTransfer;
    }

    /** Copies may be there from now on. */
    void add(final Mapping mapping) {
        final List<Mapping> now = new ArrayList<>(List.of(mappings));
        now.add(mapping);
        replace(now);
    }

    /** Copies may not be there any more. */
    void remove(final long address, final long length) {
        final List<Mapping> now = new ArrayList<>(List.of(mappings));
        for (final Mapping each : now) {
            if (each.address() == address && each.length() == length) {
                now.remove(each);
                break;
            }
        }
        replace(now);
    }

    private void replace(final List<Mapping> now) {
        mappings = now.toArray(Mapping[]::new);
        lastSource = 0;
        lastDestination = 0;
    }

    /**
     * Puts a copy into the ring, from {@code slot} on.
     *
     * @param room how many slots are free
     * @return how many it took; 0 where it does not fit
     */
    int put(final long slot, final int room, final long source, final long destination, final long length) {
        if (room == 0) {
            return 0;
        }
        final int from = find(source, lastSource);
        final int to = find(destination, lastDestination);
        if (from < 0 || to < 0) {
            return refuse(slot, CopyStatus.UNREACHABLE);
        }
        lastSource = from;
        lastDestination = to;
        final Mapping reads = mappings[from];
        final Mapping writes = mappings[to];
        if (length > 0
                && length <= maxTransfer
                && length <= reads.contiguous(source)
                && length <= writes.contiguous(destination)) {
            ring.copy(slot, length, reads.iovaOf(source), writes.iovaOf(destination), source, destination, 0);
            return 1;
        }
        return putPieces(slot, room, source, destination, length);
    }

    private int putPieces(
            final long slot, final int room, final long source, final long destination, final long length) {
        final int pieces = length < 1 ? Integer.MAX_VALUE : descriptors(source, destination, length);
        if (pieces == NOWHERE) {
            return refuse(slot, CopyStatus.UNREACHABLE);
        }
        if (pieces > ring.capacity()) {
            return refuse(slot, CopyStatus.REFUSED);
        }
        if (pieces > room) {
            return 0;
        }
        long made = 0;
        for (int i = 0; i < pieces; i++) {
            final Mapping reads = mappings[find(source + made, lastSource)];
            final Mapping writes = mappings[find(destination + made, lastDestination)];
            final long piece = piece(reads, writes, source + made, destination + made, length - made);
            ring.copy(
                    slot + i,
                    piece,
                    reads.iovaOf(source + made),
                    writes.iovaOf(destination + made),
                    source + made,
                    destination + made,
                    i == pieces - 1 ? 0 : DescriptorRing.CONTINUED);
            made += piece;
        }
        return pieces;
    }

    /** How many a copy takes; more than the ring has where it has far too many. */
    private int descriptors(final long source, final long destination, final long length) {
        int count = 0;
        long made = 0;
        while (made < length && count <= ring.capacity()) {
            final int from = find(source + made, lastSource);
            final int to = find(destination + made, lastDestination);
            if (from < 0 || to < 0) {
                return NOWHERE;
            }
            made += piece(mappings[from], mappings[to], source + made, destination + made, length - made);
            count++;
        }
        return count;
    }

    private long piece(
            final Mapping reads, final Mapping writes, final long source, final long destination, final long left) {
        return Math.min(
                Math.min(left, maxTransfer), Math.min(reads.contiguous(source), writes.contiguous(destination)));
    }

    private int refuse(final long slot, final int outcome) {
        ring.refusal(slot, outcome);
        return 1;
    }

    private int find(final long address, final int hint) {
        if (hint < mappings.length && mappings[hint].holds(address)) {
            return hint;
        }
        for (int i = 0; i < mappings.length; i++) {
            if (mappings[i].holds(address)) {
                return i;
            }
        }
        return -1;
    }
}
