package vhost.frontend;

import linux.Memory;
import vhost.frontend.internal.PieceTable;

/**
 * What one {@link QueuePair#receiveBurst} handed out: packets of one or more pieces, in place in guest memory. Valid until
 * the next burst of that pair, or {@link QueuePair#release}. Belongs to the pair's data thread.
 */
public final class ReceivedPackets {
    final PieceTable table;

    ReceivedPackets(final int maxPackets, final int maxPieces) {
        table = new PieceTable(maxPackets, maxPieces);
    }

    /** Most packets it can hold. */
    public int capacity() {
        return table.length.length;
    }

    /** Packets in this burst. */
    public int count() {
        return table.packets;
    }

    /** Bytes of data of packet {@code i}, without header. */
    public int length(final int i) {
        return table.length[i];
    }

    /** Pieces of packet {@code i}. */
    public int pieces(final int i) {
        return table.firstPiece[i + 1] - table.firstPiece[i];
    }

    /** Address of piece {@code piece} of packet {@code i}. */
    public long address(final int i, final int piece) {
        return table.pieceAddress[table.firstPiece[i] + piece];
    }

    /** Length of piece {@code piece} of packet {@code i}, bytes; never 0. */
    public int length(final int i, final int piece) {
        return table.pieceLength[table.firstPiece[i] + piece];
    }

    /** Copies the data of packet {@code i}; {@code destination} must have room for {@link #length(int)} bytes. */
    public void copy(final int i, final long destination) {
        long to = destination;
        for (int piece = table.firstPiece[i]; piece < table.firstPiece[i + 1]; piece++) {
            final int bytes = table.pieceLength[piece];
            Memory.copy(table.pieceAddress[piece], to, bytes);
            to += bytes;
        }
    }

    /** Address of the packet's {@code virtio_net_hdr}, as the device wrote it. */
    public long header(final int i) {
        return table.header[i];
    }

    /** {@code virtio_net_hdr.flags}. */
    public int flags(final int i) {
        return Memory.getByte(header(i)) & 0xFF;
    }

    /** {@code virtio_net_hdr.gso_type}. */
    public int gsoType(final int i) {
        return Memory.getByte(header(i) + 1) & 0xFF;
    }

    /** {@code virtio_net_hdr.hdr_len}, bytes. */
    public int headerLength(final int i) {
        return Memory.getShort(header(i) + 2) & 0xFFFF;
    }

    /** {@code virtio_net_hdr.gso_size}, bytes. */
    public int gsoSize(final int i) {
        return Memory.getShort(header(i) + 4) & 0xFFFF;
    }

    /** {@code virtio_net_hdr.csum_start}, bytes from the start of the data. */
    public int csumStart(final int i) {
        return Memory.getShort(header(i) + 6) & 0xFFFF;
    }

    /** {@code virtio_net_hdr.csum_offset}, bytes from {@link #csumStart}. */
    public int csumOffset(final int i) {
        return Memory.getShort(header(i) + 8) & 0xFFFF;
    }
}
