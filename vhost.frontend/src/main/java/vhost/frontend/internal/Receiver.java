package vhost.frontend.internal;

import static vhost.frontend.Virtio.VIRTIO_NET_F_GUEST_CSUM;
import static vhost.frontend.Virtio.VIRTIO_NET_F_GUEST_ECN;
import static vhost.frontend.Virtio.VIRTIO_NET_F_GUEST_TSO4;
import static vhost.frontend.Virtio.VIRTIO_NET_F_GUEST_TSO6;
import static vhost.frontend.Virtio.VIRTIO_NET_F_GUEST_UFO;
import static vhost.frontend.Virtio.VIRTIO_NET_HDR_F_NEEDS_CSUM;
import static vhost.frontend.Virtio.VIRTIO_NET_HDR_GSO_ECN;
import static vhost.frontend.Virtio.VIRTIO_NET_HDR_GSO_NONE;
import static vhost.frontend.Virtio.VIRTIO_NET_HDR_GSO_TCPV4;
import static vhost.frontend.Virtio.VIRTIO_NET_HDR_GSO_TCPV6;
import static vhost.frontend.Virtio.VIRTIO_NET_HDR_GSO_UDP;
import static vhost.frontend.Virtio.VIRTQ_DESC_F_INDIRECT;
import static vhost.frontend.Virtio.VIRTQ_DESC_F_WRITE;

import linux.Memory;
import vhost.frontend.FrontendConfig;
import vhost.frontend.GuestMemory;
import vhost.frontend.Virtio;

/**
 * Offers buffers on a receiveq and puts packets together from those that come back (virtio 1.3, 5.1.6.4 "Processing of
 * Incoming Packets").
 */
public final class Receiver {
    /** Bytes between two descriptors of a buffer. */
    private static final int PIECE_GAP = 4;

    private static final int REFILL_BURST = 32;
    private static final int NUM_BUFFERS = 10;

    private final DriverRing ring;
    private final BufferSet buffers;
    private final boolean mergeable;
    private final boolean indirect;
    private final int headerBytes;
    private final int pieceBytes;
    private final int piecesPerBuffer;
    private final int capacity;

    /** A buffer is one descriptor, which holds the header and more. */
    private final boolean whole;

    private final int refillThreshold;

    /** Used buffers that no packet was made of yet: {@code staged} from {@code stagedFrom}. */
    private final int[] stagedBuffer;

    private final int[] stagedLength;
    private int stagedFrom;
    private int staged;

    /** Buffers of the packets that were handed out. */
    private final int[] held;

    private int heldCount;

    private final long[] chainGpa;
    private final int[] chainLength;

    private long features;
    private boolean refilling = true;
    private long packets;
    private long bytes;

    public Receiver(final FrontendConfig config, final GuestMemory memory, final DriverRing ring) {
        this.ring = ring;
        mergeable = config.mergeable();
        indirect = config.indirectRx();
        headerBytes = config.headerBytes();
        pieceBytes = config.rxBufferBytes();
        piecesPerBuffer = config.rxDescriptors();
        capacity = pieceBytes * piecesPerBuffer;
        whole = piecesPerBuffer == 1;
        final int count = count(config);
        buffers = new BufferSet(memory, count, blockBytes(config), tableEntries(config));
        refillThreshold = Math.max(1, Math.min(REFILL_BURST, count / 4));
        stagedBuffer = new int[count];
        stagedLength = new int[count];
        held = new int[count];
        chainGpa = new long[piecesPerBuffer];
        chainLength = new int[piecesPerBuffer];
        java.util.Arrays.fill(chainLength, pieceBytes);
    }

    /** Guest memory for buffers, bytes. */
    public static long bytesNeeded(final FrontendConfig config) {
        return BufferSet.bytes(count(config), blockBytes(config), tableEntries(config));
    }

    /** Receive buffers of a ring. */
    public static int count(final FrontendConfig config) {
        return config.indirectRx() ? config.ringSize() : config.ringSize() / config.rxDescriptors();
    }

    private static int blockBytes(final FrontendConfig config) {
        return (config.rxBufferBytes() + PIECE_GAP) * config.rxDescriptors();
    }

