package vhost.core.internal.device;

import linux.Memory;
import vhost.core.api.Packet;

/** The broadcast that tells switches where a guest has moved to (RFC 903, a reverse request for its own address). */
final class Rarp {
    static final int BYTES = 60;

    private Rarp() {}

    /** Makes {@code packet} that frame; the station's first byte is the lowest of {@code mac}. */
    static void write(final long packet, final long mac) {
        Packet.clearOffloads(packet);
        Packet.setLength(packet, BYTES);
        final long at = Packet.data(packet);
        Memory.fill(at, BYTES, (byte) 0);
        Memory.fill(at, 6, (byte) 0xFF);
        address(at + 6, mac);
        Memory.putShort(at + 12, Short.reverseBytes((short) 0x8035));
        Memory.putShort(at + 14, Short.reverseBytes((short) 1)); // Ethernet
        Memory.putShort(at + 16, Short.reverseBytes((short) 0x0800)); // IPv4
        Memory.putByte(at + 18, (byte) 6);
        Memory.putByte(at + 19, (byte) 4);
        Memory.putShort(at + 20, Short.reverseBytes((short) 3)); // request reverse
        address(at + 22, mac);
        address(at + 32, mac);
    }

    private static void address(final long at, final long mac) {
        Memory.putInt(at, (int) mac);
        Memory.putShort(at + 4, (short) (mac >>> 32));
    }
}
