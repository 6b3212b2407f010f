package vhost.switching.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static vhost.switching.internal.Rig.A;
import static vhost.switching.internal.Rig.B;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import vhost.switching.ForwardingMode;

/** What engines make of a turn: packets that are neither here nor there. */
class InFlightTest {
    /** Turns that no engine of a test needs. */
    private static final int NEVER = 1_000_000;

    @Test
    void shouldForwardWhileTheNextBurstsAreCopied() {
        Rig rig = rig(ForwardingMode.IO, 1, 2);
        rig.port(0).tx[0].delay = 3;
        send(rig, B, 0, 600);
        rig.step();
        assertThat(rig.port(0).tx[0].inFlight()).isEqualTo(64);

        rig.step();
        rig.step();
        rig.step();
        assertThat(rig.port(0).tx[0].inFlight()).as("one burst came back").isEqualTo(192);
        rig.turns(3);
        assertThat(rig.numbers(1)).containsExactlyElementsOf(numbers(0, 600));
        assertThat(rig.inUse()).isZero();
    }

    @Test
    void shouldBeginNoMoreThanItMayHaveInFlight() {
        Rig rig = rig(ForwardingMode.IO, 1, 2);
        rig.port(0).tx[0].delay = NEVER;
        send(rig, B, 0, 600);
        rig.steps(20);
        assertThat(rig.port(0).tx[0].inFlight()).isEqualTo(256);
        rig.close(rig.port(0));
        assertThat(rig.inUse()).isZero();
    }

    @ParameterizedTest
    @CsvSource({"64, 1, 256", "64, 8, 256", "64, 64, 32", "64, 4096, 1", "256, 0, 256", "32, 1, 128", "1, 1, 4"})
    void shouldShareWhatMayBeInFlightAmongItsSources(int burst, int sources, int ahead) {
        assertThat(Source.ahead(burst, sources)).isEqualTo(ahead);
    }

    @Test
    void shouldTakeNothingWhileTheLastBurstWaits() {
        Rig rig = rig(ForwardingMode.IO, 1, 2);
        rig.port(1).rx[0].room = 0;
        send(rig, B, 0, 600);
        rig.turn();
        int waiting = rig.port(0).tx[0].inFlight();
        int toSend = rig.port(0).tx[0].toSend.size();
        rig.turn();

        assertThat(rig.port(0).tx[0].inFlight()).isPositive().isEqualTo(waiting);
        assertThat(rig.port(0).tx[0].toSend).isNotEmpty().hasSize(toSend);
        rig.port(1).rx[0].room = 1000;
        rig.turns(3);
        assertThat(rig.numbers(1)).containsExactlyElementsOf(numbers(0, 600));
        assertThat(rig.inUse()).isZero();
    }

    @Test
    void shouldGoBackToTheSynchronousWayUnderTraffic() {
        Rig rig = rig(ForwardingMode.IO, 1, 2);
        send(rig, B, 0, 300);
        rig.steps(6);
        for (FakePort port : rig.ports) {
            port.rx[0].engine = false;
            port.tx[0].engine = false;
        }
        send(rig, B, 300, 900);
        rig.steps(4);

        assertThat(rig.port(0).tx[0].toSend).isNotEmpty();
        assertThat(rig.port(0).tx[0].isAsync()).isFalse();
        rig.turns(15);
        assertThat(rig.numbers(1)).containsExactlyElementsOf(numbers(0, 900));
        assertThat(rig.inUse()).isZero();
    }

    @Test
    void shouldLeaveReceivedPacketsInFlightWhileTheirTargetDoesNotRun() {
        Rig rig = rig(ForwardingMode.IO, 1, 2);
        send(rig, B, 0, 100);
        rig.step();
        rig.port(1).running(false);
        rig.turn();
        assertThat(rig.port(0).tx[0].inFlight()).isEqualTo(64);
        assertThat(rig.workers.getFirst().task().beforeSleep())
                .as("nobody is kept awake by them")
                .isEqualTo(-1);
        rig.workers.getFirst().task().afterSleep();

        rig.port(1).running(true);
        rig.turns(2);
        assertThat(rig.numbers(1)).containsExactlyElementsOf(numbers(0, 100));
        assertThat(rig.inUse()).isZero();
    }

