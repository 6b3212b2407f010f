package vhost.switching.internal;

import linux.Memory;
import vhost.core.api.Packet;
import vhost.core.api.PacketPool;

/**
 * Does what a packet's virtio-net header asks for, where the receiver cannot: completes a checksum (virtio 1.3, 5.1.6.2
 * "Packet Transmission"), or cuts a TCP segmentation offload into segments.
 *
 * <p>A packet is first opened, which finds its headers and checks that all of them lie inside of it, then its segments are
 * made, from any of them on: so a long packet can be sent in several turns with nothing kept but a number. The packet itself
 * is only read; other workers may be reading it too.
 *
 * <p>One worker's thread. Allocates nothing but packets.
 */
final class SoftwareOffload {
    /** The request makes no sense for this packet. */
    static final int MALFORMED = -1;

    /** The pool is empty. */
    static final int NO_BUFFERS = -2;

    static final long VIRTIO_NET_F_GUEST_CSUM = 1L << 1;
    static final long VIRTIO_NET_F_GUEST_TSO4 = 1L << 7;
    static final long VIRTIO_NET_F_GUEST_TSO6 = 1L << 8;
    static final long VIRTIO_NET_F_GUEST_ECN = 1L << 9;

    private static final int ETHERNET_BYTES = Ethernet.HEADER_BYTES;
    private static final int ETHERTYPE = 12;
    private static final int ETHERTYPE_IPV4 = 0x0800;
    private static final int ETHERTYPE_IPV6 = 0x86DD;
    private static final int ETHERTYPE_VLAN = 0x8100;
    private static final int ETHERTYPE_QINQ = 0x88A8;
    private static final int VLAN_BYTES = 4;
    private static final int MAX_VLAN_TAGS = 2;

    private static final int IPV4_BYTES = 20;
    private static final int IPV4_TOTAL_LENGTH = 2;
    private static final int IPV4_ID = 4;
    private static final int IPV4_FRAGMENT = 6;
    private static final int IPV4_PROTOCOL = 9;
    private static final int IPV4_CHECKSUM = 10;
    private static final int IPV4_ADDRESSES = 12;
    private static final int IPV4_ADDRESSES_BYTES = 8;

    private static final int IPV6_BYTES = 40;
    private static final int IPV6_PAYLOAD_LENGTH = 4;
    private static final int IPV6_NEXT_HEADER = 6;
    private static final int IPV6_ADDRESSES = 8;
    private static final int IPV6_ADDRESSES_BYTES = 32;
    private static final int IPV6_HOP_BY_HOP = 0;
    private static final int IPV6_DESTINATION_OPTIONS = 60;

    private static final int PROTOCOL_TCP = 6;
    private static final int TCP_BYTES = 20;
    private static final int TCP_SEQUENCE = 4;
    private static final int TCP_DATA_OFFSET = 12;
    private static final int TCP_FLAGS = 13;
    private static final int TCP_CHECKSUM = 16;
    private static final int TCP_FIN = 0x01;
    private static final int TCP_PSH = 0x08;
    private static final int TCP_CWR = 0x80;

    private static final int MAX_IP_LENGTH = 65535;

    // The packet that is open.
    private long packet;
    private int segments;
    private boolean segmented;
    private boolean ipv6;
    private int network;
    private int transport;
    private int headerBytes;
    private int payloadBytes;
    private int segmentBytes;

    /** Whether a driver that accepted {@code features} can be given {@code packet} as it is. */
    static boolean passes(final long packet, final long features) {
        if (Packet.isPlain(packet)) {
            return true;
        }
        final int gsoType = Packet.gsoType(packet);
        long needed = VIRTIO_NET_F_GUEST_CSUM;
        switch (gsoType & ~Packet.VIRTIO_NET_HDR_GSO_ECN) {
            case Packet.VIRTIO_NET_HDR_GSO_NONE -> {}
            case Packet.VIRTIO_NET_HDR_GSO_TCPV4 -> needed |= VIRTIO_NET_F_GUEST_TSO4;
            case Packet.VIRTIO_NET_HDR_GSO_TCPV6 -> needed |= VIRTIO_NET_F_GUEST_TSO6;
            default -> {
                return false;
            }
        }
        if ((gsoType & Packet.VIRTIO_NET_HDR_GSO_ECN) != 0) {
            needed |= VIRTIO_NET_F_GUEST_ECN;
        }
        return (features & needed) == needed;
    }

