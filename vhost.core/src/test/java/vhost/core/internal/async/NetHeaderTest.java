package vhost.core.internal.async;

import static org.assertj.core.api.Assertions.assertThat;

import linux.Memory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import vhost.core.api.Packet;
import vhost.core.internal.testing.Layout;
import vhost.core.internal.testing.RingFixture;
import vhost.core.internal.testing.RingFixture.Setup;

/** The virtio-net header crosses from guest to guest where both agreed to it and it makes sense. */
class NetHeaderTest {
    private static final int CSUM = 1;
    private static final int TSO4 = 1;
    private static final int TSO6 = 4;
    private static final int ECN = 0x80;
    private static final int LENGTH = 1000;
    private static final long HOST =
            1L << NetHeader.F_CSUM | 1L << NetHeader.F_HOST_TSO4 | 1L << NetHeader.F_HOST_TSO6 | RingFixture.VERSION_1;
    private static final long GUEST = 1L << NetHeader.F_GUEST_CSUM
            | 1L << NetHeader.F_GUEST_TSO4
            | 1L << NetHeader.F_GUEST_TSO6
            | 1L << NetHeader.F_GUEST_ECN
            | RingFixture.VERSION_1
            | RingFixture.MRG_RXBUF;

    private static long head(final int flags, final int type, final int hdrLen, final int gsoSize, final int start) {
        return flags | (long) type << 8 | (long) hdrLen << 16 | (long) gsoSize << 32 | (long) start << 48;
    }

    private static void send(final RingFixture x, final long head, final int csumOffset) {
        Memory.putLong(x.ram.at(x.free()), head);
        Memory.putInt(x.ram.at(x.free()) + 8, csumOffset | 0xFFFF << 16);
        x.driver.add(x.free(), x.headerBytes + LENGTH);
        assertThat(x.transmitBurst(1)).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldCarryAnOffloadFromOneGuestToTheOther(final Layout layout) {
        try (RingFixture from = Setup.transmit(layout).features(HOST).open();
                RingFixture to = Setup.receive(layout).features(GUEST).open()) {
            send(from, head(CSUM, TSO4, 54, 1448, 34), 16);
            final long packet = from.packets[0];
            assertThat(Packet.flags(packet)).isEqualTo(CSUM);
            assertThat(Packet.gsoType(packet)).isEqualTo(TSO4);
            assertThat(Packet.headerLength(packet)).isEqualTo(54);
            assertThat(Packet.gsoSize(packet)).isEqualTo(1448);
            assertThat(Packet.csumStart(packet)).isEqualTo(34);
            assertThat(Packet.csumOffset(packet)).isEqualTo(16);
            for (final int parts : new int[] {1, 2}) {
                to.packets[0] = packet;
                if (parts == 1) {
                    to.driver.add(to.free(), 2048);
                } else {
                    to.driver.add(to.free(), 700);
                    to.driver.add(to.free() + 700, 700);
                }
                assertThat(to.receiveBurst(1)).isEqualTo(1);
                assertThat(Memory.getLong(to.ram.at(to.free()))).isEqualTo(head(CSUM, TSO4, 54, 1448, 34));
                assertThat(to.getShort(to.free() + 8)).isEqualTo(16);
                assertThat(to.getShort(to.free() + 10)).isEqualTo(parts);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        // flags, type, gso size, csum start, csum offset: flags and type that arrive
        "0, 0, 0, 0, 0, 0, 0",
        "1, 0, 0, 34, 16, 1, 0",
        "2, 0, 0, 0, 0, 0, 0", // DATA_VALID is the device's to say
        "0xFF, 0, 0, 34, 16, 1, 0",
        "1, 1, 1448, 34, 16, 1, 1",
        "1, 4, 1448, 34, 16, 1, 4",
        "0, 1, 1448, 34, 16, 0, 0", // segmentation needs the checksum
        "1, 1, 0, 34, 16, 1, 0",
        "1, 3, 1448, 34, 16, 1, 0",
        "1, 5, 1448, 34, 16, 1, 0",
        "1, 0x81, 1448, 34, 16, 1, 0", // ECN was not negotiated
        "1, 0x80, 1448, 34, 16, 1, 0",
        "1, 0x7F, 1448, 34, 16, 1, 0",
        "1, 1, 1448, 998, 0, 1, 1",
        "1, 1, 1448, 998, 1, 0, 0", // the checksum's end lies behind the packet
        "1, 1, 1448, 65535, 65535, 0, 0",
        "1, 1, 1448, 0, 65535, 0, 0",
    })
    void shouldIgnoreWhatTheGuestMayNotAsk(
            final String flags,
            final String type,
            final int size,
            final int start,
            final int offset,
            final int flagsSeen,
            final int typeSeen) {
        try (RingFixture x = Setup.transmit(Layout.SPLIT).features(HOST).open()) {
            send(x, head(Integer.decode(flags), Integer.decode(type), 54, size, start), offset);
            final long packet = x.packets[0];
            assertThat(Packet.flags(packet)).isEqualTo(flagsSeen);
            assertThat(Packet.gsoType(packet)).isEqualTo(typeSeen);
            assertThat(Packet.gsoSize(packet)).isEqualTo(typeSeen == 0 ? 0 : size);
            assertThat(Packet.isPlain(packet)).isEqualTo(flagsSeen == 0);
        }
    }

    @Test
    void shouldIgnoreOffloadsThatWereNotNegotiated() {
        try (RingFixture x =
                Setup.transmit(Layout.SPLIT).features(RingFixture.VERSION_1).open()) {
            send(x, head(CSUM, TSO4, 54, 1448, 34), 16);
            assertThat(Packet.isPlain(x.packets[0])).isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 0x8001", "7, 0x8100", "9, 0x8101"})
    void shouldTakeNothingOverThatTheReceiverRefused(final int missing, final String what) {
        final int type = missing == 9 ? TSO4 | ECN : TSO4;
        try (RingFixture x =
                Setup.receive(Layout.SPLIT).features(GUEST & ~(1L << missing)).open()) {
            final long packet = x.pool.take(LENGTH);
            Packet.setLength(packet, LENGTH);
            Packet.setOffloads(packet, CSUM, type, 54, 1448, 34, 16);
            x.packets[0] = packet;
            x.driver.add(x.free(), 2048);
            x.receiveBurst(1);
            final long head = Memory.getLong(x.ram.at(x.free()));
            assertThat(head).as(what).isEqualTo(missing == 1 ? 0 : head(CSUM, 0, 0, 0, 34));
        }
    }

    @Test
    void shouldCarryIpv6SegmentationWithEcn() {
        try (RingFixture x = Setup.receive(Layout.SPLIT).features(GUEST).open()) {
            final long packet = x.pool.take(LENGTH);
            Packet.setLength(packet, LENGTH);
            Packet.setOffloads(packet, CSUM, TSO6 | ECN, 74, 1428, 54, 16);
            x.packets[0] = packet;
            x.driver.add(x.free(), 2048);
            x.receiveBurst(1);
            assertThat(Memory.getLong(x.ram.at(x.free()))).isEqualTo(head(CSUM, TSO6 | ECN, 74, 1428, 54));
        }
    }
}
