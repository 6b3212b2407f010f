package vhost.frontend;

/**
 * How a packet to transmit is cut into descriptors. Pieces lie apart in guest memory, a few bytes between them, so that a
 * device that reads beyond a descriptor reads what is no part of the packet.
 *
 * @param headerPieceBytes 0: header and data are one stream; else the header has descriptors of its own, each of at most
 *     so many bytes
 * @param dataPieceBytes longest piece of the data (of the stream, if {@code headerPieceBytes} is 0), bytes; 0: no limit
 */
public record TxLayout(int headerPieceBytes, int dataPieceBytes) {
    /** One descriptor with header and data. The fast one. */
    public static final TxLayout CONTIGUOUS = new TxLayout(0, 0);

    /** One descriptor with the header, one with the data. */
    public static final TxLayout HEADER_APART = new TxLayout(Virtio.NET_HDR_BYTES, 0);

    public TxLayout {
        if (headerPieceBytes < 0 || dataPieceBytes < 0) {
            throw new IllegalArgumentException("a piece has no negative length");
        }
    }

    /** Header and data as one stream in pieces of {@code bytes}; below 12 they split the header. */
    public static TxLayout pieces(final int bytes) {
        return new TxLayout(0, bytes);
    }

    /** The header in pieces of {@code headerBytes}, then the data in pieces of {@code dataBytes} (0: one piece). */
    public static TxLayout split(final int headerBytes, final int dataBytes) {
        return new TxLayout(headerBytes, dataBytes);
    }

    /** Whether header and data are one descriptor. */
    public boolean contiguous() {
        return headerPieceBytes == 0 && dataPieceBytes == 0;
    }

    /** Descriptors for a header and {@code dataBytes} of data. */
    public int descriptors(final int headerBytes, final int dataBytes) {
        if (headerPieceBytes == 0) {
            return pieces(headerBytes + dataBytes, dataPieceBytes);
        }
        return pieces(headerBytes, headerPieceBytes) + pieces(dataBytes, dataPieceBytes);
    }

    private static int pieces(final int bytes, final int piece) {
        return piece == 0 ? Math.min(1, bytes) : (bytes + piece - 1) / piece;
    }
}