    /**
     * Completes the partial checksum of a packet that nobody else uses, in place, after which its header asks for nothing.
     *
     * @return false, with the packet as it was, where the checksum does not lie inside of it
     */
    static boolean completeChecksum(final long packet) {
        final int length = Packet.length(packet);
        final int start = Packet.csumStart(packet);
        final int field = start + Packet.csumOffset(packet);
        if (start >= length || field + Short.BYTES > length) {
            return false;
        }
        final long data = Packet.data(packet);
        // The field holds the sum of the pseudo header, which is to be part of the sum: so it is not zeroed first.
        final int checksum = Checksum.complete(Checksum.add(0, data + start, length - start));
        // Zero would mean "no checksum" in UDP; its other form means the same elsewhere.
        Memory.putShort(data + field, (short) (checksum == 0 ? 0xFFFF : checksum));
        Packet.clearOffloads(packet);
        return true;
    }

    /**
     * Looks at a packet whose header asks for something.
     *
     * @return how many packets it becomes, or {@link #MALFORMED}
     */
    int open(final long opened) {
        packet = opened;
        segments = MALFORMED;
        final int length = Packet.length(opened);
        final int gsoType = Packet.gsoType(opened) & ~Packet.VIRTIO_NET_HDR_GSO_ECN;
        final boolean needsChecksum = (Packet.flags(opened) & Packet.VIRTIO_NET_HDR_F_NEEDS_CSUM) != 0;
        if (needsChecksum && Packet.csumStart(opened) + Packet.csumOffset(opened) + Short.BYTES > length) {
            return MALFORMED;
        }
        segmented = gsoType != Packet.VIRTIO_NET_HDR_GSO_NONE;
        if (!segmented) {
            // ECN alone asks for nothing that could be done.
            segments = Packet.gsoType(opened) == 0 ? 1 : MALFORMED;
            return segments;
        }
        segmentBytes = Packet.gsoSize(opened);
        final boolean wantsIpv6 = gsoType == Packet.VIRTIO_NET_HDR_GSO_TCPV6;
        if (segmentBytes == 0 || (!wantsIpv6 && gsoType != Packet.VIRTIO_NET_HDR_GSO_TCPV4)) {
            return MALFORMED;
        }
        if (!findHeaders(Packet.data(opened), length, wantsIpv6)) {
            return MALFORMED;
        }
        if (needsChecksum && (Packet.csumStart(opened) != transport || Packet.csumOffset(opened) != TCP_CHECKSUM)) {
            return MALFORMED;
        }
        // One segment has to fit the length fields of IP.
        if (headerBytes - network + Math.min(segmentBytes, payloadBytes) > MAX_IP_LENGTH) {
            return MALFORMED;
        }
        segments = Math.max(1, (payloadBytes + segmentBytes - 1) / segmentBytes);
        return segments;
    }

    /** Finds network, transport, header and payload; false where they are not there or not what the request says. */
    private boolean findHeaders(final long data, final int length, final boolean wantsIpv6) {
        if (length < ETHERNET_BYTES) {
            return false;
        }
        int at = ETHERTYPE;
        int etherType = getNumber(data + at);
        for (int tags = 0; etherType == ETHERTYPE_VLAN || etherType == ETHERTYPE_QINQ; tags++) {
            at += VLAN_BYTES;
            if (tags == MAX_VLAN_TAGS || at + Short.BYTES > length) {
                return false;
            }
            etherType = getNumber(data + at);
        }
        network = at + Short.BYTES;
        ipv6 = wantsIpv6;
        if (etherType != (wantsIpv6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4)) {
            return false;
        }
        transport = wantsIpv6 ? transportOfIpv6(data, length) : transportOfIpv4(data, length);
        if (transport < 0 || transport + TCP_BYTES > length) {
            return false;
        }
        final int tcpBytes = (getByte(data + transport + TCP_DATA_OFFSET) >>> 4) * Integer.BYTES;
        headerBytes = transport + tcpBytes;
        payloadBytes = length - headerBytes;
        return tcpBytes >= TCP_BYTES && payloadBytes >= 0;
    }

    private int transportOfIpv4(final long data, final int length) {
        if (network + IPV4_BYTES > length) {
            return MALFORMED;
        }
        final int versionAndLength = getByte(data + network);
        final int ipBytes = (versionAndLength & 0xF) * Integer.BYTES;
        final boolean fragment = (getNumber(data + network + IPV4_FRAGMENT) & 0x3FFF) != 0;
        if (versionAndLength >>> 4 != 4
                || ipBytes < IPV4_BYTES
                || fragment
                || getByte(data + network + IPV4_PROTOCOL) != PROTOCOL_TCP) {
            return MALFORMED;
        }
        return network + ipBytes;
    }

