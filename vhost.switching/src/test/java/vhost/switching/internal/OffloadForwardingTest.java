package vhost.switching.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static vhost.switching.internal.Rig.A;
import static vhost.switching.internal.Rig.B;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import vhost.core.api.Packet;
import vhost.switching.ForwardingMode;

@ParameterizedClass
@EnumSource(Copies.class)
class OffloadForwardingTest {
    private static final long CSUM = SoftwareOffload.VIRTIO_NET_F_GUEST_CSUM;
    private static final long TSO4 = SoftwareOffload.VIRTIO_NET_F_GUEST_TSO4;

    private final Copies copies;
    private Rig rig;
    private final TcpFrame tcp = new TcpFrame(false, 0, 0, 0, 20_000, TcpFrame.ACK | TcpFrame.PSH, 9);

    OffloadForwardingTest(Copies copies) {
        this.copies = copies;
        rig = Rig.of(copies, ForwardingMode.SWITCH, 3);
    }

    @AfterEach
    void shouldFreeEveryPacket() {
        assertThat(rig.inUse()).isZero();
    }

    @Test
    void shouldPassOnWhatTheReceiverCanDo() {
        rig.learn();
        rig.port(1).features = CSUM | TSO4;
        rig.send(0, tcp.frame(1000), tcp.checksumOnly());
        rig.turn();

        assertThat(rig.received(1)).containsExactly(tcp.frame(1000), tcp.checksumOnly());
        assertThat(rig.received(1).getFirst().csumStart()).isEqualTo(tcp.transport);
    }

    @Test
    void shouldSegmentForAReceiverThatCannot() {
        rig.learn();
        rig.port(1).features = CSUM;
        rig.send(0, Frame.of(B, A, 1), tcp.frame(1000), Frame.of(B, A, 2));
        rig.turn();

        assertThat(rig.received(1)).hasSize(22);
        assertSegments(rig.received(1).subList(1, 21), 1000);
        assertThat(rig.received(1).getLast().number()).isEqualTo(2);
    }

    @Test
    void shouldCompleteTheChecksumForAReceiverThatCannot() {
        rig.learn();
        TcpFrame small = new TcpFrame(true, 1, 0, 0, 333, TcpFrame.ACK, 9);
        rig.send(0, small.checksumOnly());
        rig.turn();

        Frame frame = rig.received(1).getFirst();
        assertThat(frame.flags()).isZero();
        assertThat(Reference.transportSum(frame.data(), small.network + 8, 32, 6, small.transport))
                .isEqualTo(0xFFFF);
    }

    @Test
    void shouldGiveEachOfManyReceiversWhatItCanDo() {
        rig.port(1).features = CSUM | TSO4;
        rig.send(0, tcp.frame(1000), tcp.checksumOnly());
        rig.turn();

        assertThat(rig.received(1)).containsExactly(tcp.frame(1000), tcp.checksumOnly());
        assertThat(rig.received(2)).hasSize(21);
        assertSegments(rig.received(2).subList(0, 20), 1000);
        assertThat(rig.received(2).getLast().flags()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 7, 16, 17})
    void shouldGoOnInTheMiddleOfAPacketWhenTheReceiverWasFull(int room) {
        rig.learn();
        rig.port(1).rx[0].room = 0;
        rig.send(0, tcp.frame(1000), Frame.of(B, A, 5), tcp.frame(500));
        while (rig.received(1).size() < 61) {
            rig.port(1).rx[0].room = room;
            assertThat(rig.turn()).isLessThan(100);
            rig.pass(5);
        }

        assertSegments(rig.received(1).subList(0, 20), 1000);
        assertThat(rig.received(1).get(20).number()).isEqualTo(5);
        assertSegments(rig.received(1).subList(21, 61), 500);
        rig.turn();
    }

    @Test
    void shouldSendPacketsOfManySegmentsInSeveralTurns() {
        rig.learn();
        rig.patience(0);
        rig.send(0, tcp.frame(10));
        for (int i = 0; i < 200; i++) {
            long before = rig.statistics(1).sentPackets();
            rig.workers.getFirst().turn();
            assertThat(rig.statistics(1).sentPackets() - before).isLessThanOrEqualTo(128);
        }
        assertSegments(rig.received(1), 10);
        assertThat(rig.statistics(1).droppedStalled()).isZero();
    }

    @Test
    void shouldDropTheRestOfAPacketWhenTheReceiverStalls() {
        rig.learn();
        rig.port(1).rx[0].room = 5;
        rig.send(0, tcp.frame(1000));
        rig.turn();
        rig.pass(11);
        rig.turn();
        assertThat(rig.statistics(1).droppedStalled()).isEqualTo(1);

        rig.port(1).rx[0].room = 100;
        rig.send(0, tcp.frame(1000));
        rig.turn();
        assertSegments(rig.received(1).subList(5, 25), 1000);
    }

    @Test
    void shouldCountWhatItHasNoMemoryToSegment() {
        rig = new Rig(copies, ForwardingMode.SWITCH, 1, 1, 1);
        rig.open("p0");
        rig.open("p1");
        rig.send(0, tcp.frame(4000));
        rig.turn();

        assertThat(rig.statistics(1).droppedNoBuffers()).isEqualTo(1);
    }

    @Test
    void shouldDropAndCountImpossibleRequests() {
        rig.learn();
        Frame good = Frame.of(B, A, 3);
        rig.send(0, tcp.frame(0), good, good.gso(Packet.VIRTIO_NET_HDR_GSO_TCPV4, 10, 34));
        rig.send(0, Frame.plain(Frame.of(Frame.BROADCAST, A, 4).data()).needsChecksum(63, 1));
        rig.turn();

        assertThat(rig.received(1)).containsExactly(good);
        assertThat(rig.received(2)).isEmpty();
        assertThat(rig.statistics(0).malformed()).isEqualTo(3);
    }

    @Test
    void shouldSegmentInLosslessModesToo() {
        rig = Rig.of(copies, ForwardingMode.IO, 2);
        rig.port(1).rx[0].room = 7;
        rig.send(0, tcp.frame(1000));
        for (int i = 0; i < 5; i++) {
            rig.turn();
            rig.pass(1000);
        }
        rig.port(1).rx[0].room = 100;
        rig.turn();

        assertSegments(rig.received(1), 1000);
    }

    @Test
    void shouldSegmentWhatAnotherWorkerHandedOver() {
        rig = new Rig(copies, ForwardingMode.IO, 2);
        rig.open("p0", 1, 0);
        rig.open("p1", 1, 1);
        rig.port(1).rx[0].room = 7;
        rig.send(0, tcp.frame(1000), Frame.of(B, A, 5));
        rig.turns(2);
        assertThat(rig.received(1)).hasSize(7);
        rig.port(1).rx[0].room = 100;
        rig.turns(3);

        assertSegments(rig.received(1).subList(0, 20), 1000);
        assertThat(rig.received(1).getLast().number()).isEqualTo(5);
    }

    private void assertSegments(List<Frame> frames, int size) {
        byte[][] expected = tcp.segments(size);
        assertThat(frames.stream().map(Frame::data).toList()).containsExactlyElementsOf(Arrays.asList(expected));
        assertThat(frames)
                .allSatisfy(frame -> assertThat(frame.flags() + frame.gsoType()).isZero());
    }
}