    private static int tableEntries(final FrontendConfig config) {
        return config.indirectRx() ? config.rxDescriptors() : 0;
    }

    /** Forgets all buffers that the device has, and what was negotiated before. */
    public void reset(final long negotiated) {
        ring.reset();
        buffers.reset();
        features = negotiated;
        stagedFrom = 0;
        staged = 0;
        heldCount = 0;
    }

    /** Whether used buffers are offered again; off, the device runs out of them. */
    public void refilling(final boolean wanted) {
        refilling = wanted;
    }

    /** Offers all free buffers, however few. */
    public void fill() {
        while (buffers.free() > 0) {
            offer(buffers.take());
        }
        ring.publish();
    }

    /** Takes back the buffers of the packets that were handed out last. */
    public void release() {
        for (int i = heldCount - 1; i >= 0; i--) {
            buffers.give(held[i]);
        }
        heldCount = 0;
        if (refilling && buffers.free() >= refillThreshold) {
            fill();
        }
    }

    private void offer(final int buffer) {
        final long gpa = buffers.gpa[buffer];
        if (piecesPerBuffer == 1 && !indirect) {
            ring.addSingle(buffer, gpa, pieceBytes, capacity, VIRTQ_DESC_F_WRITE);
            return;
        }
        for (int i = 0; i < piecesPerBuffer; i++) {
            chainGpa[i] = gpa + (long) i * (pieceBytes + PIECE_GAP);
        }
        if (indirect) {
            for (int i = 0; i < piecesPerBuffer; i++) {
                ring.writeIndirect(
                        buffers.tableVa[buffer], i, piecesPerBuffer, chainGpa[i], pieceBytes, VIRTQ_DESC_F_WRITE);
            }
            ring.addSingle(buffer, buffers.tableGpa[buffer], 16 * piecesPerBuffer, capacity, VIRTQ_DESC_F_INDIRECT);
        } else {
            ring.addChain(buffer, chainGpa, chainLength, piecesPerBuffer, capacity, VIRTQ_DESC_F_WRITE);
        }
    }

    /** See {@link vhost.frontend.QueuePair#receiveBurst}. */
    public int receive(final PieceTable into, final int max) {
        ring.requireIntact();
        release();
        into.packets = 0;
        into.firstPiece[0] = 0;
        while (into.packets < max) {
            if (staged == 0) {
                stagedFrom = 0;
                staged = ring.poll(stagedBuffer, stagedLength, 0, Math.min(max - into.packets, stagedBuffer.length));
                if (staged == 0) {
                    if (into.packets == 0 && refilling && buffers.free() > 0) {
                        // A packet may need more buffers than the device has left.
                        fill();
                    }
                    break;
                }
            }
            assemble(into);
        }
        packets += into.packets;
        return into.packets;
    }

    private void assemble(final PieceTable into) {
        final int firstLength = stagedLength[stagedFrom];
        if (firstLength <= headerBytes) {
            throw ring.fault("a packet of " + firstLength + " bytes, header included");
        }
        final int packet = into.packets;
        final long block = buffers.va[stagedBuffer[stagedFrom]];
        final long header = pieceBytes >= headerBytes ? block : gatherHeader(block, into.headerCopy(packet));
        into.header[packet] = header;
        if ((Memory.getShort(header) & 0xFF01) != 0) {
            checkOffloads(header);
        }
        int count = 1;
        if (mergeable) {
            count = Memory.getShort(header + NUM_BUFFERS) & 0xFFFF;
            if (count == 0) {
                throw ring.fault("num_buffers is 0");
            }
            if (count > staged) {
                stage(count);
            }
        }
        if (count == 1 && whole) {
            held[heldCount++] = stagedBuffer[stagedFrom++];
            staged--;
            final int piece = into.firstPiece[packet];
            into.pieceAddress[piece] = block + headerBytes;
            into.pieceLength[piece] = firstLength - headerBytes;
            finish(into, packet, piece + 1, firstLength);
            return;
        }
        assemblePieces(into, packet, count);
    }

