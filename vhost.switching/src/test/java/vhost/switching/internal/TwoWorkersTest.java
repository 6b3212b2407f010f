package vhost.switching.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static vhost.switching.internal.Rig.A;
import static vhost.switching.internal.Rig.B;
import static vhost.switching.internal.Rig.C;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import vhost.switching.ForwardingMode;

@ParameterizedClass
@EnumSource(Copies.class)
@Timeout(120)
class TwoWorkersTest {
    private static final long PACKETS = 1_000_000;

    private final Copies copies;

    TwoWorkersTest(Copies copies) {
        this.copies = copies;
    }

    @Test
    void shouldHandOverAMillionPacketsInOrderBothWays() throws InterruptedException {
        Rig rig = new Rig(copies, ForwardingMode.IO, 2);
        FakePort p0 = rig.open("p0", 1, 0);
        FakePort p1 = rig.open("p1", 1, 1);
        NumberedTraffic.InOrder to0 = send(p1, p0, B, A);
        NumberedTraffic.InOrder to1 = send(p0, p1, A, B);

        run(rig, to0, to1);

        assertThat(to0.error).isNull();
        assertThat(to1.error).isNull();
        assertThat(rig.inUse()).isZero();
    }

    @Test
    void shouldKeepOrderWhenReceiversAreSlow() throws InterruptedException {
        Rig rig = new Rig(copies, ForwardingMode.IO, 2);
        FakePort p0 = rig.open("p0", 1, 0);
        FakePort p1 = rig.open("p1", 1, 1);
        p1.rx[0].room = 0;
        NumberedTraffic.InOrder to1 = send(p0, p1, A, B, 20_000);
        start(rig);
        Random random = new Random(1);
        while (to1.next < 20_000) {
            // Buffers in dribs and drabs, with pauses in which everybody sleeps.
            p1.rx[0].room = random.nextInt(400);
            if (random.nextInt(4) == 0) {
                Thread.sleep(Duration.ofMillis(random.nextInt(3)));
            }
            Thread.yield();
        }
        stop(rig);

        assertThat(to1.error).isNull();
        assertThat(rig.inUse()).isZero();
        assertThat(rig.workers.get(1).sleeps).isPositive();
    }

    @Test
    void shouldSwitchFloodsAndUnicastAcrossWorkers() throws InterruptedException {
        Rig rig = new Rig(copies, ForwardingMode.SWITCH, 2);
        FakePort p0 = rig.open("p0", 1, 0);
        FakePort p1 = rig.open("p1", 1, 1);
        FakePort p2 = rig.open("p2", 1, 0);
        rig.learn();
        // A to everybody, B to A, C to B.
        p0.tx[0].generator = new NumberedTraffic(Frame.BROADCAST, A, PACKETS / 4);
        NumberedTraffic.InOrder to1 = expect(p1, A);
        NumberedTraffic.InOrder to2 = expect(p2, A);
        NumberedTraffic.InOrder to0 = send(p1, p0, B, A, PACKETS / 4);
        p2.tx[0].generator = new NumberedTraffic(B, C, PACKETS / 4);

        start(rig);
        await(to0, PACKETS / 4);
        await(to1, PACKETS / 4);
        await(to2, PACKETS / 4);
        stop(rig);

        assertThat(to0.error).isNull();
        assertThat(to1.error).isNull();
        assertThat(to2.error).isNull();
        assertThat(rig.inUse()).isZero();
    }

    @Test
    void shouldLoseNoWakeUp() throws InterruptedException {
        Rig rig = new Rig(copies, ForwardingMode.IO, 2);
        FakePort p0 = rig.open("p0", 1, 0);
        FakePort p1 = rig.open("p1", 1, 1);
        NumberedTraffic.InOrder to1 = expect(p1, A);
        start(rig);
        // One packet at a time, each only when the one before has arrived: one wake-up lost and this stands still.
        for (int i = 0; i < 10_000; i++) {
            long number = i;
            p0.tx[0].generator = new OneOff(number);
            rig.workers.getFirst().wake();
            await(to1, number + 1);
        }
        stop(rig);

        assertThat(to1.error).isNull();
        assertThat(rig.workers.get(1).sleeps).isGreaterThan(100);
    }

