package vhost.switching.internal;

import java.util.Arrays;
import linux.Memory;
import vhost.core.api.Packet;
import vhost.core.api.PacketPool;

/**
 * The packets of txonly: UDP over IPv4 with the addresses and ports of testpmd's, made once and sent again and again, also
 * while queues still copy them. One worker's thread.
 */
final class TxPackets extends Origin {
    private static final int ETHERNET_BYTES = Ethernet.HEADER_BYTES;
    private static final int IP_BYTES = 20;
    private static final int UDP_PORT = 9;
    private static final int PROTOCOL_UDP = 17;
    private static final int TTL = 64;

    /** 198.18.0.1 and .2, of the network for benchmarks (RFC 2544), first byte lowest. */
    private static final int SOURCE_ADDRESS = 0x01_00_12_C6;

    private static final int DESTINATION_ADDRESS = 0x02_00_12_C6;

    /** All of {@link #bytes} long; valid up to {@link #count}. */
    final long[] packets;

    final int bytes;
    int count;

    private final PacketPool pool;

    /** Takes up to {@code wanted} packets of {@code pool}; fewer where it has no more. */
    TxPackets(final PacketPool pool, final int bytes, final int wanted) {
        this.pool = pool;
        this.bytes = bytes;
        packets = new long[wanted];
        while (count < wanted) {
            final long packet = pool.take(bytes);
            if (packet == PacketPool.NONE) {
                break;
            }
            fill(packet, bytes);
            packets[count++] = packet;
        }
    }

    /** They are sent again. */
    @Override
    void done(final long[] sent, final int from, final int many) {}

    /** No queue may have any of them. */
    void free() {
        pool.freeBurst(packets, 0, count);
        Arrays.fill(packets, PacketPool.NONE);
        count = 0;
    }

    private static void fill(final long packet, final int bytes) {
        Packet.setLength(packet, bytes);
        Packet.clearOffloads(packet);
        final long data = Packet.data(packet);
        Memory.fill(data, bytes, (byte) 0);
        Ethernet.setAddresses(data, PortSlot.peerMac(0), PortSlot.ownMac(0));
        putNumber(data + 12, 0x0800);

        final long ip = data + ETHERNET_BYTES;
        Memory.putByte(ip, (byte) 0x45);
        putNumber(ip + 2, bytes - ETHERNET_BYTES);
        Memory.putByte(ip + 8, (byte) TTL);
        Memory.putByte(ip + 9, (byte) PROTOCOL_UDP);
        Memory.putInt(ip + 12, SOURCE_ADDRESS);
        Memory.putInt(ip + 16, DESTINATION_ADDRESS);
        Memory.putShort(ip + 10, (short) Checksum.complete(Checksum.add(0, ip, IP_BYTES)));

        // As testpmd's, without a checksum of UDP's.
        final long udp = ip + IP_BYTES;
        putNumber(udp, UDP_PORT);
        putNumber(udp + 2, UDP_PORT);
        putNumber(udp + 4, bytes - ETHERNET_BYTES - IP_BYTES);
    }

    private static void putNumber(final long address, final int value) {
        Memory.putShort(address, (short) Checksum.swap(value));
    }
}
