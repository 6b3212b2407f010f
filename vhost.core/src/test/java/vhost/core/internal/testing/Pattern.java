package vhost.core.internal.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import linux.Memory;
import vhost.core.api.Packet;

/** Contents that tell the packet and the place of every byte. */
public final class Pattern {
    private Pattern() {}

    public static byte at(final int sequence, final int index) {
        return (byte) (sequence * 131 + index * 7 + (index >>> 8) * 13 + 1);
    }

    public static byte[] of(final int sequence, final int length) {
        final byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = at(sequence, i);
        }
        return bytes;
    }

    /** Makes {@code packet} the packet {@code sequence}. */
    public static void write(final long packet, final int sequence, final int length) {
        Packet.clearOffloads(packet);
        Packet.setLength(packet, length);
        MemorySegment.copy(MemorySegment.ofArray(of(sequence, length)), 0, Memory.ALL, Packet.data(packet), length);
    }

    /** Fails unless {@code packet} is the packet {@code sequence}, in every byte. */
    public static void assertPacket(final long packet, final int sequence, final int length) {
        assertThat(Packet.length(packet)).isEqualTo(length);
        final long mismatch =
                Memory.segment(Packet.data(packet), length).mismatch(MemorySegment.ofArray(of(sequence, length)));
        assertThat(mismatch)
                .as("first wrong byte of packet %d, %d bytes", sequence, length)
                .isEqualTo(-1);
    }
}