    @Test
    void shouldOpenAndClosePortsWhileOthersForward() throws InterruptedException {
        Rig rig = new Rig(copies, ForwardingMode.SWITCH, 2);
        FakePort p0 = rig.open("p0", 1, 0);
        FakePort p1 = rig.open("p1", 1, 1);
        rig.learn();
        NumberedTraffic.InOrder to1 = send(p0, p1, A, B);
        NumberedTraffic.InOrder to0 = send(p1, p0, B, A);
        start(rig);
        int rounds = 0;
        while (to1.next < PACKETS || to0.next < PACKETS || rounds < 50) {
            FakePort guest = new FakePort("guest" + rounds, 2, rig.workers, rounds % 2);
            for (int pair = 0; pair < 2; pair++) {
                guest.tx[pair].generator = new NumberedTraffic(Frame.BROADCAST, C, 1000);
                guest.rx[pair].sink = packet -> {};
            }
            rig.forwarder.opened(guest);
            Thread.sleep(Duration.ofMillis(1));
            if (rounds % 2 == 0) {
                guest.rx[0].room = 3;
            }
            rig.forwarder.closed(guest);
            rounds++;
        }
        stop(rig);

        assertThat(to0.error).isNull();
        assertThat(to1.error).isNull();
        assertThat(rig.forwarder.macTable()).hasSize(2);
        assertThat(rig.inUse()).isZero();
    }

    private static NumberedTraffic.InOrder send(FakePort from, FakePort to, String source, String destination) {
        return send(from, to, source, destination, PACKETS);
    }

    private static NumberedTraffic.InOrder send(
            FakePort from, FakePort to, String source, String destination, long packets) {
        from.tx[0].generator = new NumberedTraffic(destination, source, packets);
        return expect(to, source);
    }

    private static NumberedTraffic.InOrder expect(FakePort to, String source) {
        NumberedTraffic.InOrder sink = new NumberedTraffic.InOrder(source);
        to.rx[0].sink = sink;
        return sink;
    }

    private static void run(Rig rig, NumberedTraffic.InOrder... sinks) throws InterruptedException {
        start(rig);
        for (NumberedTraffic.InOrder sink : sinks) {
            await(sink, PACKETS);
        }
        stop(rig);
    }

    private static void await(NumberedTraffic.InOrder sink, long packets) throws InterruptedException {
        for (int i = 0; sink.next < packets; i++) {
            if (sink.error != null || Thread.interrupted()) {
                throw new AssertionError(sink.error);
            }
            if (i > 1000) {
                Thread.sleep(Duration.ofMillis(1));
            } else {
                Thread.onSpinWait();
            }
        }
    }

    private static void start(Rig rig) {
        rig.workers.forEach(FakeWorker::start);
    }

    /** Once the workers stand still, what is in flight comes back by turns made here. */
    private static void stop(Rig rig) throws InterruptedException {
        for (FakeWorker worker : rig.workers) {
            worker.stop();
        }
        rig.turns(20);
    }

    /** One packet. */
    private static final class OneOff implements FakeQueue.Generator {
        private final long number;
        private volatile boolean sent;

        OneOff(long number) {
            this.number = number;
        }

        @Override
        public int fill(vhost.core.api.PacketPool pool, long[] burst, int max) {
            if (sent) {
                return 0;
            }
            int made = new NumberedTraffic(B, A, 1).fill(pool, burst, 1);
            linux.Memory.putLong(vhost.core.api.Packet.data(burst[0]) + 16, number);
            sent = true;
            return made;
        }

        @Override
        public boolean hasMore() {
            return !sent;
        }
    }
}
