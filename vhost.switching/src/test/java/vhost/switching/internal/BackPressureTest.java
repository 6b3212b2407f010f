package vhost.switching.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static vhost.switching.internal.Rig.A;
import static vhost.switching.internal.Rig.B;
import static vhost.switching.internal.Rig.C;

import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import vhost.switching.ForwardingMode;

@ParameterizedClass
@EnumSource(Copies.class)
class BackPressureTest {
    private final Rig rig;

    BackPressureTest(Copies copies) {
        rig = Rig.of(copies, ForwardingMode.SWITCH, 3);
    }

    @AfterEach
    void shouldFreeEveryPacket() {
        assertThat(rig.inUse()).isZero();
    }

    @Test
    void shouldKeepWhatDoesNotFitAndItsOrder() {
        rig.learn();
        rig.port(1).rx[0].room = 3;
        sendTo(B, 0, 600);
        rig.turn();
        assertThat(rig.numbers(1)).containsExactly(0, 1, 2);
        assertThat(rig.port(0).tx[0].toSend)
                .as("not taken before the first burst is out")
                .hasSizeBetween(600 - rig.mostTaken(), 536);

        rig.port(1).rx[0].room = 10;
        rig.turn();
        rig.port(1).rx[0].room = Integer.MAX_VALUE;
        rig.turns(10);

        assertThat(rig.numbers(1)).containsExactlyElementsOf(numbers(0, 600));
        assertThat(rig.statistics(1).droppedStalled()).isZero();
    }

    @Test
    void shouldGoOnToOtherTargetsOfTheSameBurst() {
        rig.learn();
        rig.port(1).rx[0].room = 0;
        rig.send(0, Frame.of(B, A, 1), Frame.of(C, A, 2), Frame.of(B, A, 3), Frame.of(Frame.BROADCAST, A, 4));
        rig.turn();

        assertThat(rig.numbers(2)).containsExactly(2, 4);

        rig.port(1).rx[0].room = 100;
        rig.turn();
        assertThat(rig.numbers(1)).containsExactly(1, 3, 4);
        assertThat(rig.numbers(2)).as("not sent twice").containsExactly(2, 4);
    }

    @Test
    void shouldGoOnWithOtherSources() {
        rig.learn();
        rig.port(1).rx[0].room = 0;
        rig.send(0, Frame.of(B, A, 1));
        rig.turn();
        rig.send(2, Frame.of(A, C, 2));
        rig.turn();

        assertThat(rig.numbers(0)).containsExactly(2);
        rig.port(1).rx[0].room = 1;
        rig.turn();
    }

    @Test
    void shouldDropAtOnceWhatIsForAGuestThatTookNothingForTooLong() {
        rig.learn();
        rig.port(1).rx[0].room = 0;
        rig.send(0, Frame.of(B, A, 1), Frame.of(C, A, 2));
        rig.turn();
        rig.pass(9);
        rig.turn();
        assertThat(rig.statistics(1).droppedStalled()).isZero();

        rig.pass(2);
        rig.turn();
        assertThat(rig.statistics(1).droppedStalled()).isEqualTo(1);

        sendTo(B, 10, 20);
        rig.turn();
        assertThat(rig.statistics(1).droppedStalled()).isEqualTo(11);
        assertThat(rig.inUse()).isZero();
    }

    @Test
    void shouldBePatientAgainWithAGuestThatReceivesAgain() {
        shouldDropAtOnceWhatIsForAGuestThatTookNothingForTooLong();
        rig.port(1).rx[0].room = 1;
        sendTo(B, 20, 22);
        rig.turn();
        assertThat(rig.numbers(1)).containsExactly(20);
        assertThat(rig.statistics(1).droppedStalled()).as("21 waits").isEqualTo(11);

        rig.port(1).rx[0].room = 1;
        rig.turn();
        assertThat(rig.numbers(1)).containsExactly(20, 21);
    }

    @Test
    void shouldNotStallAGuestThatIsJustSlow() {
        rig.learn();
        sendTo(B, 0, 64);
        for (int i = 0; i < 64; i++) {
            rig.port(1).rx[0].room = 1;
            rig.turn();
            rig.pass(8);
        }

        assertThat(rig.numbers(1)).containsExactlyElementsOf(numbers(0, 64));
        assertThat(rig.statistics(1).droppedStalled()).isZero();
    }

    @Test
    void shouldDropTheRestAtOnceWithoutPatience() {
        rig.learn();
        rig.patience(0);
        rig.port(1).rx[0].room = 3;
        sendTo(B, 0, 10);
        rig.turn();

        assertThat(rig.numbers(1)).containsExactly(0, 1, 2);
        assertThat(rig.statistics(1).droppedStalled()).isEqualTo(7);
    }

    @Test
    void shouldGiveEverySourceItsShareOfScarceBuffers() {
        rig.learn();
        for (int i = 0; i < 50; i++) {
            rig.send(0, Frame.of(B, A, i));
            rig.send(2, Frame.of(B, C, i));
        }
        for (int i = 0; i < 20; i++) {
            rig.port(1).rx[0].room = 1;
            rig.turn();
        }

        assertThat(rig.received(1).stream().filter(frame -> frame.source().equals(A)))
                .hasSizeBetween(8, 12);
        rig.port(1).rx[0].room = 100;
        rig.turns(3);
    }

    @Test
    void shouldDropPendingPacketsOfAPortThatStops() {
        rig.learn();
        rig.port(1).rx[0].room = 0;
        sendTo(B, 0, 5);
        rig.turn();
        rig.port(1).running(false);
        rig.turn();

        assertThat(rig.statistics(1).droppedNotRunning()).isEqualTo(5);
    }

    private void sendTo(String destination, int from, int to) {
        for (int i = from; i < to; i++) {
            rig.send(0, Frame.of(destination, A, i));
        }
    }

    private static Iterable<Integer> numbers(int from, int to) {
        return IntStream.range(from, to).boxed().toList();
    }
}
