package vhost.switching.internal;

import java.util.Random;
import vhost.core.api.Packet;

/** Makes TCP frames that ask for segmentation, and cuts them as a textbook would. */
final class TcpFrame {
    static final int FIN = 0x01;
    static final int PSH = 0x08;
    static final int ACK = 0x10;
    static final int CWR = 0x80;

    final boolean ipv6;
    final int network;
    final int transport;
    final int header;
    final byte[] data;

    /**
     * Makes a frame.
     *
     * @param tags VLAN tags
     * @param ipOptions bytes of IPv4 options, or of IPv6 destination options
     * @param tcpOptions bytes
     */
    TcpFrame(boolean ipv6, int tags, int ipOptions, int tcpOptions, int payload, int flags, long seed) {
        this.ipv6 = ipv6;
        network = 14 + 4 * tags;
        transport = network + (ipv6 ? 40 : 20) + ipOptions;
        header = transport + 20 + tcpOptions;
        data = new byte[header + payload];
        new Random(seed).nextBytes(data);
        Frame.putMac(data, 0, Rig.B);
        Frame.putMac(data, 6, Rig.A);
        for (int i = 0; i < tags; i++) {
            Reference.putNumber(data, 12 + 4 * i, i == 0 && tags == 2 ? 0x88A8 : 0x8100);
        }
        Reference.putNumber(data, network - 2, ipv6 ? 0x86DD : 0x0800);
        if (ipv6) {
            data[network] = 0x60;
            Reference.putNumber(data, network + 4, data.length - network - 40);
            data[network + 6] = (byte) (ipOptions > 0 ? 60 : 6);
            if (ipOptions > 0) {
                data[network + 40] = 6;
                data[network + 41] = (byte) (ipOptions / 8 - 1);
            }
        } else {
            data[network] = (byte) (0x45 + ipOptions / 4);
            Reference.putNumber(data, network + 2, data.length - network);
            Reference.putNumber(data, network + 6, 0x4000);
            data[network + 9] = 6;
        }
        data[transport + 12] = (byte) (20 + tcpOptions << 2);
        data[transport + 13] = (byte) flags;
        // What the driver leaves in the field: the sum of the pseudo header (virtio 1.3, 5.1.6.2).
        Reference.putNumber(data, transport + 16, pseudoSum(data.length - transport));
    }

    private int pseudoSum(int length) {
        int at = network + (ipv6 ? 8 : 12);
        return Reference.fold((long) Reference.sum(data, at, ipv6 ? 32 : 8) + 6 + length);
    }

    Frame frame(int size) {
        return frame(size, ipv6 ? Packet.VIRTIO_NET_HDR_GSO_TCPV6 : Packet.VIRTIO_NET_HDR_GSO_TCPV4);
    }

    Frame frame(int size, int type) {
        return Frame.plain(data).gso(type, size, transport);
    }

    Frame checksumOnly() {
        return Frame.plain(data).needsChecksum(transport, 16);
    }

    /** The same with its checksum completed and no segmentation. */
    byte[] completed() {
        return segment(0, data.length - header);
    }

    byte[][] segments(int size) {
        int payload = data.length - header;
        byte[][] segments = new byte[Math.max(1, (payload + size - 1) / size)][];
        for (int i = 0; i < segments.length; i++) {
            segments[i] = segment(i, size);
        }
        return segments;
    }

    private byte[] segment(int index, int size) {
        int offset = index * size;
        int bytes = Math.min(size, data.length - header - offset);
        boolean last = offset + bytes == data.length - header;
        byte[] made = new byte[header + bytes];
        System.arraycopy(data, 0, made, 0, header);
        System.arraycopy(data, header + offset, made, header, bytes);
        if (ipv6) {
            Reference.putNumber(made, network + 4, made.length - network - 40);
        } else {
            Reference.putNumber(made, network + 2, made.length - network);
            Reference.putNumber(made, network + 4, Reference.number(data, network + 4) + index);
            Reference.putNumber(made, network + 10, 0);
            int sum = Reference.sum(made, network, (made[network] & 0xF) * 4);
            Reference.putNumber(made, network + 10, ~sum);
        }
        Reference.putWord(made, transport + 4, Reference.word(data, transport + 4) + offset);
        int flags = data[transport + 13] & 0xFF;
        flags &= last ? 0xFF : ~(FIN | PSH);
        flags &= index == 0 ? 0xFF : ~CWR;
        made[transport + 13] = (byte) flags;
        Reference.putNumber(made, transport + 16, 0);
        int at = network + (ipv6 ? 8 : 12);
        Reference.putNumber(made, transport + 16, ~Reference.transportSum(made, at, ipv6 ? 32 : 8, 6, transport));
        return made;
    }
}
