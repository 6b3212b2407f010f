package vhost.core.internal.async;

import linux.Memory;
import vhost.core.api.Packet;

/**
 * The virtio-net header between guest and packet (virtio 1.3, 5.1.6 "Device Operation").
 *
 * <pre>
 *  | u8 flags | u8 gso_type | le16 hdr_len | le16 gso_size | le16 csum_start | le16 csum_offset | le16 num_buffers |
 * </pre>
 *
 * <p>10 bytes where neither VERSION_1 nor mergeable receive buffers were negotiated, else 12.
 */
final class NetHeader {
    static final int MAX_BYTES = 12;

    static final int F_CSUM = 0;
    static final int F_GUEST_CSUM = 1;
    static final int F_GUEST_TSO4 = 7;
    static final int F_GUEST_TSO6 = 8;
    static final int F_GUEST_ECN = 9;
    static final int F_HOST_TSO4 = 11;
    static final int F_HOST_TSO6 = 12;
    static final int F_HOST_ECN = 13;
    static final int F_MRG_RXBUF = 15;
    static final int F_VERSION_1 = 32;

    private static final long FLAGS_AND_TYPE = 0xFFFFL;

    private NetHeader() {}

    static int bytes(final long features) {
        return (features & (1L << F_MRG_RXBUF | 1L << F_VERSION_1)) != 0 ? 12 : 10;
    }

    /**
     * Takes over what a guest sent: {@code head} is its first 8 bytes, {@code csumOffset} the next 2, both read once. An
     * offload that was not negotiated or does not fit the packet is ignored (virtio 1.3, 5.1.6.2.2).
     */
    static void receive(
            final long packet, final long head, final int csumOffset, final int length, final long features) {
        if ((head & FLAGS_AND_TYPE) == 0) {
            Packet.clearOffloads(packet);
        } else {
            check(packet, head, csumOffset, length, features);
        }
    }

    private static void check(
            final long packet, final long head, final int csumOffset, final int length, final long features) {
        final int start = (int) (head >>> 48) & 0xFFFF;
        final boolean csum = (head & Packet.VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0
                && has(features, F_CSUM)
                && start + csumOffset + 2 <= length;
        if (!csum) {
            Packet.clearOffloads(packet); // segmentation needs the checksum too
            return;
        }
        int type = (int) (head >>> 8) & 0xFF;
        int headerLength = (int) (head >>> 16) & 0xFFFF;
        int gsoSize = (int) (head >>> 32) & 0xFFFF;
        if (!isAllowed(type, features, F_HOST_TSO4, F_HOST_TSO6, F_HOST_ECN) || gsoSize == 0) {
            type = Packet.VIRTIO_NET_HDR_GSO_NONE;
            headerLength = 0;
            gsoSize = 0;
        }
        Packet.setOffloads(packet, Packet.VIRTIO_NET_HDR_F_NEEDS_CSUM, type, headerLength, gsoSize, start, csumOffset);
    }

    /** The first 8 bytes of the header to give a guest that negotiated {@code features}; the rest is csum_offset. */
    static long send(final long packet, final long features) {
        final long head = Memory.getLong(packet + Packet.HEADER);
        if ((head & FLAGS_AND_TYPE) == 0 || !has(features, F_GUEST_CSUM)) {
            return 0;
        }
        final int type = (int) (head >>> 8) & 0xFF;
        return type == 0 || isAllowed(type, features, F_GUEST_TSO4, F_GUEST_TSO6, F_GUEST_ECN)
                ? head
                : head & ~0xFFFF_FFFF_FF00L;
    }

    private static boolean isAllowed(
            final int type, final long features, final int tso4, final int tso6, final int ecn) {
        if ((type & Packet.VIRTIO_NET_HDR_GSO_ECN) != 0 && !has(features, ecn)) {
            return false;
        }
        return switch (type & ~Packet.VIRTIO_NET_HDR_GSO_ECN) {
            case Packet.VIRTIO_NET_HDR_GSO_TCPV4 -> has(features, tso4);
            case Packet.VIRTIO_NET_HDR_GSO_TCPV6 -> has(features, tso6);
            default -> false;
        };
    }

    private static boolean has(final long features, final int bit) {
        return (features >>> bit & 1) != 0;
    }
}
