package vhost.core.internal.async;

import java.lang.foreign.Arena;
import linux.Memory;
import vhost.core.api.Packet;
import vhost.core.internal.ring.Virtqueue;

/**
 * The burst of packets into a guest's receive queue (virtio 1.3, 5.1.6.4 "Processing of Incoming Packets"). The queue's
 * owner only.
 */
public final class GuestReceive {
    private static final int FILLED = 0;
    private static final int STOP = 1;
    private static final int DROP = 2;

    private final Virtqueue ring;
    private final CopyDispatcher copies;
    private final long features;
    private final int headerBytes;
    private final boolean mergeable;

    /** A header that does not fit one piece is made here. */
    private final long header;

    private int fault;
    private int dropped;
    private int delivered;
    private long bytes;

    public GuestReceive(final Arena arena, final Virtqueue ring, final CopyDispatcher copies, final long features) {
        this.ring = ring;
        this.copies = copies;
        this.features = features;
        this.headerBytes = NetHeader.bytes(features);
        this.mergeable = (features >>> NetHeader.F_MRG_RXBUF & 1) != 0;
        this.header = arena.allocate(NetHeader.MAX_BYTES, 8).address();
    }

    /**
     * Copies packets into buffers and pushes the chains as used; the caller publishes.
     *
     * @return how many packets were dealt with, a prefix; {@link #delivered} of them were copied, {@link #dropped} can
     *     never fit
     */
    public int burst(final long[] packets, final int from, final int count) {
        fault = 0;
        dropped = 0;
        delivered = 0;
        bytes = 0;
        int taken = 0;
        while (taken < count) {
            taken += fillRun(packets, from + taken, count - taken);
            if (taken == count) {
                break;
            }
            // The next buffer is of another kind, too small, or not there.
            final long packet = packets[from + taken];
            final int outcome = fill(packet, Packet.length(packet));
            if (outcome == STOP) {
                break;
            }
            taken++;
            if (outcome == DROP) {
                dropped++;
            } else {
                delivered++;
                bytes += Packet.length(packet);
            }
        }
        copies.finish();
        return taken;
    }

    /** Packets that fit a single buffer each, as long as such buffers come. Returns how many. */
    private int fillRun(final long[] packets, final int from, final int count) {
        int total = 0;
        while (total < count) {
            final int atLeast = Packet.length(packets[from + total]) + headerBytes;
            final int run = ring.takeRun(Math.min(count - total, Virtqueue.MAX_RUN), atLeast, 0);
            int filled = 0;
            while (filled < run) {
                final long packet = packets[from + total + filled];
                final int length = Packet.length(packet);
                if (ring.runLength(filled) < length + headerBytes) {
                    break;
                }
                putHeader(ring.runAddress(filled), packet, 1);
                ring.runWritten(filled, length + headerBytes);
                bytes += length;
                filled++;
            }
            // A loop of nothing but copies: the stores of many packets wait for their cache lines at a time.
            for (int i = 0; i < filled; i++) {
                final long packet = packets[from + total + i];
                copies.copy(Packet.data(packet), ring.runAddress(i) + headerBytes, Packet.length(packet));
            }
            ring.untakeRun(run - filled);
            ring.pushUsedRun(filled);
            total += filled;
            if (filled < run || run == 0) {
                break;
            }
        }
        delivered += total;
        return total;
    }

    /** Any buffers: {@link #FILLED}, {@link #STOP} where there are too few now, or {@link #DROP} where none will do. */
    private int fill(final long packet, final int length) {
        ring.beginPacket();
        final int got = ring.nextChain();
        if (got != Virtqueue.CHAIN) {
            fault = got;
            return STOP;
        }
        if (collect(length + headerBytes)) {
            scatter(packet, length);
            return FILLED;
        }
        ring.rewind();
        return fault != 0 || mightFitLater() ? STOP : DROP;
    }

    /** Takes chains until they hold {@code need} bytes. False where there are too few, or one that holds too little. */
    private boolean collect(final int need) {
        while (ring.bytes() < need) {
            if (!mergeable) {
                return false;
            }
            final int got = ring.nextChain();
            if (got != Virtqueue.CHAIN) {
                fault = got;
                return false;
            }
        }
        return !ring.isOverlong();
    }

    /** Whether the packet only lacks buffers that the guest may still post; otherwise none of its buffers can hold it. */
    private boolean mightFitLater() {
        return mergeable && !ring.isOverlong() && ring.chains() < ring.capacity();
    }

    private void scatter(final long packet, final int length) {
        putHeader(header, packet, ring.chains());
        int piece = 0;
        int offset = 0;
        int done = 0;
        while (done < headerBytes) {
            final int part = Math.min(headerBytes - done, ring.pieceLength(piece) - offset);
            Memory.copy(header + done, ring.pieceAddress(piece) + offset, part);
            done += part;
            offset += part;
            if (offset == ring.pieceLength(piece)) {
                piece++;
                offset = 0;
            }
        }
        long from = Packet.data(packet);
        int left = length;
        while (left > 0) {
            final int part = Math.min(left, ring.pieceLength(piece) - offset);
            copies.copy(from, ring.pieceAddress(piece) + offset, part);
            from += part;
            left -= part;
            piece++;
            offset = 0;
        }
        int unwritten = length + headerBytes;
        for (int chain = 0; chain < ring.chains(); chain++) {
            final int written = Math.min(unwritten, ring.chainBytes(chain));
            ring.pushUsed(chain, written);
            unwritten -= written;
        }
    }

    /**
     * Writes the header, where it differs from what the guest left there. Drivers use their buffers again and most headers
     * are alike: a line that is only read stays in both caches.
     */
    private void putHeader(final long at, final long packet, final int buffers) {
        final long head = NetHeader.send(packet, features);
        final int csumOffset = head == 0 ? 0 : Packet.csumOffset(packet);
        if (Memory.getLong(at) != head) {
            Memory.putLong(at, head);
        }
        if (headerBytes != NetHeader.MAX_BYTES) {
            Memory.putShort(at + 8, (short) csumOffset);
        } else if (Memory.getInt(at + 8) != (csumOffset | buffers << 16)) {
            Memory.putInt(at + 8, csumOffset | buffers << 16);
        }
    }

    /** What stopped the last burst: 0, or a {@link vhost.core.internal.ring.RingFault}. */
    public int fault() {
        return fault;
    }

    /** Packets of the last burst that were copied. */
    public int delivered() {
        return delivered;
    }

    /** Packets of the last burst that no buffer of this guest can hold. */
    public int dropped() {
        return dropped;
    }

    /** Bytes of the packets that were copied. */
    public long bytes() {
        return bytes;
    }
}
