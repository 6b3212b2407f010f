package vhost.switching.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static vhost.switching.internal.Rig.A;
import static vhost.switching.internal.Rig.B;
import static vhost.switching.internal.Rig.C;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import vhost.core.api.VhostPorts;
import vhost.switching.ForwardingMode;
import vhost.switching.MacEntry;

@ParameterizedClass
@EnumSource(Copies.class)
class TopologyTest {
    private final Copies copies;

    TopologyTest(Copies copies) {
        this.copies = copies;
    }

    @Test
    void shouldLetGoOfAClosedPort() {
        Rig rig = Rig.of(copies, ForwardingMode.SWITCH, 3);
        rig.learn();
        rig.port(1).rx[0].room = 0;
        rig.send(0, Frame.of(B, A, 1), Frame.of(C, A, 2));
        rig.send(1, Frame.of(C, B, 3));
        rig.port(2).rx[0].room = 0;
        rig.turn();
        assertThat(rig.inUse()).isEqualTo(3);

        FakePort closed = rig.port(1);
        rig.close(closed);
        assertThat(rig.inUse()).as("only what waits between open ports").isEqualTo(1);
        assertThat(rig.forwarder.macTable()).extracting(MacEntry::port).containsExactlyInAnyOrder("p0", "p2");

        rig.ports.getLast().rx[0].room = 10;
        rig.turn();
        assertThat(rig.inUse()).isZero();
        assertThat(rig.ports.getLast().rx[0].received).extracting(Frame::number).containsExactly(2);
        assertThat(rig.forwarder.statistics()).hasSize(2);
    }

    @Test
    void shouldNotGiveANewPortTheStationsOfTheOneBefore() {
        Rig rig = Rig.of(copies, ForwardingMode.SWITCH, 3);
        rig.learn();
        rig.close(rig.port(1));
        rig.open("new");
        rig.send(0, Frame.of(B, A, 1));
        rig.turn();

        assertThat(rig.numbers(1)).as("flooded").containsExactly(1);
        assertThat(rig.numbers(2)).as("flooded").containsExactly(1);
    }

    @Test
    void shouldPairAnewWhenAPortIsClosed() {
        Rig rig = Rig.of(copies, ForwardingMode.IO, 4);
        rig.close(rig.port(0));
        for (int i = 0; i < 3; i++) {
            rig.send(i, Frame.of(B, A, i));
        }
        rig.turns(2);

        assertThat(rig.numbers(0)).containsExactly(1);
        assertThat(rig.numbers(1)).containsExactly(0);
        assertThat(rig.numbers(2)).containsExactly(2);
    }

    @Test
    void shouldChangeItsModeWhileTrafficFlows() {
        Rig rig = Rig.of(copies, ForwardingMode.SWITCH, 2);
        rig.learn();
        Random random = new Random(3);
        int number = 0;
        for (int i = 0; i < 500; i++) {
            rig.send(0, Frame.of(B, A, number++), Frame.of(Frame.BROADCAST, A, number++));
            rig.send(1, Frame.of(A, B, number++));
            rig.port(0).rx[0].room = random.nextInt(5);
            rig.port(1).rx[0].room = random.nextInt(5);
            if (i % 7 == 0) {
                ForwardingMode[] modes = ForwardingMode.values();
                rig.mode(modes[random.nextInt(modes.length)]);
            }
            rig.turn();
        }
        rig.mode(ForwardingMode.RXONLY);
        assertThat(rig.inUse()).isZero();
        assertThat(rig.forwarder.mode()).isEqualTo(ForwardingMode.RXONLY);
    }

    @Test
    void shouldLoseNothingBetweenLosslessModes() {
        Rig rig = Rig.of(copies, ForwardingMode.IO, 2);
        int number = 0;
        for (int i = 0; i < 100; i++) {
            for (int k = 0; k < 3; k++) {
                rig.send(0, Frame.of(B, A, number++));
            }
            rig.port(1).rx[0].room = 2;
            rig.mode(i % 2 == 0 ? ForwardingMode.IO : ForwardingMode.MAC);
            rig.turn();
        }
        rig.port(1).rx[0].room = Integer.MAX_VALUE;
        rig.turns(5);

        assertThat(rig.numbers(1)).hasSize(number).isSorted();
    }