    private void finish(final PieceTable into, final int packet, final int pieceEnd, final int total) {
        into.length[packet] = total - headerBytes;
        into.firstPiece[packet + 1] = pieceEnd;
        into.packets = packet + 1;
        bytes += total - headerBytes;
    }

    private void assemblePieces(final PieceTable into, final int packet, final int count) {
        int piece = into.firstPiece[packet];
        int total = 0;
        for (int i = 0; i < count; i++) {
            final int buffer = stagedBuffer[stagedFrom + i];
            final int length = stagedLength[stagedFrom + i];
            if (i < count - 1 && length != capacity) {
                throw ring.fault("buffer " + i + " of " + count + " of a packet holds " + length + " bytes, not all of "
                        + capacity);
            }
            held[heldCount++] = buffer;
            piece = addPieces(into, piece, buffers.va[buffer], i == 0 ? headerBytes : 0, length);
            total += length;
        }
        stagedFrom += count;
        staged -= count;
        finish(into, packet, piece, total);
    }

    /** Stages until a packet has all its {@code count} buffers: a device makes them used together (5.1.6.4.1). */
    private void stage(final int count) {
        if (count > stagedBuffer.length) {
            throw ring.fault("num_buffers is " + count + ", of " + stagedBuffer.length + " buffers");
        }
        if (stagedFrom > 0) {
            System.arraycopy(stagedBuffer, stagedFrom, stagedBuffer, 0, staged);
            System.arraycopy(stagedLength, stagedFrom, stagedLength, 0, staged);
            stagedFrom = 0;
        }
        staged += ring.poll(stagedBuffer, stagedLength, staged, count - staged);
        if (staged < count) {
            throw ring.fault("num_buffers is " + count + ", but only " + staged + " are used");
        }
    }

    private int addPieces(final PieceTable into, final int from, final long block, final int skip, final int length) {
        int piece = from;
        int offset = 0;
        long at = block;
        while (offset < length) {
            final int end = Math.min(length, offset + pieceBytes);
            final int start = Math.max(offset, skip);
            if (start < end) {
                into.pieceAddress[piece] = at + (start - offset);
                into.pieceLength[piece] = end - start;
                piece++;
            }
            offset = end;
            at += pieceBytes + PIECE_GAP;
        }
        return piece;
    }

    private long gatherHeader(final long block, final long copy) {
        for (int i = 0; i < headerBytes; i++) {
            Memory.putByte(
                    copy + i,
                    Memory.getByte(block + (long) (i / pieceBytes) * (pieceBytes + PIECE_GAP) + i % pieceBytes));
        }
        return copy;
    }

    /** Virtio 1.3, 5.1.6.4.1: a device sets what was negotiated and nothing else. */
    private void checkOffloads(final long header) {
        final int flags = Memory.getByte(header) & 0xFF;
        final int gso = Memory.getByte(header + 1) & 0xFF;
        if ((flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0 && !Virtio.has(features, VIRTIO_NET_F_GUEST_CSUM)) {
            throw ring.fault("NEEDS_CSUM without GUEST_CSUM");
        }
        final boolean allowed = switch (gso & ~VIRTIO_NET_HDR_GSO_ECN) {
            case VIRTIO_NET_HDR_GSO_NONE -> gso == 0;
            case VIRTIO_NET_HDR_GSO_TCPV4 -> Virtio.has(features, VIRTIO_NET_F_GUEST_TSO4);
            case VIRTIO_NET_HDR_GSO_TCPV6 -> Virtio.has(features, VIRTIO_NET_F_GUEST_TSO6);
            case VIRTIO_NET_HDR_GSO_UDP -> Virtio.has(features, VIRTIO_NET_F_GUEST_UFO);
            default -> false;
        };
        if (!allowed || (gso & VIRTIO_NET_HDR_GSO_ECN) != 0 && !Virtio.has(features, VIRTIO_NET_F_GUEST_ECN)) {
            throw ring.fault("gso_type " + gso + " was not negotiated");
        }
    }

    /** Whether a burst would find something. */
    public boolean hasPackets() {
        return staged > 0 || ring.hasUsed();
    }

    public long packets() {
        return packets;
    }

    public long bytes() {
        return bytes;
    }
}
