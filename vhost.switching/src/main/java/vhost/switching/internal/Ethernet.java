package vhost.switching.internal;

import linux.Memory;
import vhost.core.api.Packet;

/** The addresses of Ethernet frames, as 48-bit numbers with the first byte lowest. */
final class Ethernet {
    static final int HEADER_BYTES = 14;

    private static final int SOURCE = 6;

    private Ethernet() {}

    static long destination(final long data) {
        return Memory.getLong(data) & MacTable.ADDRESS_MASK;
    }

    static long source(final long data) {
        return Memory.getLong(data + SOURCE) & MacTable.ADDRESS_MASK;
    }

    static void setAddresses(final long data, final long destination, final long source) {
        Memory.putLong(data, destination | source << 48);
        Memory.putInt(data + Long.BYTES, (int) (source >>> 16));
    }

    /** Exchanges source and destination of each packet. Frames too short to have both are left as they are. */
    static void swapAddresses(final long[] packets, final int count) {
        for (int i = 0; i < count; i++) {
            if (Packet.length(packets[i]) >= HEADER_BYTES) {
                final long data = Packet.data(packets[i]);
                setAddresses(data, source(data), destination(data));
            }
        }
    }

    /** Sets source and destination of each packet. Frames too short to have both are left as they are. */
    static void setAddresses(final long[] packets, final int count, final long destination, final long source) {
        for (int i = 0; i < count; i++) {
            if (Packet.length(packets[i]) >= HEADER_BYTES) {
                setAddresses(Packet.data(packets[i]), destination, source);
            }
        }
    }
}
