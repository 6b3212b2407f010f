package vhost.frontend.internal;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The arrays behind {@link vhost.frontend.ReceivedPackets}: packets, each of consecutive pieces. */
public final class PieceTable {
    private static final int HEADER_STRIDE = 16;

    /** By packet; {@code firstPiece} has one more, the end of the last. */
    public final int[] firstPiece;

    public final int[] length;
    public final long[] header;

    /** By piece. */
    public final long[] pieceAddress;

    public final int[] pieceLength;

    public int packets;

    /** Where a header that lies across descriptors is put together; the segment keeps the memory alive. */
    private final MemorySegment headerCopies;

    public PieceTable(final int maxPackets, final int maxPieces) {
        firstPiece = new int[maxPackets + 1];
        length = new int[maxPackets];
        header = new long[maxPackets];
        pieceAddress = new long[maxPieces];
        pieceLength = new int[maxPieces];
        headerCopies = Arena.ofAuto().allocate((long) HEADER_STRIDE * maxPackets, HEADER_STRIDE);
    }

    long headerCopy(final int packet) {
        return headerCopies.address() + (long) HEADER_STRIDE * packet;
    }
}