    private int transportOfIpv6(final long data, final int length) {
        if (network + IPV6_BYTES > length || getByte(data + network) >>> 4 != 6) {
            return MALFORMED;
        }
        int next = getByte(data + network + IPV6_NEXT_HEADER);
        int at = network + IPV6_BYTES;
        // Not behind a routing header: the checksum would be over another destination than the one in the header.
        while (next == IPV6_HOP_BY_HOP || next == IPV6_DESTINATION_OPTIONS) {
            if (at + 8 > length) {
                return MALFORMED;
            }
            next = getByte(data + at);
            at += (getByte(data + at + 1) + 1) * 8;
        }
        return next == PROTOCOL_TCP ? at : MALFORMED;
    }

    /**
     * Makes packets of the one that was opened last, which ask for nothing any more.
     *
     * @param first which to begin with, from 0 to below what {@link #open} returned
     * @param out filled from index 0; the caller's, to free into {@code pool}
     * @return how many, at most {@code max} and at least 1, or {@link #NO_BUFFERS}
     */
    int segment(final PacketPool pool, final int first, final long[] out, final int max) {
        if (!segmented) {
            return copyWhole(pool, out);
        }
        final int count = Math.min(max, segments - first);
        for (int i = 0; i < count; i++) {
            final int offset = (first + i) * segmentBytes;
            final int bytes = Math.min(segmentBytes, payloadBytes - offset);
            final long made = pool.take(headerBytes + bytes);
            if (made == PacketPool.NONE) {
                return i == 0 ? NO_BUFFERS : i;
            }
            out[i] = made;
            final long data = Packet.data(packet);
            Memory.copy(data, Packet.data(made), headerBytes);
            Memory.copy(data + headerBytes + offset, Packet.data(made) + headerBytes, bytes);
            Packet.setLength(made, headerBytes + bytes);
            Packet.clearOffloads(made);
            mendHeaders(Packet.data(made), first + i, offset, bytes);
        }
        return count;
    }

    private int copyWhole(final PacketPool pool, final long[] out) {
        final int length = Packet.length(packet);
        final long made = pool.take(length);
        if (made == PacketPool.NONE) {
            return NO_BUFFERS;
        }
        out[0] = made;
        Memory.copy(packet + Packet.HEADER, made + Packet.HEADER, Packet.DATA - Packet.HEADER + (long) length);
        Packet.setLength(made, length);
        completeChecksum(made);
        return 1;
    }

    private void mendHeaders(final long data, final int index, final int offset, final int bytes) {
        final long ip = data + network;
        final long tcp = data + transport;
        long sum;
        if (ipv6) {
            putNumber(ip + IPV6_PAYLOAD_LENGTH, headerBytes - network - IPV6_BYTES + bytes);
            sum = Checksum.add(0, ip + IPV6_ADDRESSES, IPV6_ADDRESSES_BYTES);
        } else {
            putNumber(ip + IPV4_TOTAL_LENGTH, headerBytes - network + bytes);
            putNumber(ip + IPV4_ID, getNumber(ip + IPV4_ID) + index);
            Memory.putShort(ip + IPV4_CHECKSUM, (short) 0);
            final long header = Checksum.add(0, ip, (getByte(ip) & 0xF) * Integer.BYTES);
            Memory.putShort(ip + IPV4_CHECKSUM, (short) Checksum.complete(header));
            sum = Checksum.add(0, ip + IPV4_ADDRESSES, IPV4_ADDRESSES_BYTES);
        }
        final int sequence = Integer.reverseBytes(Memory.getInt(tcp + TCP_SEQUENCE)) + offset;
        Memory.putInt(tcp + TCP_SEQUENCE, Integer.reverseBytes(sequence));
        int flags = getByte(tcp + TCP_FLAGS);
        if (index > 0) {
            flags &= ~TCP_CWR;
        }
        if (index < segments - 1) {
            flags &= ~(TCP_FIN | TCP_PSH);
        }
        Memory.putByte(tcp + TCP_FLAGS, (byte) flags);
        Memory.putShort(tcp + TCP_CHECKSUM, (short) 0);
        final int tcpBytes = headerBytes - transport + bytes;
        sum = Checksum.addNumber(Checksum.addNumber(sum, PROTOCOL_TCP), tcpBytes);
        Memory.putShort(tcp + TCP_CHECKSUM, (short) Checksum.complete(Checksum.add(sum, tcp, tcpBytes)));
    }

    private static int getByte(final long address) {
        return Memory.getByte(address) & 0xFF;
    }

    /** A 16-bit number in network order. */
    private static int getNumber(final long address) {
        return Checksum.swap(Memory.getShort(address));
    }

    private static void putNumber(final long address, final int value) {
        Memory.putShort(address, (short) Checksum.swap(value));
    }
}
