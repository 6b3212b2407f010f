package vhost.switching.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static vhost.core.api.Packet.VIRTIO_NET_HDR_GSO_ECN;
import static vhost.core.api.Packet.VIRTIO_NET_HDR_GSO_TCPV4;
import static vhost.core.api.Packet.VIRTIO_NET_HDR_GSO_TCPV6;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import vhost.core.api.Packet;
import vhost.core.api.PacketPool;

class SoftwareOffloadTest {
    private static final int UDP = 17;

    private final FakePool pool = new FakePool(128, 4);
    private final SoftwareOffload offload = new SoftwareOffload();

    @AfterEach
    void shouldFreeEveryPacket() {
        assertThat(pool.inUse()).isZero();
    }

    // Checksums

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 31, 32, 33, 700, 1446, 1447})
    void shouldCompleteATcpChecksum(int payload) {
        for (boolean ipv6 : new boolean[] {false, true}) {
            TcpFrame tcp = new TcpFrame(ipv6, 1, 0, 12, payload, TcpFrame.ACK, payload);
            Frame completed = complete(tcp.checksumOnly());

            assertThat(completed.flags()).isZero();
            byte[] data = completed.data();
            int addresses = tcp.network + (ipv6 ? 8 : 12);
            assertThat(Reference.transportSum(data, addresses, ipv6 ? 32 : 8, 6, tcp.transport))
                    .isEqualTo(0xFFFF);
        }
    }

    @Test
    void shouldWriteNoZeroForUdp() {
        // A datagram whose checksum comes out as zero, which would mean that it has none.
        byte[] data = new byte[14 + 20 + 8 + 2];
        Frame.putMac(data, 0, Rig.B);
        Reference.putNumber(data, 12, 0x0800);
        data[14] = 0x45;
        data[23] = UDP;
        Reference.putNumber(data, 26, 0x0A00);
        int udp = 34;
        Reference.putNumber(data, udp + 4, 10);
        Reference.putNumber(data, udp + 6, Reference.fold(0x0A00 + UDP + 10));
        int sum = Reference.sum(data, udp, 10);
        Reference.putNumber(data, udp + 8, ~sum);

        Frame completed = complete(Frame.plain(data).needsChecksum(udp, 6));

        assertThat(Reference.number(completed.data(), udp + 6)).isEqualTo(0xFFFF);
    }

    @Test
    void shouldLeaveAPacketAloneWhoseChecksumLiesOutside() {
        Frame frame = new TcpFrame(false, 0, 0, 0, 10, 0, 1).checksumOnly();
        int length = frame.data().length;
        for (Frame bad : List.of(
                frame.needsChecksum(length, 0),
                frame.needsChecksum(length - 1, 0),
                frame.needsChecksum(34, length - 35),
                frame.needsChecksum(0xFFFF, 0xFFFF))) {
            long packet = packet(bad);
            assertThat(SoftwareOffload.completeChecksum(packet)).isFalse();
            assertThat(offload.open(packet)).isEqualTo(SoftwareOffload.MALFORMED);
            assertThat(Frame.copyOf(packet)).isEqualTo(bad);
            pool.free(packet);
        }
    }

    @Test
    void shouldCompleteInACopyWhereOthersUseThePacket() {
        TcpFrame tcp = new TcpFrame(false, 0, 0, 0, 99, TcpFrame.PSH, 5);
        Frame frame = tcp.checksumOnly();
        long packet = packet(frame);
        long[] out = new long[1];

        assertThat(offload.open(packet)).isEqualTo(1);
        assertThat(offload.segment(pool, 0, out, 1)).isEqualTo(1);

        assertThat(Frame.copyOf(packet)).isEqualTo(frame);
        assertThat(Reference.transportSum(Frame.copyOf(out[0]).data(), 26, 8, 6, 34))
                .isEqualTo(0xFFFF);
        pool.free(packet);
        pool.free(out[0]);
    }

    // Segments

    @ParameterizedTest
    @CsvSource({
        "false, 0,  0,  0,  4000, 1448",
        "false, 0,  0, 12, 65000, 1448",
        "false, 1,  8, 20,  3000, 1001",
        "false, 2, 40, 40,   777,  111",
        "false, 0,  0,  0,  1448, 1448",
        "false, 0,  0,  0,  1449, 1448",
        "false, 0,  0,  0,     0, 1448",
        "false, 0,  0,  0,    17,    1",
        "true,  0,  0,  0,  4000, 1428",
        "true,  1,  0, 12, 60001, 1428",
        "true,  2, 16, 40,  5000,  999",
        "true,  0,  8,  0,     1,    1",
    })
    void shouldCutAsTheReferenceDoes(boolean ipv6, int tags, int ipOptions, int tcpOptions, int payload, int size) {
        int flags = TcpFrame.ACK | TcpFrame.PSH | TcpFrame.FIN | TcpFrame.CWR;
        TcpFrame tcp = new TcpFrame(ipv6, tags, ipOptions, tcpOptions, payload, flags, 3);

        assertThat(segments(tcp.frame(size), 16)).containsExactly(tcp.segments(size));
    }

    @Test
    void shouldCutRandomPacketsAsTheReferenceDoes() {
        long seed = 20261122;
        Random random = new Random(seed);
        for (int i = 0; i < 500; i++) {
            TcpFrame tcp = new TcpFrame(
                    random.nextBoolean(),
                    random.nextInt(3),
                    8 * random.nextInt(5),
                    4 * random.nextInt(11),
                    random.nextInt(20_000),
                    random.nextInt(256),
                    random.nextLong());
            int size = 1 + random.nextInt(1900 - tcp.header);

            assertThat(segments(tcp.frame(size), 1 + random.nextInt(16)))
                    .as("packet %d of seed %d", i, seed)
                    .containsExactly(tcp.segments(size));
        }
    }

    @Test
    void shouldSayWhenThePoolIsEmptyAndGoOnLater() {
        TcpFrame tcp = new TcpFrame(false, 0, 0, 0, 5000, 0, 1);
        FakePool tiny = new FakePool(2, 0);
        long packet = packet(tcp.frame(1000));
        long[] out = new long[16];
        offload.open(packet);

        assertThat(offload.segment(tiny, 0, out, 16)).isEqualTo(2);
        assertThat(offload.segment(tiny, 2, new long[16], 16)).isEqualTo(SoftwareOffload.NO_BUFFERS);
        tiny.freeBurst(out, 0, 2);
        assertThat(offload.segment(tiny, 2, out, 16)).isEqualTo(2);
        assertThat(Frame.copyOf(out[0]).data()).isEqualTo(tcp.segments(1000)[2]);
        pool.free(packet);
    }

    // Impossible requests

    @Test
    void shouldRefuseWhatIsNoTcp() {
        TcpFrame v4 = new TcpFrame(false, 0, 0, 0, 100, 0, 1);
        TcpFrame v6 = new TcpFrame(true, 0, 0, 0, 100, 0, 1);

        assertMalformed(v4.frame(10, VIRTIO_NET_HDR_GSO_TCPV6), "other family");
        assertMalformed(v6.frame(10, VIRTIO_NET_HDR_GSO_TCPV4), "other family");
        assertMalformed(v4.frame(10, 3), "UFO");
        assertMalformed(v4.frame(10, 5), "USO");
        assertMalformed(v4.frame(0), "size 0");
        assertMalformed(changed(v4, v4.network + 9, UDP).frame(10), "UDP");
        assertMalformed(changed(v4, v4.network, 0x44).frame(10), "IP header too short");
        assertMalformed(changed(v4, v4.network, 0x65).frame(10), "version");
        assertMalformed(changed(v4, v4.network + 6, 0x20).frame(10), "more fragments");
        assertMalformed(changed(v4, v4.network + 7, 1).frame(10), "a later fragment");
        assertMalformed(changed(v4, v4.transport + 12, 0x40).frame(10), "TCP header too short");
        assertMalformed(changed(v6, v6.network + 6, 43).frame(10), "routing header");
        assertMalformed(changed(v6, v6.network + 6, 44).frame(10), "fragment header");
        assertMalformed(Frame.plain(v4.data).gso(VIRTIO_NET_HDR_GSO_TCPV4, 10, v4.transport + 2), "other start");
        assertMalformed(new TcpFrame(false, 3, 0, 0, 100, 0, 1).frame(10), "three tags");
        assertMalformed(Frame.plain(v4.data).gso(VIRTIO_NET_HDR_GSO_ECN, 0, 34), "ECN of nothing");
    }

    @Test
    void shouldRefuseEveryPacketThatEndsInItsHeaders() {
        for (boolean ipv6 : new boolean[] {false, true}) {
            TcpFrame whole = new TcpFrame(ipv6, 2, 16, 12, 0, 0, 1);
            for (int length = 0; length < whole.header; length++) {
                byte[] data = java.util.Arrays.copyOf(whole.data, length);
                assertMalformed(Frame.plain(data).gso(whole.frame(1).gsoType(), 1, whole.transport), length + " bytes");
            }
        }
    }

    @Test
    void shouldStayInsideOfRandomPackets() {
        Random random = new Random(7);
        int cut = 0;
        for (int i = 0; i < 20_000; i++) {
            TcpFrame tcp = new TcpFrame(random.nextBoolean(), random.nextInt(3), 0, 0, 200, 0, i);
            for (int changes = random.nextInt(4); changes > 0; changes--) {
                tcp.data[12 + random.nextInt(tcp.header - 12)] = (byte) random.nextInt();
            }
            byte[] data = java.util.Arrays.copyOf(tcp.data, random.nextInt(tcp.data.length + 1));
            Frame frame = Frame.plain(data).gso(tcp.frame(1).gsoType(), 1 + random.nextInt(300), tcp.transport);
            long packet = packet(frame);
            int total = offload.open(packet);
            if (total > 0) {
                cut++;
                int bytes = segments(frame, 16).stream()
                        .mapToInt(made -> made.length)
                        .sum();
                assertThat(bytes).isGreaterThanOrEqualTo(data.length);
            }
            pool.free(packet);
        }
        assertThat(cut).isPositive();
    }

    // Features

    @Test
    void shouldPassWhatTheDriverAccepted() {
        long csum = 1L << 1;
        long tso4 = 1L << 7;
        long tso6 = 1L << 8;
        long ecn = 1L << 9;
        TcpFrame v4 = new TcpFrame(false, 0, 0, 0, 10, 0, 1);
        TcpFrame v6 = new TcpFrame(true, 0, 0, 0, 10, 0, 1);

        assertPasses(Frame.plain(v4.data), 0, true);
        assertPasses(v4.checksumOnly(), 0, false);
        assertPasses(v4.checksumOnly(), csum, true);
        assertPasses(v4.frame(5), csum, false);
        assertPasses(v4.frame(5), tso4, false);
        assertPasses(v4.frame(5), csum | tso4, true);
        assertPasses(v6.frame(5), csum | tso4, false);
        assertPasses(v6.frame(5), csum | tso6, true);
        assertPasses(v4.frame(5, VIRTIO_NET_HDR_GSO_TCPV4 | VIRTIO_NET_HDR_GSO_ECN), csum | tso4, false);
        assertPasses(v4.frame(5, VIRTIO_NET_HDR_GSO_TCPV4 | VIRTIO_NET_HDR_GSO_ECN), csum | tso4 | ecn, true);
        assertPasses(v4.frame(5, 3), -1L, false);
    }

    private static TcpFrame changed(TcpFrame tcp, int at, int value) {
        TcpFrame copy = new TcpFrame(tcp.ipv6, 0, 0, 0, 100, 0, 1);
        copy.data[at] = (byte) value;
        return copy;
    }

    private void assertPasses(Frame frame, long features, boolean passes) {
        long packet = packet(frame);
        assertThat(SoftwareOffload.passes(packet, features))
                .as("%s, %x", frame, features)
                .isEqualTo(passes);
        pool.free(packet);
    }

    private void assertMalformed(Frame frame, String why) {
        long packet = packet(frame);
        assertThat(offload.open(packet)).as(why).isEqualTo(SoftwareOffload.MALFORMED);
        pool.free(packet);
    }

    private Frame complete(Frame frame) {
        long packet = packet(frame);
        assertThat(SoftwareOffload.completeChecksum(packet)).isTrue();
        Frame completed = Frame.copyOf(packet);
        pool.free(packet);
        return completed;
    }

    /** All segments, made {@code step} at a time. */
    private List<byte[]> segments(Frame frame, int step) {
        long packet = packet(frame);
        long[] out = new long[step];
        List<byte[]> made = new ArrayList<>();
        int total = offload.open(packet);
        assertThat(total).isPositive();
        while (made.size() < total) {
            int count = offload.segment(pool, made.size(), out, step);
            assertThat(count).isPositive();
            for (int i = 0; i < count; i++) {
                assertThat(Packet.isPlain(out[i])).isTrue();
                made.add(Frame.copyOf(out[i]).data());
            }
            pool.freeBurst(out, 0, count);
        }
        assertThat(Frame.copyOf(packet)).as("the packet itself is only read").isEqualTo(frame);
        pool.free(packet);
        return made;
    }

    private long packet(Frame frame) {
        long packet = pool.take(frame.data().length);
        assertThat(packet).isNotEqualTo(PacketPool.NONE);
        frame.writeTo(packet);
        return packet;
    }
}
