package vhost.switching.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static vhost.switching.internal.Rig.A;
import static vhost.switching.internal.Rig.B;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import vhost.core.api.Packet;
import vhost.switching.ForwardingMode;

@ParameterizedClass
@EnumSource(Copies.class)
class PlainModesTest {
    private final Copies copies;

    PlainModesTest(Copies copies) {
        this.copies = copies;
    }

    @Test
    void shouldPairPortsInTheOrderOfOpening() {
        Rig rig = Rig.of(copies, ForwardingMode.IO, 5);
        for (int i = 0; i < 5; i++) {
            rig.send(i, Frame.of(B, A, i));
        }
        rig.turns(2);

        assertThat(rig.numbers(0)).containsExactly(1);
        assertThat(rig.numbers(1)).containsExactly(0);
        assertThat(rig.numbers(2)).containsExactly(3);
        assertThat(rig.numbers(3)).containsExactly(2);
        assertThat(rig.numbers(4)).as("an odd last one gets its own").containsExactly(4);
        assertThat(rig.inUse()).isZero();
    }

    @Test
    void shouldPairQueuesByNumber() {
        Rig rig = new Rig(copies, ForwardingMode.IO, 1);
        FakePort p0 = rig.open("p0", 4, 0);
        FakePort p1 = rig.open("p1", 4, 0);
        for (int i = 0; i < 4; i++) {
            p0.tx[i].toSend.add(Frame.of(B, A, i));
        }
        rig.turn();

        for (int i = 0; i < 4; i++) {
            assertThat(p1.rx[i].received).extracting(Frame::number).containsExactly(i);
        }
    }

    @Test
    void shouldSpreadOverTheQueuesThatRun() {
        Rig rig = new Rig(copies, ForwardingMode.IO, 1);
        FakePort p0 = rig.open("p0", 4, 0);
        FakePort p1 = rig.open("p1", 4, 0);
        p1.rx[0].running(false);
        p1.rx[3].running(false);
        for (int i = 0; i < 4; i++) {
            p0.tx[i].toSend.add(Frame.of(B, A, i));
        }
        rig.turn();

        assertThat(p1.rx[1].received).extracting(Frame::number).containsExactlyInAnyOrder(0, 1);
        assertThat(p1.rx[2].received).extracting(Frame::number).containsExactlyInAnyOrder(2, 3);
    }

    @Test
    void shouldLoseNothingHoweverLongAGuestDoesNotReceive() {
        Rig rig = Rig.of(copies, ForwardingMode.IO, 2);
        rig.port(1).rx[0].room = 5;
        for (int i = 0; i < 600; i++) {
            rig.send(0, Frame.of(B, A, i));
        }
        for (int i = 0; i < 10; i++) {
            rig.turn();
            rig.pass(10_000);
        }
        assertThat(rig.numbers(1)).hasSize(5);
        assertThat(rig.port(0).tx[0].toSend).as("the sender feels it").hasSizeBetween(600 - rig.mostTaken(), 536);

        rig.port(1).running(false);
        rig.turns(2);
        rig.port(1).running(true);
        rig.port(1).rx[0].room = 1000;
        rig.turns(12);
        assertThat(rig.numbers(1)).hasSize(600).isSorted();
        assertThat(rig.inUse()).isZero();
    }

    @Test
    void shouldTakeNothingForAPartnerThatDoesNotRunYet() {
        Rig rig = Rig.of(copies, ForwardingMode.IO, 2);
        rig.port(1).running(false);
        rig.send(0, Frame.of(B, A, 1));
        rig.turns(3);
        assertThat(rig.port(0).tx[0].toSend).hasSize(1);
        assertThat(rig.inUse()).isZero();

        rig.port(1).running(true);
        rig.turn();
        assertThat(rig.numbers(1)).containsExactly(1);
    }

    /** What waits for a ring that stops waits on; what waits for a front-end that goes is not for the next one. */
    @Test
    void shouldDropWhatWaitsForAFrontEndThatHasGone() {
        Rig rig = Rig.of(copies, ForwardingMode.MACSWAP, 1);
        rig.port(0).rx[0].room = 1;
        rig.send(0, Frame.of(B, A, 1), Frame.of(B, A, 2), Frame.of(B, A, 3));
        rig.turns(2);
        rig.port(0).running(false);
        rig.turns(2);
        assertThat(rig.inUse()).isEqualTo(2);
        assertThat(rig.statistics(0).droppedNotRunning()).isZero();

        rig.port(0).gone();
        rig.turns(2);
        assertThat(rig.inUse()).isZero();
        assertThat(rig.statistics(0).droppedNotRunning()).isEqualTo(2);
    }

