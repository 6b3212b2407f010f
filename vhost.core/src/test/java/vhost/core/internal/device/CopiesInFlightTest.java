package vhost.core.internal.device;

import static org.assertj.core.api.Assertions.assertThat;
import static vhost.core.internal.device.TestPort.RX;
import static vhost.core.internal.device.TestPort.TX;
import static vhost.core.internal.device.TestPort.await;

import dma.api.Completions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import vhost.core.api.PollTask;
import vhost.core.api.VhostEngines;
import vhost.core.api.VhostException;
import vhost.core.api.VhostPort;
import vhost.core.api.VhostWorker;
import vhost.core.internal.async.CopyChannel.Overflow;
import vhost.core.internal.device.DeviceControl.MemorySlot;
import vhost.core.internal.testing.FakeEngine;
import vhost.core.internal.testing.GuestRam;
import vhost.core.internal.testing.Layout;

/** What a front-end may do while copies are in flight that do not come back. */
@Timeout(60)
class CopiesInFlightTest {
    private static final int PACKETS = 3;
    private static final int LENGTH = 700;
    private static final int DEADLINE_MILLIS = 50;

    /** The deadline, twice where both rings wait for theirs, an abort, and what a busy machine adds. */
    private static final Duration SOON = Duration.ofMillis(2 * DEADLINE_MILLIS + 1000);

    private final EngineRegistry engines = new EngineRegistry();
    private final Holding engine = new Holding();

    @RegisterExtension
    final EchoRig rig = new EchoRig(engines);

    private TestPort port;
    private SleepyEcho echo;

    /** Completes nothing while it holds. */
    private static final class Holding extends FakeEngine {
        volatile boolean holds;

        @Override
        protected Channel channel(final String owner) {
            return new Channel(owner) {
                @Override
                public int completedCopies(final Completions completions) {
                    return holds ? 0 : super.completedCopies(completions);
                }
            };
        }
    }

    /** Gives the guest back what it sends, without waiting for a copy; lets its worker sleep, as {@link AsyncEcho} does not. */
    private static final class SleepyEcho implements PollTask {
        private final VhostWorker worker;
        private final VhostPort port;
        private final long[] packets = new long[EchoRig.SIZE];
        private final long[] done = new long[EchoRig.SIZE];
        private int from;
        private int to;

        SleepyEcho(final VhostWorker worker, final VhostPort port) {
            this.worker = worker;
            this.port = port;
        }

        @Override
        public int poll() {
            int moved = port.transmitq(0).submitDequeueBurst(worker.pool(), EchoRig.SIZE);
            if (from == to) {
                from = 0;
                to = port.transmitq(0).pollDequeueCompleted(packets, 0, EchoRig.SIZE);
            }
            if (from < to) {
                final int count = port.receiveq(0).submitEnqueueBurst(packets, from, to - from);
                from += count;
                moved += count;
            }
            final int back = port.receiveq(0).pollEnqueueCompleted(done, 0, EchoRig.SIZE);
            worker.pool().freeBurst(done, 0, back);
            return moved + back;
        }

        @Override
        public int beforeSleep() {
            port.transmitq(0).wantKick(true);
            port.receiveq(0).wantKick(true);
            final boolean busy = from < to
                    || port.transmitq(0).hasAvailable()
                    || port.transmitq(0).inFlight() + port.receiveq(0).inFlight() > 0;
            return busy ? 0 : -1;
        }

        @Override
        public void afterSleep() {
            port.transmitq(0).wantKick(false);
            port.receiveq(0).wantKick(false);
        }
    }

    @BeforeEach
    void offer() {
        rig.offer(engine, "e");
    }

    @AfterEach
    void stopEcho() {
        if (echo != null) {
            rig.worker().detach(echo);
        }
    }

    /** A port with an echo; {@code queues} of it are served by the engine. */
    private void open(final Layout layout, final String queues) throws Exception {
        engines.want(new EngineSettings(
                new Assignments(VhostEngines.BUILTIN, 1, Assignments.parse("p/" + queues + " e 1")),
                Overflow.CPU,
                DEADLINE_MILLIS));
        port = rig.port("p", layout);
        echo = new SleepyEcho(rig.worker(), port.device);
        rig.worker().attach(echo);
        port.connect();
        port.echo(EchoRig.SIZE + 3, LENGTH);
    }

    /** Sends packets whose copies stay in flight at the queue {@code index}. */
    private void hold(final int index) {
        engine.holds = true;
        for (int i = 0; i < PACKETS; i++) {
            port.post(LENGTH + TestPort.HEADER);
        }
        for (int i = 0; i < PACKETS; i++) {
            port.send(LENGTH);
        }
        await("copies in flight", () -> port.queue(index).inFlight() == PACKETS);
    }

    /** What was taken has been used, and reaches the other ring, which runs; its buffers come back. */
    private void arrive() {
        for (int i = 0; i < PACKETS; i++) {
            port.receive(LENGTH);
        }
        for (int i = 0; i < PACKETS; i++) {
            final boolean[] done = {false};
            await("used transmit buffer", () -> done[0] |= port.tx.pollUsed() != -1);
        }
    }

    private interface Request {
        void send() throws DeviceException;
    }

    private static void assertInTime(final Request request) throws DeviceException {
        final long begin = System.nanoTime();
        request.send();
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(SOON);
    }

