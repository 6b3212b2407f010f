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
    private final long features;
    private final int headerBytes;

    /** Whether headers can say anything: no other offload comes without this one (virtio 1.3, 5.1.3.1). */
    private final boolean offloads;

    /** A header that does not lie in one piece is gathered here. */
    private final long header;

    /** Where the packets of a run are read from. */
    private final long[] source = new long[Virtqueue.MAX_RUN];

    private int count;
    private long inHand;
    private int fault;
    private int dropped;
    private long bytes;

    public GuestTransmit(final Arena arena, final Virtqueue ring, final CopyDispatcher copies, final long features) {
        this.ring = ring;
        this.copies = copies;
        this.features = features;
        this.headerBytes = NetHeader.bytes(features);
        this.offloads = (features >>> NetHeader.F_CSUM & 1) != 0;
        this.header = arena.allocate(NetHeader.MAX_BYTES, 8).address();
    }

    /**
     * Takes up to {@code max} packets, copies them and pushes their chains as used; the caller publishes.
     *
     * @return how many packets; {@link #fault}, {@link #dropped} and {@link #bytes} tell the rest
     */
    public int burst(final PacketPool pool, final long[] packets, final int max) {
        fault = 0;
        dropped = 0;
        bytes = 0;
        count = 0;
        while (count < max && dropped < max) { // a guest that sends rubbish gets no longer a turn than the others
            final int run = ring.takeRun(
                    Math.min(max - count, Virtqueue.MAX_RUN), headerBytes + MIN_RUN_BYTES, offloads ? 0 : headerBytes);
            if (run == 0 ? !takeAny(pool, packets) : !copyRun(pool, packets, run)) {
                break;
            }
        }
        copies.finish();
        return count;
    }

    /** Frees what a burst had taken when the guest's memory failed under it. */
    public void abandon(final PacketPool pool, final long[] packets) {
        pool.freeBurst(packets, 0, count);
        count = 0;
        if (inHand != PacketPool.NONE) {
            pool.free(inHand);
            inHand = PacketPool.NONE;
        }
    }

    /** The chains of a run. False where the burst ends here. */
    private boolean copyRun(final PacketPool pool, final long[] packets, final int run) {
        int used = 0;
        int copied = 0;
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
            packets[count] = packet;
            count++;
            Packet.setLength(packet, length);
            bytes += length;
            source[copied] = ring.runAddress(used);
            copied++;
        }
        // Loops of nothing but copies: the loads of many packets are under way at a time.
        final int first = count - copied;
        for (int i = 0; i < copied; i++) {
            final long packet = packets[first + i];
            copies.copy(source[i] + headerBytes, Packet.data(packet), Packet.length(packet));
        }
        for (int i = 0; i < copied; i++) {
            final long packet = packets[first + i];
            if (offloads) {
                NetHeader.receive(
                        packet,
                        Memory.getLong(source[i]),
                        Memory.getShort(source[i] + 8) & 0xFFFF,
                        Packet.length(packet),
                        features);
            } else {
                Packet.clearOffloads(packet);
            }
        }
        ring.untakeRun(run - used);
        ring.pushUsedRun(used);
        return used == run;
    }

    /** Any chain. False where the burst ends here. */
    private boolean takeAny(final PacketPool pool, final long[] packets) {
        ring.beginPacket();
        final int got = ring.nextChain();
        if (got != Virtqueue.CHAIN) {
            fault = got;
            return false;
        }
        final int length = ring.bytes() - headerBytes;
        if (length <= 0 || length > Packet.MAX_DATA_BYTES || ring.isOverlong()) {
            ring.pushUsed(0, 0);
            dropped++;
            return true;
        }
        final long packet = pool.take(length);
        if (packet == PacketPool.NONE) {
            ring.rewind();
            return false;
        }
        inHand = packet;
        gather(packet, length);
        ring.pushUsed(0, 0);
        took(packets, packet, length);
        return true;
    }

    private void took(final long[] packets, final long packet, final int length) {
        Packet.setLength(packet, length);
        bytes += length;
        packets[count++] = packet;
        inHand = PacketPool.NONE;
    }

    private void gather(final long packet, final int length) {
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
        NetHeader.receive(packet, Memory.getLong(header), Memory.getShort(header + 8) & 0xFFFF, length, features);
        long to = Packet.data(packet);
        for (; piece < ring.pieces(); piece++) {
            final int part = ring.pieceLength(piece) - offset;
            copies.copy(ring.pieceAddress(piece) + offset, to, part);
            to += part;
            offset = 0;
        }
    }

    /** What stopped the last burst: 0, or a {@link vhost.core.internal.ring.RingFault}. */
    public int fault() {
        return fault;
    }

    /** Chains of the last burst that held no packet, or one that is too long. */
    public int dropped() {
        return dropped;
    }

    /** Bytes of the last burst's packets. */
    public long bytes() {
        return bytes;
    }
}
