package vhost.core.internal.async;

import java.lang.foreign.Arena;
import linux.Memory;
import vhost.core.api.Packet;
import vhost.core.api.PacketPool;
import vhost.core.internal.ring.Virtqueue;

/**
 * The burst from a guest's transmit queue into packets (virtio 1.3, 5.1.6.2 "Packet Transmission"). The queue's owner only.
 */
public final class GuestTransmit {
    /** Packets that are shorter take the long way; Ethernet has none. */
    private static final int MIN_RUN_BYTES = 8;

    private final Virtqueue ring;
    private final CopyDispatcher copies;
    private final InFlight inFlight;
    private final long features;
    private final int headerBytes;

    /** Whether headers can say anything: no other offload comes without this one (virtio 1.3, 5.1.3.1). */
    private final boolean offloads;

    /** A header that does not lie in one piece is gathered here. */
    private final long header;

    /** Where the packets of a run are read from. */
    private final long[] source = new long[Virtqueue.MAX_RUN];

    /** Packets of a run that are to be in flight, and of it those that are not yet. */
    private final long[] loose = new long[Virtqueue.MAX_RUN];

    private int looseFrom;
    private int looseEnd;

    private boolean async;
    private PacketPool pool;
    private int count;
    private int delivered;
    private long inHand;
    private int dataOffset;
    private int fault;
    private int dropped;
    private long bytes;

    public GuestTransmit(
            final Arena arena,
            final Virtqueue ring,
            final CopyDispatcher copies,
            final InFlight inFlight,
            final long features) {
        this.ring = ring;
        this.copies = copies;
        this.inFlight = inFlight;
        this.features = features;
        this.headerBytes = NetHeader.bytes(features);
        this.offloads = (features >>> NetHeader.F_CSUM & 1) != 0;
        this.header = arena.allocate(NetHeader.MAX_BYTES, 8).address();
    }

    /**
     * Takes up to {@code max} packets, copies them and pushes their chains as used; the caller publishes. Nothing may be in
     * flight.
     *
     * @return how many packets; {@link #fault}, {@link #dropped} and {@link #bytes} tell the rest
     */
    public int burst(final PacketPool from, final long[] packets, final int max) {
        async = false;
        return deal(from, packets, max);
    }

    /**
     * Takes up to {@code max} packets and begins to copy them. They are in flight then, also those whose copies are made
     * already; the chains of {@link #delivered} packets are pushed as used, those of the others are when they are complete.
     *
     * @return how many packets
     */
    public int submit(final PacketPool from, final int max) {
        async = true;
        return deal(from, loose, Math.min(max, inFlight.room()));
    }

    private int deal(final PacketPool from, final long[] packets, final int max) {
        pool = from;
        fault = 0;
        dropped = 0;
        delivered = 0;
        bytes = 0;
        count = 0;
        if (async && copies.isBlocked()) {
            return 0;
        }
        copies.beginBurst();
        // A guest that sends rubbish gets no longer a turn than the others.
        while (count < max && dropped < max) {
            final int run = ring.takeRun(mayTake(max - count), headerBytes + MIN_RUN_BYTES, offloads ? 0 : headerBytes);
            if (run == 0 ? !takeAny(packets) : !takeRun(packets, run)) {
                break;
            }
        }
        copies.finish(inFlight);
        Memory.surfaceFault(); // in this burst, not in another ring's
        return count;
    }

    private int mayTake(final int wanted) {
        final int most = Math.min(wanted, Virtqueue.MAX_RUN);
        return async ? Math.min(most, inFlight.room()) : most;
    }

    /** Frees what a burst had taken when the guest's memory failed under it, and that is not in flight. */
    public void abandon(final long[] packets) {
        if (async) {
            pool.freeBurst(loose, looseFrom, looseEnd - looseFrom);
            count -= looseEnd - looseFrom;
            looseEnd = looseFrom;
        } else {
            pool.freeBurst(packets, 0, count);
            count = 0;
        }
        if (inHand != PacketPool.NONE) {
            pool.free(inHand);
            inHand = PacketPool.NONE;
        }
    }

    /**
     * The chains of a run. False where the burst ends here. A method of its own for the compiler, too long to become a part of
     * its callers (docs/decisions/0024): keep the loops in it.
     */
    private boolean takeRun(final long[] packets, final int run) {
        final int first = async ? 0 : count;
        int used = 0;
        int copied = 0;
        int longest = 0;
        looseFrom = 0;
        looseEnd = 0;
        for (; used < run; used++) {
            final int length = ring.runLength(used) - headerBytes;
            if (length > Packet.MAX_DATA_BYTES) {
                dropped++;
                continue;
            }
            final long packet = pool.take(length);
            if (packet == PacketPool.NONE) {
                break;
            }
            packets[first + copied] = packet;
            Packet.setLength(packet, length);
            longest = Math.max(longest, length);
            bytes += length;
            source[copied] = ring.runAddress(used);
            copied++;
            looseEnd = copied;
            count++;
        }
        ring.untakeRun(run - used);
        if (copies.isSampling()) {
            sampleRun(packets, first, copied);
        }
        final boolean forEngine = copies.isForEngine(longest);
        if (async && (inFlight.open() != 0 || forEngine)) {
            submitRun(used);
            return used == run;
        }
        // Loops of nothing but copies: the loads of many packets are under way at a time.
        if (forEngine) {
            offerRun(packets, first, copied);
        } else {
            for (int i = 0; i < copied; i++) {
                final long packet = packets[first + i];
                Memory.copy(source[i] + headerBytes, Packet.data(packet), Packet.length(packet));
            }
            copies.made(copied);
        }
        for (int i = 0; i < copied; i++) {
            receiveHeader(packets[first + i], source[i]);
        }
        ring.pushUsedRun(used);
        delivered += copied;
        if (async) {
            inFlight.submitPublished(packets, 0, copied);
            looseFrom = looseEnd;
        }
        return used == run;
    }

