package vhost.frontend.internal;

import static vhost.frontend.Virtio.VIRTQ_DESC_F_INDIRECT;

import java.lang.foreign.Arena;
import linux.Memory;
import vhost.frontend.FrontendConfig;
import vhost.frontend.GuestMemory;
import vhost.frontend.TxLayout;

/** Copies packets into buffers of the guest and offers them on a transmitq (virtio 1.3, 5.1.6.2 "Packet Transmission"). */
public final class Transmitter {
    /** Bytes between two pieces of a packet. */
    private static final int PIECE_GAP = 4;

    private final DriverRing ring;
    private final BufferSet buffers;
    private final TxLayout layout;
    private final boolean contiguous;
    private final boolean indirect;
    private final int headerBytes;
    private final int maxPacket;
    private final int piecesAtMost;

    /** Used buffers of one reclaim. */
    private final int[] used;

    private final int[] usedLengths;

    /** Descriptors of the packet that is being cut. */
    private final long[] pieceGpa;

    private final int[] pieceLength;
    private int pieces;

    /** Room left in the piece that is being filled. */
    private int room;

    private final Arena arena = Arena.ofShared();
    private final long plainHeader;

    private long packets;
    private long bytes;

    public Transmitter(final FrontendConfig config, final GuestMemory memory, final DriverRing ring) {
        this.ring = ring;
        layout = config.txLayout();
        contiguous = layout.contiguous();
        indirect = config.indirectTx();
        headerBytes = config.headerBytes();
        maxPacket = config.txPacketBytes();
        piecesAtMost = indirect ? 1 : maxPieces(config);
        buffers = new BufferSet(memory, count(config), blockBytes(config), tableEntries(config));
        used = new int[count(config)];
        usedLengths = new int[used.length];
        pieceGpa = new long[maxPieces(config)];
        pieceLength = new int[pieceGpa.length];
        plainHeader = arena.allocate(16, 8).address();
    }

    /** Guest memory for buffers, bytes. */
    public static long bytesNeeded(final FrontendConfig config) {
        return BufferSet.bytes(count(config), blockBytes(config), tableEntries(config));
    }

    private static int count(final FrontendConfig config) {
        return config.ringSize();
    }

    private static int maxPieces(final FrontendConfig config) {
        return config.txLayout().descriptors(config.headerBytes(), config.txPacketBytes());
    }

    private static int blockBytes(final FrontendConfig config) {
        return config.headerBytes() + config.txPacketBytes() + PIECE_GAP * maxPieces(config);
    }

    private static int tableEntries(final FrontendConfig config) {
        return config.indirectTx() ? maxPieces(config) : 0;
    }

    /** Forgets all buffers that the device has. */
    public void reset() {
        ring.reset();
        buffers.reset();
    }

    /** See {@link vhost.frontend.QueuePair#sendBurst}. */
    public int send(
            final long[] addresses, final int[] lengths, final long[] headers, final int from, final int count) {
        ring.requireIntact();
        // Not at every burst, since it reads what the device writes; not too late, since the last used are in the
        // cache.
        if (ring.taken() >= used.length >> 2 || ring.taken() > 0 && ring.free() < count * piecesAtMost) {
            reclaim();
        }
        int sent = 0;
        if (contiguous && !indirect) {
            sent = sendContiguous(addresses, lengths, headers, from, count);
        } else {
            while (sent < count
                    && sendCut(addresses[from + sent], lengths[from + sent], header(headers, from + sent))) {
                sent++;
            }
        }
        for (int i = from; i < from + sent; i++) {
            bytes += lengths[i];
        }
        packets += sent;
        ring.publish();
        return sent;
    }

    private int sendContiguous(
            final long[] addresses, final int[] lengths, final long[] headers, final int from, final int count) {
        final int n = Math.min(count, Math.min(buffers.free(), ring.free()));
        for (int i = from; i < from + n; i++) {
            final int length = lengths[i];
            checkLength(length);
            final int buffer = buffers.take();
            final long at = buffers.va[buffer];
            final long header = headers == null ? 0 : headers[i];
            if (header == 0) {
                Memory.putLong(at, 0);
                Memory.putInt(at + 8, 0);
            } else {
                Memory.copy(header, at, headerBytes);
            }
            Memory.copy(addresses[i], at + headerBytes, length);
            ring.addSingle(buffer, buffers.gpa[buffer], headerBytes + length, 0, 0);
        }
        return n;
    }

    private long header(final long[] headers, final int index) {
        return headers == null || headers[index] == 0 ? plainHeader : headers[index];
    }

    private boolean sendCut(final long address, final int length, final long header) {
        checkLength(length);
        final int descriptors = indirect ? 1 : layout.descriptors(headerBytes, length);
        if (buffers.free() == 0 || ring.free() < descriptors) {
            return false;
        }
        final int buffer = buffers.take();
        cut(buffer, address, length, header);
        if (indirect) {
            for (int i = 0; i < pieces; i++) {
                ring.writeIndirect(buffers.tableVa[buffer], i, pieces, pieceGpa[i], pieceLength[i], 0);
            }
            ring.addSingle(buffer, buffers.tableGpa[buffer], 16 * pieces, 0, VIRTQ_DESC_F_INDIRECT);
        } else {
            ring.addChain(buffer, pieceGpa, pieceLength, pieces, 0, 0);
        }
        return true;
    }

    private void cut(final int buffer, final long address, final int length, final long header) {
        pieces = 0;
        room = 0;
        final boolean joined = layout.headerPieceBytes() == 0;
        final int dataPiece = layout.dataPieceBytes() == 0 ? Integer.MAX_VALUE : layout.dataPieceBytes();
        long at = buffers.va[buffer];
        at = scatter(buffer, at, header, headerBytes, joined ? dataPiece : layout.headerPieceBytes());
        if (!joined) {
            room = 0;
        }
        scatter(buffer, at, address, length, dataPiece);
    }

    /** Copies a run of bytes to {@code at}, opening a new piece when one is full. Returns where the next byte goes. */
    private long scatter(final int buffer, final long at, final long source, final int length, final int pieceBytes) {
        long to = at;
        long rest = source;
        int left = length;
        while (left > 0) {
            if (room == 0) {
                to += pieces == 0 ? 0 : PIECE_GAP;
                pieceGpa[pieces] = buffers.gpa[buffer] + (to - buffers.va[buffer]);
                pieceLength[pieces] = 0;
                pieces++;
                room = pieceBytes;
            }
            final int chunk = Math.min(left, room);
            Memory.copy(rest, to, chunk);
            pieceLength[pieces - 1] += chunk;
            room -= chunk;
            to += chunk;
            rest += chunk;
            left -= chunk;
        }
        return to;
    }

    private void checkLength(final int length) {
        if (length < 1 || length > maxPacket) {
            throw new IllegalArgumentException("a packet of " + length + " bytes is not in 1.." + maxPacket);
        }
    }

    /** Takes back what the device has sent. Returns how many. */
    public int reclaim() {
        ring.requireIntact();
        final int n = ring.poll(used, usedLengths, 0, used.length);
        for (int i = 0; i < n; i++) {
            buffers.give(used[i]);
        }
        return n;
    }

    public long packets() {
        return packets;
    }

    public long bytes() {
        return bytes;
    }

    public void close() {
        arena.close();
    }
}