    /** The next front-end of that port is another guest. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void shouldDropWhatIsInFlightForAPortWhoseFrontEndHasGone(int workers) {
        Rig rig = rig(ForwardingMode.IO, workers, 2);
        rig.port(1).rx[0].room = 10;
        send(rig, B, 0, 100);
        rig.step();
        rig.step();
        rig.port(1).gone();
        rig.turns(20);
        assertThat(rig.port(0).tx[0].inFlight()).isZero();
        assertThat(rig.inUse()).isZero();
        assertThat(rig.statistics(1).droppedNotRunning()).isPositive();
    }

    @Test
    void shouldTakeBackWhatQueuesHaveThatStopped() {
        Rig rig = rig(ForwardingMode.SWITCH, 2, 3);
        rig.learn();
        delay(rig.port(1).rx[0], 5);
        delay(rig.port(0).tx[0], 5);
        send(rig, B, 0, 10);
        rig.steps(8);
        send(rig, Frame.BROADCAST, 10, 20);
        rig.step();
        assertThat(rig.port(1).rx[0].inFlight()).isEqualTo(10);
        assertThat(rig.port(0).tx[0].inFlight()).isEqualTo(10);
        rig.port(0).running(false);
        rig.port(1).running(false);
        rig.turns(2);

        assertThat(rig.numbers(2)).as("taken off the ring before it stopped").hasSize(10);
        assertThat(rig.inUse()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void shouldLetGoOfAPortWithPacketsInFlight(int workers) {
        for (int closed = 0; closed < 3; closed++) {
            Rig rig = rig(ForwardingMode.SWITCH, workers, 3);
            rig.learn();
            send(rig, B, 0, 10);
            send(rig, Frame.BROADCAST, 10, 20);
            rig.steps(6);
            for (FakePort port : rig.ports) {
                delay(port.rx[0], NEVER);
            }
            send(rig, B, 20, 30);
            send(rig, Frame.BROADCAST, 30, 40);
            rig.steps(6);
            delay(rig.port(0).tx[0], NEVER);
            send(rig, Frame.BROADCAST, 40, 50);
            rig.step();
            assertThat(rig.port(1).rx[0].inFlight()).isEqualTo(20);
            assertThat(rig.port(2).rx[0].inFlight()).isEqualTo(10);

            FakePort gone = rig.port(closed);
            rig.close(gone);
            assertThat(gone.rx[0].inFlight()).isZero();
            assertThat(gone.tx[0].inFlight()).isZero();
            rig.turns(2);
            while (!rig.ports.isEmpty()) {
                rig.close(rig.port(0));
            }
            assertThat(rig.inUse()).as("port %d of %d workers", closed, workers).isZero();
        }
    }

    @Test
    void shouldFreeAFloodedPacketWithItsSlowestReceiver() {
        Rig rig = rig(ForwardingMode.SWITCH, 2, 4);
        for (int i = 1; i < 4; i++) {
            delay(rig.port(i).rx[0], 10 * i);
        }
        rig.port(1).rx[0].room = 3;
        send(rig, Frame.BROADCAST, 0, 5);
        rig.steps(26);
        assertThat(rig.numbers(1)).containsExactly(0, 1, 2);
        assertThat(rig.numbers(2)).containsExactly(0, 1, 2, 3, 4);
        assertThat(rig.numbers(3)).isEmpty();
        assertThat(rig.inUse()).isEqualTo(5);

        rig.turns(2);
        assertThat(rig.numbers(3)).hasSize(5);
        assertThat(rig.inUse()).as("two wait for buffers").isEqualTo(2);
        rig.port(1).rx[0].room = 5;
        rig.turns(2);
        assertThat(rig.numbers(1)).containsExactly(0, 1, 2, 3, 4);
        assertThat(rig.inUse()).isZero();
    }

    /** FakePool notices where the dropped ones let go of the slots of those in flight. */
    @Test
    void shouldGiveHandedOverPacketsBackInOrderWhereSomeAreDropped() {
        Rig rig = tenInFlightAndTwentyWaiting();
        rig.pass(11);
        rig.step();
        assertThat(rig.statistics(1).droppedStalled()).isEqualTo(20);
        assertThat(rig.inUse()).isEqualTo(30);

        rig.port(1).rx[0].room = 10;
        send(rig, B, 30, 40);
        rig.turns(2);
        assertThat(rig.numbers(1)).containsExactlyElementsOf(concat(numbers(0, 10), numbers(30, 40)));
        assertThat(rig.inUse()).isZero();
    }