    private void sampleRun(final long[] packets, final int first, final int many) {
        for (int i = 0; i < many; i++) {
            copies.sampled(Packet.length(packets[first + i]));
        }
    }

    /** To an engine that copies before it returns. */
    private void offerRun(final long[] packets, final int first, final int many) {
        for (int i = 0; i < many; i++) {
            final long packet = packets[first + i];
            copies.copy(source[i] + headerBytes, Packet.data(packet), Packet.length(packet));
        }
    }

    private void submitRun(final int used) {
        for (int i = 0; i < used; i++) {
            final int length = ring.runLength(i) - headerBytes;
            if (length > Packet.MAX_DATA_BYTES) {
                inFlight.submit(InFlight.NO_PACKET, InFlight.NOT_COUNTED);
                inFlight.addChain(ring.runId(i), 1, 0);
                continue;
            }
            final long packet = loose[looseFrom];
            receiveHeader(packet, source[looseFrom]);
            bytes -= length; // counted when it is complete
            final int slot = inFlight.submit(packet, length);
            inFlight.addChain(ring.runId(i), 1, 0);
            copies.copy(source[looseFrom++] + headerBytes, Packet.data(packet), length, slot, inFlight);
        }
    }

    private void receiveHeader(final long packet, final long at) {
        if (offloads) {
            NetHeader.receive(
                    packet, Memory.getLong(at), Memory.getShort(at + 8) & 0xFFFF, Packet.length(packet), features);
        } else {
            Packet.clearOffloads(packet);
        }
    }

    /** Adds a packet that did not come over the ring; there must be room for it. */
    public void submitMade(final long packet) {
        if (inFlight.open() == 0) {
            inFlight.submitPublished(packet);
        } else {
            inFlight.submit(packet, InFlight.NOT_COUNTED);
        }
    }

    /** The ring is lost: frees what was in flight and has been given up. Returns how many packets. */
    public int freeAll() {
        int freed = 0;
        while (inFlight.take(loose, 0, 1) != 0) {
            pool.free(loose[0]);
            freed++;
        }
        return freed;
    }

    /** Any chain. False where the burst ends here. */
    private boolean takeAny(final long[] packets) {
        if (async && inFlight.room() == 0) {
            return false;
        }
        ring.beginPacket();
        final int got = ring.nextChain();
        if (got != Virtqueue.CHAIN) {
            fault = got;
            return false;
        }
        final int length = ring.bytes() - headerBytes;
        if (length <= 0 || length > Packet.MAX_DATA_BYTES || ring.isOverlong()) {
            dropped++;
            if (async) {
                inFlight.submit(InFlight.NO_PACKET, InFlight.NOT_COUNTED);
                inFlight.addChain(ring.chainId(0), ring.chainDescriptors(0), 0);
            } else {
                ring.pushUsed(0, 0);
            }
            return true;
        }
        final long packet = pool.take(length);
        if (packet == PacketPool.NONE) {
            ring.rewind();
            return false;
        }
        inHand = packet;
        Packet.setLength(packet, length);
        if (copies.isSampling()) {
            copies.sampled(length);
        }
        final int piece = gatherHeader(packet, length);
        if (async) {
            final int slot = inFlight.submit(packet, length);
            inFlight.addChain(ring.chainId(0), ring.chainDescriptors(0), 0);
            inHand = PacketPool.NONE;
            gather(packet, piece, slot);
        } else {
            gather(packet, piece, CopyChannel.NO_SLOT);
            ring.pushUsed(0, 0);
            packets[count] = packet;
            inHand = PacketPool.NONE;
            bytes += length;
            delivered++;
        }
        count++;
        return true;
    }

    /** Reads the header of the chain just taken. Returns the piece in which the data begins, at {@link #dataOffset}. */
    private int gatherHeader(final long packet, final int length) {
        int piece = 0;
        int offset = 0;
        int filled = 0;
        while (filled < headerBytes) {
            final int part = Math.min(headerBytes - filled, ring.pieceLength(piece) - offset);
            Memory.copy(ring.pieceAddress(piece) + offset, header + filled, part);
            filled += part;
            offset += part;
            if (offset == ring.pieceLength(piece)) {
                piece++;
                offset = 0;
            }
        }
        dataOffset = offset;
        NetHeader.receive(packet, Memory.getLong(header), Memory.getShort(header + 8) & 0xFFFF, length, features);
        return piece;
    }

    private void gather(final long packet, final int firstPiece, final int slot) {
        long to = Packet.data(packet);
        int offset = dataOffset;
        for (int piece = firstPiece; piece < ring.pieces(); piece++) {
            final int part = ring.pieceLength(piece) - offset;
            copies.copy(ring.pieceAddress(piece) + offset, to, part, slot, inFlight);
            to += part;
            offset = 0;
        }
    }

    /** What stopped the last burst: 0, or a {@link vhost.core.internal.ring.RingFault}. */
    public int fault() {
        return fault;
    }

    /** Packets of the last burst that were copied and whose chains are pushed. */
    public int delivered() {
        return delivered;
    }

    /** Packets of the last burst so far: it may have ended in an error of the guest's memory. */
    public int count() {
        return count;
    }

    /** Chains of the last burst that held no packet, or one that is too long. */
    public int dropped() {
        return dropped;
    }

    /** Bytes of the {@link #delivered} packets. */
    public long bytes() {
        return bytes;
    }
}
