package vhost.core.api;

import linux.Memory;

/**
 * A packet in a pool: contiguous data with its virtio-net header (virtio 1.3, 5.1.6 "Device Operation") right before it.
 *
 * <pre>
 *  0        4          8       16          24         52                64
 *  | length | capacity | owner | user word | reserved | virtio_net_hdr | data …
 * </pre>
 *
 * <p>All methods take the packet's address. The owner of the packet is the only one to use it; nothing here is ordered.
 * The header's fields are checked when a packet leaves {@link VhostQueue#dequeueBurst}: offsets lie inside of the data,
 * unknown bits are cleared.
 */
public final class Packet {
    /** Longest packet: a full segmentation offload, with room for the link layer's header; bytes. */
    public static final int MAX_DATA_BYTES = 65535 + 64;

    /** Where the data begins, from the packet's address; bytes. */
    public static final int DATA = 64;

    /** Where the virtio-net header begins. */
    public static final int HEADER = 52;

    /** {@code virtio_net_hdr.flags}: the checksum from {@code csum_start} on is partial and to be completed. */
    public static final int VIRTIO_NET_HDR_F_NEEDS_CSUM = 1;

    /** {@code virtio_net_hdr.flags}: the checksum was verified. */
    public static final int VIRTIO_NET_HDR_F_DATA_VALID = 2;

    /** {@code virtio_net_hdr.gso_type}. */
    public static final int VIRTIO_NET_HDR_GSO_NONE = 0;

    public static final int VIRTIO_NET_HDR_GSO_TCPV4 = 1;
    public static final int VIRTIO_NET_HDR_GSO_TCPV6 = 4;
    public static final int VIRTIO_NET_HDR_GSO_ECN = 0x80;

    private static final int LENGTH = 0;
    private static final int CAPACITY = 4;
    private static final int OWNER = 8;
    private static final int USER = 16;
    private static final int HDR_FLAGS = HEADER;
    private static final int HDR_GSO_TYPE = HEADER + 1;
    private static final int HDR_LEN = HEADER + 2;
    private static final int HDR_GSO_SIZE = HEADER + 4;
    private static final int HDR_CSUM_START = HEADER + 6;
    private static final int HDR_CSUM_OFFSET = HEADER + 8;

    private Packet() {}

    /** Address of the first byte of data. */
    public static long data(final long packet) {
        return packet + DATA;
    }

    /** Bytes of data. */
    public static int length(final long packet) {
        return Memory.getInt(packet + LENGTH);
    }

    /** Sets the bytes of data, at most {@link #capacity}. */
    public static void setLength(final long packet, final int length) {
        Memory.putInt(packet + LENGTH, length);
    }

    /** Most bytes of data. */
    public static int capacity(final long packet) {
        return Memory.getInt(packet + CAPACITY);
    }

    /** The pool's own mark; only a pool writes it. */
    public static long owner(final long packet) {
        return Memory.getLong(packet + OWNER);
    }

    /** Written once, by the pool that makes the packet. */
    public static void init(final long packet, final int capacity, final long owner) {
        Memory.putInt(packet + CAPACITY, capacity);
        Memory.putLong(packet + OWNER, owner);
    }

    /** 64 bits for the holder's own use. */
    public static long user(final long packet) {
        return Memory.getLong(packet + USER);
    }

    public static void setUser(final long packet, final long value) {
        Memory.putLong(packet + USER, value);
    }

    /** {@code virtio_net_hdr.flags}, known bits only. */
    public static int flags(final long packet) {
        return Memory.getByte(packet + HDR_FLAGS) & 0xFF;
    }

    /** {@code virtio_net_hdr.gso_type}, with {@link #VIRTIO_NET_HDR_GSO_ECN}. */
    public static int gsoType(final long packet) {
        return Memory.getByte(packet + HDR_GSO_TYPE) & 0xFF;
    }

    /** {@code virtio_net_hdr.hdr_len}, bytes; a hint of the sender's. */
    public static int headerLength(final long packet) {
        return Memory.getShort(packet + HDR_LEN) & 0xFFFF;
    }

    /** {@code virtio_net_hdr.gso_size}, bytes of payload a segment. */
    public static int gsoSize(final long packet) {
        return Memory.getShort(packet + HDR_GSO_SIZE) & 0xFFFF;
    }

    /** {@code virtio_net_hdr.csum_start}, bytes from the start of the data. */
    public static int csumStart(final long packet) {
        return Memory.getShort(packet + HDR_CSUM_START) & 0xFFFF;
    }

    /** {@code virtio_net_hdr.csum_offset}, bytes from {@link #csumStart}. */
    public static int csumOffset(final long packet) {
        return Memory.getShort(packet + HDR_CSUM_OFFSET) & 0xFFFF;
    }

    /** Whether the header asks for nothing: no checksum to complete, no segmentation. */
    public static boolean isPlain(final long packet) {
        return (Memory.getShort(packet + HDR_FLAGS) & 0xFF01) == 0;
    }

    /** Sets a header that asks for nothing. */
    public static void clearOffloads(final long packet) {
        Memory.putLong(packet + HEADER, 0L);
        Memory.putInt(packet + HEADER + 8, 0);
    }

    /** Sets all fields of the header. */
    public static void setOffloads(
            final long packet,
            final int flags,
            final int gsoType,
            final int headerLength,
            final int gsoSize,
            final int csumStart,
            final int csumOffset) {
        Memory.putByte(packet + HDR_FLAGS, (byte) flags);
        Memory.putByte(packet + HDR_GSO_TYPE, (byte) gsoType);
        Memory.putShort(packet + HDR_LEN, (short) headerLength);
        Memory.putShort(packet + HDR_GSO_SIZE, (short) gsoSize);
        Memory.putShort(packet + HDR_CSUM_START, (short) csumStart);
        Memory.putShort(packet + HDR_CSUM_OFFSET, (short) csumOffset);
        Memory.putShort(packet + HEADER + 10, (short) 0);
    }
}
