package vhost.switching.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import linux.Memory;
import vhost.core.api.Packet;

/** An Ethernet frame with what its virtio-net header says, on the heap. */
record Frame(byte[] data, int flags, int gsoType, int headerLength, int gsoSize, int csumStart, int csumOffset) {
    static final String BROADCAST = "ff:ff:ff:ff:ff:ff";

    static Frame plain(byte[] data) {
        return new Frame(data, 0, 0, 0, 0, 0, 0);
    }

    /** 64 bytes with a number in them. */
    static Frame of(String destination, String source, int number) {
        byte[] data = new byte[64];
        putMac(data, 0, destination);
        putMac(data, 6, source);
        data[12] = (byte) 0x88;
        data[13] = (byte) 0xB5;
        for (int i = 0; i < 4; i++) {
            data[14 + i] = (byte) (number >>> 8 * i);
        }
        return plain(data);
    }

    Frame needsChecksum(int start, int offset) {
        return new Frame(data, Packet.VIRTIO_NET_HDR_F_NEEDS_CSUM, 0, 0, 0, start, offset);
    }

    Frame gso(int type, int size, int start) {
        return new Frame(data, Packet.VIRTIO_NET_HDR_F_NEEDS_CSUM, type, 0, size, start, 16);
    }

    static Frame copyOf(long packet) {
        byte[] data = new byte[Packet.length(packet)];
        MemorySegment.copy(Memory.ALL, ValueLayout.JAVA_BYTE, Packet.data(packet), data, 0, data.length);
        return new Frame(
                data,
                Packet.flags(packet),
                Packet.gsoType(packet),
                Packet.headerLength(packet),
                Packet.gsoSize(packet),
                Packet.csumStart(packet),
                Packet.csumOffset(packet));
    }

    void writeTo(long packet) {
        assertThat(data.length).isLessThanOrEqualTo(Packet.capacity(packet));
        MemorySegment.copy(data, 0, Memory.ALL, ValueLayout.JAVA_BYTE, Packet.data(packet), data.length);
        Packet.setLength(packet, data.length);
        Packet.setOffloads(packet, flags, gsoType, headerLength, gsoSize, csumStart, csumOffset);
    }

    int number() {
        int number = 0;
        for (int i = 3; i >= 0; i--) {
            number = number << 8 | data[14 + i] & 0xFF;
        }
        return number;
    }

    String destination() {
        return mac(0);
    }

    String source() {
        return mac(6);
    }

    private String mac(int at) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 6; i++) {
            text.append(i == 0 ? "" : ":").append(String.format("%02x", data[at + i]));
        }
        return text.toString();
    }

    static void putMac(byte[] data, int at, String mac) {
        String[] parts = mac.split(":");
        for (int i = 0; i < 6; i++) {
            data[at + i] = (byte) Integer.parseInt(parts[i], 16);
        }
    }

    /** As the code keeps it: first byte lowest. */
    static long mac(String mac) {
        byte[] bytes = new byte[6];
        putMac(bytes, 0, mac);
        long value = 0;
        for (int i = 5; i >= 0; i--) {
            value = value << 8 | bytes[i] & 0xFF;
        }
        return value;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Frame frame
                && Arrays.equals(data, frame.data)
                && flags == frame.flags
                && gsoType == frame.gsoType
                && gsoSize == frame.gsoSize;
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(data);
    }

    @Override
    public String toString() {
        return destination() + " from " + source() + " #" + number() + ", " + data.length + " bytes, flags " + flags
                + ", gso " + gsoType;
    }
}