    /** Stops a ring whose engine hangs: all that was taken has been used, and the base says so. */
    private void stopInTime(final int index) throws DeviceException {
        final int[] base = new int[1];
        assertInTime(() -> base[0] = port.device.stopRing(index));
        arrive();
        assertBase(index, base[0]);
    }

    private void goOn(final int index) throws DeviceException {
        port.start(index);
        engine.holds = false;
        port.echo(7, LENGTH);
    }

    private int packetsInUse() {
        final AtomicInteger count = new AtomicInteger();
        try {
            rig.worker().execute(() -> count.set(rig.worker().pool().inUse()), 1000);
        } catch (VhostException e) {
            throw new AssertionError(e);
        }
        return count.get();
    }

    private void assertBase(final int index, final int base) {
        final int expected = port.driver(index).base();
        assertThat(base).isEqualTo(port.layout == Layout.SPLIT ? expected : expected * 0x10001);
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldTellTheRightBaseInTimeWhereTheEngineOfATransmitqHangs(final Layout layout) throws Exception {
        open(layout, "tx0");
        hold(TX);
        stopInTime(TX);
        assertThat(port.queue(TX).counters().redone()).isEqualTo(PACKETS);
        goOn(TX);
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldTellTheRightBaseInTimeWhereTheEngineOfAReceiveqHangs(final Layout layout) throws Exception {
        open(layout, "rx0");
        hold(RX);
        stopInTime(RX);
        goOn(RX);
        await("all packets are back", () -> packetsInUse() == 0);
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldServeOtherPortsOfTheWorkerWhileARingWithAHungEngineStops(final Layout layout) throws Exception {
        open(layout, "tx0");
        final TestPort other = rig.port("q", layout);
        final SleepyEcho otherEcho = new SleepyEcho(rig.worker(), other.device);
        rig.worker().attach(otherEcho);
        other.connect();
        hold(TX);
        final CompletableFuture<Integer> base = CompletableFuture.supplyAsync(() -> {
            try {
                return port.device.stopRing(TX);
            } catch (DeviceException e) {
                throw new AssertionError(e);
            }
        });
        int echoed = 0;
        while (!base.isDone()) {
            other.echo(1, LENGTH);
            echoed++;
        }
        assertThat(echoed).as("packets of the other port meanwhile").isGreaterThan(1);
        arrive();
        assertBase(TX, base.join());
        rig.worker().detach(otherEcho);
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldLoseNothingWhereMemoryIsExchangedUnderAHungEngine(final Layout layout) throws Exception {
        open(layout, "*");
        hold(TX);
        assertInTime(() -> port.device.setMemoryTable(List.of(port.ram.lowerSlot())));
        engine.holds = false;
        arrive();
        port.echo(7, LENGTH);
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldFinishCopiesInFlightBeforeMemoryGoes(final Layout layout) throws Exception {
        open(layout, "*");
        hold(TX);
        final CompletableFuture<Void> change = CompletableFuture.runAsync(() -> {
            try {
                port.device.setMemoryTable(List.of(port.ram.lowerSlot()));
            } catch (DeviceException e) {
                throw new AssertionError(e);
            }
        });
        engine.holds = false;
        change.join();
        arrive();
        port.echo(7, LENGTH);
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldTakeBackAllOfARegionThatIsRemovedWithCopiesInFlight(final Layout layout) throws Exception {
        open(layout, "*");
        hold(TX);
        port.device.removeMemory(
                new MemorySlot(GuestRam.BASE, port.ram.half(), GuestRam.user(GuestRam.BASE), port.ram.half(), -1));
        assertThat(engine.open())
                .as("of the two regions and the packets, an open channel knows the lower region no more")
                .allSatisfy(channel -> assertThat(channel.announced).hasSizeLessThanOrEqualTo(2));
        engine.holds = false;
        port.device.addMemory(port.ram.lowerSlot());
        arrive();
        port.echo(7, LENGTH);
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldKeepNoPacketAndNoMemoryOfAFrontEndThatGoesWithCopiesInFlight(final Layout layout) throws Exception {
        open(layout, "rx0");
        hold(RX);
        assertInTime(() -> port.device.disconnected("it went"));
        await("all packets are back", () -> packetsInUse() == 0);
        assertThat(port.queue(RX).inFlight()).isZero();
        await(
                "the channels know no memory but the packets'",
                () -> engine.open().stream().allMatch(channel -> channel.announced.size() <= 1));
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldServeWhatIsInFlightBeforeABadChainStopsTheRing(final Layout layout) throws Exception {
        open(layout, "tx0");
        hold(TX);
        port.tx.add(0xDEAD_0000_0000L, LENGTH);
        port.kick[TX].signal();
        engine.holds = false;
        arrive();
        await("the fault", () -> port.queue(TX).counters().errors() == 1);
        assertThat(port.queue(TX).inFlight()).isZero();
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldWakeASleepingWorkerWhoseQueuesHaveAnEngine(final Layout layout) throws Exception {
        open(layout, "*");
        for (int i = 0; i < 5; i++) {
            final long sleeps = rig.worker().counters().sleeps();
            port.echo(1, LENGTH);
            // The next packet finds it asleep.
            await("the worker sleeps", () -> rig.worker().counters().sleeps() > sleeps);
        }
        assertThat(port.queue(TX).counters().engineCopies()).isPositive();
    }
}