    @Test
    void shouldGiveHandedOverPacketsBackInOrderWhereTheQueueStops() {
        Rig rig = tenInFlightAndTwentyWaiting();
        rig.port(1).running(false);
        rig.step();
        assertThat(rig.statistics(1).droppedNotRunning()).isEqualTo(20);
        assertThat(rig.inUse()).isEqualTo(30);

        rig.turns(2);
        assertThat(rig.inUse()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void shouldKeepSegmentsUntilTheyAreCopied(int workers) {
        Rig rig = rig(ForwardingMode.SWITCH, workers, 2);
        rig.learn();
        delay(rig.port(1).rx[0], 12);
        TcpFrame tcp = new TcpFrame(false, 0, 0, 0, 20_000, TcpFrame.ACK, 9);
        rig.send(0, Frame.of(B, A, 1), tcp.frame(1000), Frame.of(B, A, 2), tcp.frame(500), Frame.of(B, A, 3));
        rig.steps(8);
        assertThat(rig.port(1).rx[0].inFlight()).isEqualTo(63);
        rig.turns(2);

        List<byte[]> data = rig.received(1).stream().map(Frame::data).toList();
        assertThat(data.subList(1, 21)).containsExactlyElementsOf(Arrays.asList(tcp.segments(1000)));
        assertThat(data.subList(22, 62)).containsExactlyElementsOf(Arrays.asList(tcp.segments(500)));
        assertThat(List.of(0, 21, 62))
                .extracting(i -> rig.received(1).get(i).number())
                .containsExactly(1, 2, 3);
        assertThat(rig.inUse()).isZero();
    }

    /** Every other packet is cut, which makes more runs than there is room for. */
    @Test
    void shouldHaveNoMoreInFlightThanItCanNote() {
        Rig rig = new Rig(Copies.ASYNCHRONOUS, ForwardingMode.SWITCH, 2, 4096, 512);
        rig.open("p0", 1, 0);
        rig.open("p1", 1, 1);
        rig.learn();
        delay(rig.port(1).rx[0], 400);
        TcpFrame tcp = new TcpFrame(false, 0, 0, 0, 64, TcpFrame.ACK, 9);
        for (int i = 0; i < 150; i++) {
            rig.send(0, Frame.of(B, A, i), tcp.frame(64));
        }
        rig.steps(100);
        assertThat(rig.port(1).rx[0].inFlight()).isBetween(160, 180);
        assertThat(rig.workers.get(1).task().beforeSleep()).isZero();
        rig.workers.get(1).task().afterSleep();
        rig.turns(30);

        assertThat(rig.received(1)).hasSize(300);
        assertThat(rig.inUse()).isZero();
    }

    /** One packet of each of three workers in turn: each is a run. */
    @Test
    void shouldDropNothingThatItCannotNote() {
        Rig rig = rig(ForwardingMode.SWITCH, 3, 4);
        for (int i = 0; i < 4; i++) {
            rig.send(i, Frame.of("01:80:c2:00:00:0e", station(i), 0));
        }
        rig.turns(3);
        rig.port(3).rx[0].received.clear();
        delay(rig.port(3).rx[0], 500);
        for (int i = 0; i < 100; i++) {
            for (int from = 0; from < 3; from++) {
                rig.send(from, Frame.of(station(3), station(from), i));
            }
            rig.step();
        }
        rig.step();
        rig.pass(11);
        rig.steps(3);
        assertThat(rig.port(3).rx[0].inFlight()).isBetween(InFlightRuns.CAPACITY - 2, InFlightRuns.CAPACITY);
        assertThat(rig.statistics(3).droppedStalled()).isZero();
        rig.turns(30);

        for (int from = 0; from < 3; from++) {
            String station = station(from);
            assertThat(rig.received(3).stream().filter(frame -> frame.source().equals(station)))
                    .hasSize(100)
                    .extracting(Frame::number)
                    .isSorted();
        }
        assertThat(rig.received(3)).hasSize(300);
        assertThat(rig.inUse()).isZero();
    }

    @Test
    void shouldSendTheSamePacketsAgainWhileTheyAreInFlight() {
        Rig rig = rig(ForwardingMode.TXONLY, 1, 2);
        delay(rig.port(0).rx[0], NEVER);
        rig.port(1).rx[0].room = 1000;
        rig.steps(20);
        assertThat(rig.port(0).rx[0].inFlight()).isEqualTo(FakeCopies.DESCRIPTORS);
        assertThat(rig.received(1)).hasSize(1000);

        rig.settings(new Settings(ForwardingMode.TXONLY, 300, 10, 128, 64));
        assertThat(rig.inUse()).isEqualTo(64);
        rig.step();
        rig.mode(ForwardingMode.SWITCH);
        assertThat(rig.inUse()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"RXONLY", "TXONLY"})
    void shouldDropWhatWasReceivedForAModeThatForwardsNothing(ForwardingMode mode) {
        Rig rig = rig(ForwardingMode.SWITCH, 1, 2);
        rig.port(1).rx[0].room = 0;
        send(rig, B, 0, 600);
        rig.turn();
        rig.mode(mode);
        assertThat(rig.port(0).tx[0].inFlight()).isZero();

        rig.mode(ForwardingMode.SWITCH);
        rig.port(1).rx[0].room = 0;
        assertThat(rig.inUse()).isZero();
    }

    @Test
    void shouldKeepWhatIsInFlightWhenAnotherModeForwardsIt() {
        Rig rig = rig(ForwardingMode.IO, 2, 2);
        send(rig, B, 0, 100);
        for (int i = 0; i < 30; i++) {
            rig.mode(i % 2 == 0 ? ForwardingMode.MAC : ForwardingMode.IO);
            rig.step();
        }
        assertThat(rig.numbers(1)).containsExactlyElementsOf(numbers(0, 100));
        assertThat(rig.inUse()).isZero();
    }

    @Test
    void shouldStayAwakeForWhatIsInFlight() {
        Rig rig = rig(ForwardingMode.IO, 1, 2);
        delay(rig.port(1).rx[0], 2);
        send(rig, B, 0, 1);
        rig.step();
        assertThat(rig.workers.getFirst().task().beforeSleep())
                .as("from a guest")
                .isZero();
        rig.workers.getFirst().task().afterSleep();
        while (rig.port(0).tx[0].inFlight() > 0) {
            rig.step();
        }
        assertThat(rig.workers.getFirst().task().beforeSleep()).as("to a guest").isZero();
        rig.workers.getFirst().task().afterSleep();

        int moved = 0;
        while (rig.port(1).rx[0].inFlight() > 0) {
            moved = rig.step();
        }
        assertThat(moved).as("taken back").isPositive();
        assertThat(rig.workers.getFirst().task().beforeSleep()).isEqualTo(-1);
        assertThat(rig.inUse()).isZero();
    }

    private static String station(int port) {
        return String.format("52:54:00:00:00:%02x", port);
    }

    private static Rig rig(ForwardingMode mode, int workers, int ports) {
        Rig rig = new Rig(Copies.ASYNCHRONOUS, mode, workers);
        for (int i = 0; i < ports; i++) {
            rig.open("p" + i, 1, i % workers);
        }
        return rig;
    }

    /** Handed over to the worker of the second port, whose guest has ten buffers. */
    private static Rig tenInFlightAndTwentyWaiting() {
        Rig rig = rig(ForwardingMode.SWITCH, 2, 2);
        rig.learn();
        delay(rig.port(1).rx[0], 12);
        rig.port(1).rx[0].room = 10;
        send(rig, B, 0, 30);
        rig.steps(6);
        return rig;
    }

    private static void delay(FakeQueue queue, int polls) {
        queue.delay = polls;
    }

    private static void send(Rig rig, String destination, int from, int to) {
        numbers(from, to).forEach(i -> rig.send(0, Frame.of(destination, A, i)));
    }

    private static List<Integer> numbers(int from, int to) {
        return IntStream.range(from, to).boxed().toList();
    }

    private static List<Integer> concat(List<Integer> first, List<Integer> second) {
        return IntStream.concat(first.stream().mapToInt(i -> i), second.stream().mapToInt(i -> i))
                .boxed()
                .toList();
    }
}