    @Test
    void shouldSendBackWithAddressesExchanged() {
        Rig rig = Rig.of(copies, ForwardingMode.MACSWAP, 2);
        rig.port(0).rx[0].room = 1;
        rig.send(0, Frame.of(B, A, 1), Frame.of(B, A, 2), Frame.plain(new byte[10]));
        rig.turns(2);
        rig.port(0).rx[0].room = 10;
        rig.turn();

        // Once, not once for each try.
        assertThat(rig.received(0).subList(0, 2)).containsExactly(Frame.of(A, B, 1), Frame.of(A, B, 2));
        assertThat(rig.received(0).get(2).data()).hasSize(10);
        assertThat(rig.received(1)).isEmpty();
    }

    @Test
    void shouldSetTheAddressesOfTheWayOut() {
        Rig rig = Rig.of(copies, ForwardingMode.MAC, 2);
        rig.send(0, Frame.of(B, A, 1));
        rig.send(1, Frame.of(B, A, 2));
        rig.turn();

        assertThat(rig.received(1)).containsExactly(Frame.of("02:00:00:00:00:01", "56:48:4f:53:54:01", 1));
        assertThat(rig.received(0)).containsExactly(Frame.of("02:00:00:00:00:00", "56:48:4f:53:54:00", 2));
    }

    @Test
    void shouldThrowAwayWhatItReceives() {
        Rig rig = Rig.of(copies, ForwardingMode.RXONLY, 2);
        for (int i = 0; i < 100; i++) {
            rig.send(0, Frame.of(B, A, i));
        }
        assertThat(rig.turn() + rig.turn()).isEqualTo(100);

        assertThat(rig.received(1)).isEmpty();
        assertThat(rig.inUse()).isZero();
    }

    @Test
    void shouldSendUdpPacketsOfTheConfiguredLength() {
        Rig rig = Rig.of(copies, ForwardingMode.TXONLY, 1);
        rig.settings(new Settings(ForwardingMode.TXONLY, 300, 10, 128, 32));
        rig.port(0).rx[0].room = 40;
        rig.turns(3);

        assertThat(rig.received(0)).hasSize(40).allSatisfy(frame -> {
            byte[] data = frame.data();
            assertThat(data).hasSize(128);
            assertThat(frame.flags()).isZero();
            assertThat(data[12]).isEqualTo((byte) 0x08);
            assertThat(data[23]).as("UDP").isEqualTo((byte) 17);
            assertThat(Reference.sum(data, 14, 20)).as("IP checksum").isEqualTo(0xFFFF);
            assertThat(Reference.number(data, 16)).isEqualTo(114);
            assertThat(Reference.number(data, 38)).isEqualTo(94);
            assertThat(new byte[] {data[26], data[27], data[28], data[29]}).containsExactly(198, 18, 0, 1);
        });
        rig.mode(ForwardingMode.SWITCH);
        assertThat(rig.inUse()).isZero();
    }

    @Test
    void shouldReceiveNothingInTxonly() {
        Rig rig = Rig.of(copies, ForwardingMode.TXONLY, 1);
        rig.send(0, Frame.of(B, A, 1));
        rig.turn();

        assertThat(rig.port(0).tx[0].toSend).hasSize(1);
    }

    @Test
    void shouldNotPassOnAGuestsWordForAChecksum() {
        Rig rig = Rig.of(copies, ForwardingMode.IO, 2);
        Frame frame = Frame.of(B, A, 1);
        rig.send(0, new Frame(frame.data(), Packet.VIRTIO_NET_HDR_F_DATA_VALID, 0, 0, 0, 0, 0));
        rig.turn();

        assertThat(rig.received(1)).containsExactly(frame);
    }

    @Test
    void shouldKnowTheModesByName() {
        for (ForwardingMode mode : ForwardingMode.values()) {
            assertThat(ForwardingMode.of(mode.configName())).isEqualTo(mode);
        }
    }
}
