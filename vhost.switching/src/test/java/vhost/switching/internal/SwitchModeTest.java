package vhost.switching.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static vhost.switching.internal.Rig.A;
import static vhost.switching.internal.Rig.B;
import static vhost.switching.internal.Rig.C;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import vhost.switching.ForwardingMode;
import vhost.switching.MacEntry;

@ParameterizedClass
@EnumSource(Copies.class)
class SwitchModeTest {
    private final Rig rig;

    SwitchModeTest(Copies copies) {
        rig = Rig.of(copies, ForwardingMode.SWITCH, 3);
    }

    @AfterEach
    void shouldFreeEveryPacket() {
        assertThat(rig.inUse()).isZero();
    }

    @Test
    void shouldFloodUnknownUnicast() {
        rig.send(0, Frame.of(B, A, 1));
        rig.turn();

        assertThat(rig.numbers(0)).isEmpty();
        assertThat(rig.numbers(1)).containsExactly(1);
        assertThat(rig.numbers(2)).containsExactly(1);
        assertThat(rig.statistics(0).flooded()).isEqualTo(1);
    }

    @Test
    void shouldFloodBroadcastAndMulticast() {
        rig.learn();
        rig.send(0, Frame.of(Frame.BROADCAST, A, 1), Frame.of("33:33:00:00:00:01", A, 2));
        rig.turn();

        assertThat(rig.numbers(0)).isEmpty();
        assertThat(rig.numbers(1)).containsExactly(1, 2);
        assertThat(rig.numbers(2)).containsExactly(1, 2);
    }

    @Test
    void shouldSendToTheLearnedPortOnly() {
        rig.learn();
        rig.send(0, Frame.of(B, A, 1), Frame.of(B, A, 2), Frame.of(C, A, 3));
        rig.turn();

        assertThat(rig.numbers(1)).containsExactly(1, 2);
        assertThat(rig.numbers(2)).containsExactly(3);
        assertThat(rig.numbers(0)).isEmpty();
    }

    @Test
    void shouldDeliverTheFrameUnchanged() {
        rig.learn();
        Frame frame = Frame.of(B, A, 77);
        rig.send(0, frame);
        rig.turn();

        assertThat(rig.received(1)).containsExactly(frame);
    }

    @Test
    void shouldSendInterleavedPacketsInOneBurstATarget() {
        rig.learn();
        for (int i = 0; i < 32; i++) {
            rig.send(0, Frame.of(B, A, i), Frame.of(C, A, 100 + i));
        }
        rig.turn();

        assertThat(rig.port(1).rx[0].bursts).containsExactly(32);
        assertThat(rig.port(2).rx[0].bursts).containsExactly(32);
        assertThat(rig.numbers(1)).isSorted().hasSize(32);
    }

    @Test
    void shouldNotReflect() {
        rig.learn();
        rig.send(0, Frame.of(A, C, 1));
        rig.turn();

        assertThat(rig.numbers(0)).isEmpty();
        assertThat(rig.numbers(1)).isEmpty();
        assertThat(rig.statistics(0).filtered()).isEqualTo(1);
    }

    @Test
    void shouldFollowAStationThatMoves() {
        rig.learn();
        rig.send(2, Frame.of(A, B, 1));
        rig.turn();
        rig.send(0, Frame.of(B, A, 2));
        rig.turn();

        assertThat(rig.numbers(2)).containsExactly(2);
        assertThat(rig.numbers(1)).isEmpty();
    }

    @Test
    void shouldForgetASilentStation() {
        rig.learn();
        rig.pass(301_000);
        rig.send(0, Frame.of(B, A, 1));
        rig.turn();

        assertThat(rig.numbers(1)).containsExactly(1);
        assertThat(rig.numbers(2)).containsExactly(1);
        assertThat(rig.forwarder.macTable()).extracting(MacEntry::mac).containsExactly(A);
    }

    @Test
    void shouldTakeANewAgeingTimeAtOnce() {
        rig.learn();
        rig.settings(new Settings(ForwardingMode.SWITCH, 1, 10, 64, 64));
        rig.pass(1_500);

        assertThat(rig.forwarder.macTable()).isEmpty();
    }

    @Test
    void shouldNotLearnGroupsAndZero() {
        rig.send(0, Frame.of(B, Frame.BROADCAST, 1), Frame.of(B, "00:00:00:00:00:00", 2));
        rig.send(0, Frame.of(B, "01:00:5e:00:00:01", 3));
        rig.turn();

        assertThat(rig.forwarder.macTable()).isEmpty();
    }

    @Test
    void shouldShowAndFlushTheStations() {
        rig.learn();
        rig.pass(2_000);
        rig.send(1, Frame.of(A, B, 1));
        rig.turn();

        assertThat(rig.forwarder.macTable()).hasSize(3).first().satisfies(entry -> {
            assertThat(entry.mac()).isEqualTo(B);
            assertThat(entry.port()).isEqualTo("p1");
            assertThat(entry.ageMillis()).isZero();
        });
        assertThat(rig.forwarder.macTable().getLast().ageMillis()).isBetween(1_800L, 2_200L);
        assertThat(rig.forwarder.flush()).isEqualTo(3);
        assertThat(rig.forwarder.macTable()).isEmpty();
    }

    @Test
    void shouldDropFramesWithoutAHeader() {
        rig.send(0, Frame.plain(new byte[13]), Frame.plain(new byte[0]), Frame.of(B, A, 9));
        rig.turn();

        assertThat(rig.numbers(1)).containsExactly(9);
        assertThat(rig.statistics(0).malformed()).isEqualTo(2);
    }

    @Test
    void shouldDropAndCountWhatIsForAPortThatDoesNotRun() {
        rig.learn();
        rig.port(1).running(false);
        rig.send(0, Frame.of(B, A, 1), Frame.of(C, A, 2));
        rig.turn();

        assertThat(rig.statistics(1).droppedNotRunning()).isEqualTo(1);
        assertThat(rig.numbers(2)).containsExactly(2);

        rig.send(0, Frame.of(B, A, 3));
        rig.turn();
        assertThat(rig.statistics(1).droppedNotRunning()).isEqualTo(2);
    }

    @Test
    void shouldNotFloodToPortsThatDoNotRun() {
        rig.port(1).running(false);
        rig.turn();
        rig.send(0, Frame.of(Frame.BROADCAST, A, 1));
        rig.turn();

        assertThat(rig.numbers(2)).containsExactly(1);
        assertThat(rig.statistics(1).droppedNotRunning()).isZero();
    }

    @Test
    void shouldCountWhatHasNowhereToGo() {
        rig.close(rig.port(2));
        rig.close(rig.port(1));
        rig.send(0, Frame.of(Frame.BROADCAST, A, 1));
        rig.turn();

        assertThat(rig.statistics(0).filtered()).isEqualTo(1);
    }

    @Test
    void shouldReportPacketsAndBytes() {
        rig.send(0, Frame.of(Frame.BROADCAST, A, 1), Frame.of(Frame.BROADCAST, A, 2));
        rig.turn();

        assertThat(rig.statistics(0).port()).isEqualTo("p0");
        assertThat(rig.statistics(0).receivedPackets()).isEqualTo(2);
        assertThat(rig.statistics(0).receivedBytes()).isEqualTo(128);
        assertThat(rig.statistics(1).sentPackets()).isEqualTo(2);
        assertThat(rig.statistics(2).sentBytes()).isEqualTo(128);
    }
}