    @Test
    void shouldOpenAndClosePortsWhileTrafficFlows() {
        for (int workers = 1; workers <= 3; workers++) {
            Rig rig = new Rig(copies, ForwardingMode.SWITCH, workers);
            Random random = new Random(workers);
            for (int i = 0; i < 2000; i++) {
                if (rig.ports.size() < 2 || (random.nextInt(10) == 0 && rig.ports.size() < 8)) {
                    rig.open("p" + i, 1 + random.nextInt(3), random.nextInt(workers));
                } else if (random.nextInt(10) == 0) {
                    rig.close(rig.port(random.nextInt(rig.ports.size())));
                }
                for (FakePort port : rig.ports) {
                    int pair = random.nextInt(port.tx.length);
                    String source = String.format("52:54:00:00:%02x:%02x", random.nextInt(2), random.nextInt(5));
                    String target = String.format("52:54:00:00:%02x:%02x", random.nextInt(2), random.nextInt(5));
                    port.tx[pair].toSend.add(Frame.of(random.nextInt(5) == 0 ? Frame.BROADCAST : target, source, i));
                    port.rx[random.nextInt(port.rx.length)].room = random.nextInt(4);
                    port.rx[random.nextInt(port.rx.length)].running(random.nextInt(5) > 0);
                }
                rig.turn();
            }
            rig.forwarder.close();
            assertThat(rig.inUse()).as("%d workers", workers).isZero();
        }
    }

    @Test
    void shouldServeTheMostPortsThereCanBe() {
        Rig rig = new Rig(copies, ForwardingMode.SWITCH, 2, 4096, 0);
        for (int i = 0; i < VhostPorts.MAX_PORTS; i++) {
            rig.open("p" + i, 1, i % 2);
        }
        rig.open("one-too-many");
        rig.send(63, Frame.of(Frame.BROADCAST, A, 1));
        rig.turns(3);

        for (int i = 0; i < 63; i++) {
            assertThat(rig.numbers(i)).containsExactly(1);
        }
        assertThat(rig.numbers(63)).isEmpty();
        assertThat(rig.inUse()).isZero();
        assertThat(rig.forwarder.statistics()).hasSize(64);
    }

    @Test
    void shouldPreferQueuesOfTheSameWorker() {
        Rig rig = new Rig(copies, ForwardingMode.SWITCH, 2);
        FakePort p0 = rig.open("p0", 2, 0);
        FakePort p1 = rig.open("p1", 2, 1);
        p0.tx[0].toSend.add(Frame.of(B, A, 0));
        p0.tx[1].toSend.add(Frame.of(B, A, 1));
        rig.turn(0);
        rig.turn(1);

        assertThat(p1.rx[1].received).as("worker 0's").extracting(Frame::number).containsExactly(0);
        assertThat(p1.rx[0].received).as("worker 1's").extracting(Frame::number).containsExactly(1);
        assertThat(rig.inUse()).isZero();
    }

    @Test
    @Timeout(30)
    void shouldFinishAChangeBeforeAnInterruptIsServed() throws InterruptedException {
        Rig rig = Rig.of(copies, ForwardingMode.SWITCH, 2);
        rig.workers.forEach(FakeWorker::start);
        Thread.currentThread().interrupt();
        rig.close(rig.port(0));

        assertThat(Thread.interrupted()).isTrue();
        for (FakeWorker worker : rig.workers) {
            worker.stop();
        }
        assertThat(rig.forwarder.statistics()).hasSize(1);
        rig.ports.getFirst().tx[0].toSend.add(Frame.of(B, A, 1));
        rig.turn();
        assertThat(rig.statistics(0).filtered()).as("the only port").isEqualTo(1);
    }
}
