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
    private final InFlight inFlight;
    private final long features;
    private final int headerBytes;
    private final boolean mergeable;

    /** A header that does not fit one piece is made here. */
    private final long header;

    private boolean async;
    private boolean waited;

    private int taken;
    private int fault;
    private int dropped;
    private int delivered;
    private long bytes;

    public GuestReceive(
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
        this.mergeable = (features >>> NetHeader.F_MRG_RXBUF & 1) != 0;
        this.header = arena.allocate(NetHeader.MAX_BYTES, 8).address();
    }

    /**
     * Copies packets into buffers and pushes the chains as used; the caller publishes. Nothing may be in flight.
     *
     * @return how many packets were dealt with, a prefix; {@link #delivered} of them were copied, {@link #dropped} can
     *     never fit
     */
    public int burst(final long[] packets, final int from, final int count) {
        async = false;
        return deal(packets, from, count);
    }

    /**
     * Begins to copy packets into buffers. They are in flight then, also those whose copies are made already; the chains of
     * {@link #delivered} packets are pushed as used, those of the others are when they are complete.
     *
     * @param waited whether the caller waits for the packets, and keeps them
     * @return how many packets were dealt with, a prefix
     */
    public int submit(final long[] packets, final int from, final int count, final boolean waited) {
        async = true;
        this.waited = waited;
        return deal(packets, from, Math.min(count, inFlight.room()));
    }

    private int deal(final long[] packets, final int from, final int count) {
        fault = 0;
        dropped = 0;
        delivered = 0;
        bytes = 0;
        taken = 0;
        if (async && copies.isBlocked()) {
            return 0;
        }
        copies.beginBurst();
        while (taken < count) {
            fillRun(packets, from, count);
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
                if (async) {
                    inFlight.submit(own(packet), InFlight.NOT_COUNTED);
                }
            }
        }
        if (copies.isSampling()) {
            for (int i = 0; i < taken; i++) {
                copies.sampled(Packet.length(packets[from + i]));
            }
        }
        copies.finish(inFlight);
        Memory.surfaceFault(); // in this burst, not in another ring's
        return taken;
    }

    /**
     * Packets that fit a single buffer each, as long as such buffers come. A method of its own for the compiler, too long to
     * become a part of its callers (docs/decisions/0024): keep the loops in it.
     */
    private void fillRun(final long[] packets, final int from, final int count) {
        while (taken < count) {
            final int first = from + taken;
            final int atLeast = Packet.length(packets[first]) + headerBytes;
            final int run = ring.takeRun(mayTake(count - taken), atLeast, 0);
            int filled = 0;
            int longest = 0;
            long sum = 0;
            while (filled < run) {
                final long packet = packets[first + filled];
                final int length = Packet.length(packet);
                if (ring.runLength(filled) < length + headerBytes || length == 0) {
                    break;
                }
                putHeader(ring.runAddress(filled), packet, 1);
                ring.runWritten(filled, length + headerBytes);
                longest = Math.max(longest, length);
                sum += length;
                filled++;
            }
            ring.untakeRun(run - filled);
            final boolean forEngine = copies.isForEngine(longest);
            if (async && (inFlight.open() != 0 || forEngine)) {
                submitRun(packets, first, filled);
            } else {
                if (forEngine) {
                    offerRun(packets, first, filled);
                } else {
                    // The guest's processor has the buffers' lines: a store to each asks for many at a time, while the
                    // copies fill the store buffer after some packets.
                    for (int i = 0; i < filled; i++) {
                        Memory.putByte(
                                ring.runAddress(i) + headerBytes, Memory.getByte(Packet.data(packets[first + i])));
                    }
                    for (int i = 0; i < filled; i++) {
                        final long packet = packets[first + i];
                        Memory.copy(Packet.data(packet), ring.runAddress(i) + headerBytes, Packet.length(packet));
                    }
                    copies.made(filled);
                }
                ring.pushUsedRun(filled);
                if (async && !waited) {
                    inFlight.submitPublished(packets, first, filled);
                }
                taken += filled;
                delivered += filled;
                bytes += sum;
            }
            if (filled < run || run == 0) {
                break;
            }
        }
    }

    private int mayTake(final int count) {
        final int most = Math.min(count, Virtqueue.MAX_RUN);
        return async ? Math.min(most, inFlight.room()) : most;
    }

    /** To an engine that copies before it returns. */
    private void offerRun(final long[] packets, final int first, final int count) {
        for (int i = 0; i < count; i++) {
            final long packet = packets[first + i];
            copies.copy(Packet.data(packet), ring.runAddress(i) + headerBytes, Packet.length(packet));
        }
    }

    private void submitRun(final long[] packets, final int first, final int count) {
        for (int i = 0; i < count; i++) {
            final long packet = packets[first + i];
            final int length = Packet.length(packet);
            final int slot = inFlight.submit(own(packet), length);
            taken++;
            inFlight.addChain(ring.runId(i), 1, length + headerBytes);
            copies.copy(Packet.data(packet), ring.runAddress(i) + headerBytes, length, slot, inFlight);
        }
    }

    private long own(final long packet) {
        return waited ? InFlight.NO_PACKET : packet;
    }

    /** Any buffers: {@link #FILLED}, {@link #STOP} where there are too few now, or {@link #DROP} where none will do. */
    private int fill(final long packet, final int length) {
        ring.beginPacket();
        final int got = nextChain();
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

    private int nextChain() {
        return async && ring.chains() >= inFlight.room() ? Virtqueue.EMPTY : ring.nextChain();
    }

    /** Takes chains until they hold {@code need} bytes. False where there are too few, or one that holds too little. */
    private boolean collect(final int need) {
        while (ring.bytes() < need) {
            if (!mergeable) {
                return false;
            }
            final int got = nextChain();
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
        if (async) {
            submitChains(own(packet), length);
            copyPieces(packet, length, piece, offset, inFlight.lastSlot());
        } else {
            copyPieces(packet, length, piece, offset, CopyChannel.NO_SLOT);
            pushChains(length);
            delivered++;
            bytes += length;
        }
    }

    private void copyPieces(
            final long packet, final int length, final int firstPiece, final int firstOffset, final int slot) {
        long from = Packet.data(packet);
        int piece = firstPiece;
        int offset = firstOffset;
        int left = length;
        while (left > 0) {
            final int part = Math.min(left, ring.pieceLength(piece) - offset);
            copies.copy(from, ring.pieceAddress(piece) + offset, part, slot, inFlight);
            from += part;
            left -= part;
            piece++;
            offset = 0;
        }
    }

    private void pushChains(final int length) {
        int unwritten = length + headerBytes;
        for (int chain = 0; chain < ring.chains(); chain++) {
            final int written = Math.min(unwritten, ring.chainBytes(chain));
            ring.pushUsed(chain, written);
            unwritten -= written;
        }
    }

    private void submitChains(final long packet, final int length) {
        inFlight.submit(packet, length);
        int unwritten = length + headerBytes;
        for (int chain = 0; chain < ring.chains(); chain++) {
            final int written = Math.min(unwritten, ring.chainBytes(chain));
            inFlight.addChain(ring.chainId(chain), ring.chainDescriptors(chain), written);
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

    /** Packets of the last burst that were dealt with so far: the burst may have ended in an error of the guest's memory. */
    public int taken() {
        return taken;
    }

    /** Packets of the last burst that were copied and whose chains are pushed. */
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
