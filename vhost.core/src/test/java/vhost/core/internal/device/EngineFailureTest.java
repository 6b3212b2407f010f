package vhost.core.internal.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static vhost.core.internal.device.TestPort.RX;
import static vhost.core.internal.device.TestPort.TX;
import static vhost.core.internal.device.TestPort.await;

import dma.api.Completions;
import dma.api.DmaException;
import dma.api.DmaOps;
import dma.api.MemoryRegion;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vhost.core.api.PollTask;
import vhost.core.api.PortSpec;
import vhost.core.api.VhostEngines;
import vhost.core.api.VhostEngines.Swap;
import vhost.core.api.VhostException;
import vhost.core.internal.async.CopyChannel.Overflow;
import vhost.core.internal.testing.FakeEngine;
import vhost.core.internal.testing.FakeEngine.Channel;
import vhost.core.internal.testing.Layout;

/** Engines that hang, lie or flap: what becomes of their queues, and of the engines. */
@Timeout(60)
class EngineFailureTest {
    private final AtomicLong clock = new AtomicLong(1);
    private final EngineRegistry engines = new EngineRegistry(clock::get);
    private final CountDownLatch release = new CountDownLatch(1);

    @RegisterExtension
    final EchoRig rig = new EchoRig(engines);

    private TestPort port;

    /** Completes nothing while it hangs. */
    private static final class Hanging extends FakeEngine {
        volatile boolean hangs;
        volatile boolean stops = true;
        volatile CountDownLatch abortWaits = new CountDownLatch(0);
        final Set<String> aborters = ConcurrentHashMap.newKeySet();

        @Override
        protected Channel channel(final String owner) {
            return new Channel(owner) {
                @Override
                public int completedCopies(final Completions completions) {
                    return hangs ? 0 : super.completedCopies(completions);
                }

                @Override
                public boolean abort() {
                    aborters.add(Thread.currentThread().getName());
                    try {
                        abortWaits.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                    return super.abort() && stops;
                }
            };
        }
    }

    @BeforeEach
    void open() throws Exception {
        port = rig.port("p", Layout.SPLIT);
        rig.echo(port);
    }

    @AfterEach
    void letAbortsEnd() {
        release.countDown();
    }

    private void offer(final FakeEngine engine, final String name) {
        rig.offer(engine, name);
    }

    private void assign(final String rules) {
        engines.want(new EngineSettings(
                new Assignments(VhostEngines.BUILTIN, 1, Assignments.parse(rules)), Overflow.CPU, 50));
    }

    private void pass(final long millis) {
        clock.addAndGet(millis * 1_000_000);
        engines.lookAtBreakers();
    }

    private List<String> served() {
        return engines.engines().getFirst().queues();
    }

    private void awaitOut() {
        await("the engine to be out", () -> served().isEmpty());
    }

    @Test
    void shouldRedoWhatHangsAndTakeTheEngineBackOnProbation() throws Exception {
        final Hanging engine = new Hanging();
        offer(engine, "e");
        engines.want("e", 1);
        port.connect();
        port.echo(3, 100);
        engine.hangs = true;
        port.echo(3, 100);
        awaitOut();
        assertThat(engine.aborters).containsExactly("vhost-abort");
        assertThat(engines.engines().getFirst().state()).isEqualTo("out 1 s: has not finished a copy within 100 ms");
        await("failed channels to close", () -> engine.open().isEmpty());
        await(
                "counters",
                () -> port.queue(TX).counters().redone()
                                + port.queue(RX).counters().redone()
                        > 0);
        port.echo(3, 100);

        engine.hangs = false;
        pass(999);
        assertThat(served()).isEmpty();
        pass(1);
        assertThat(engines.engines().getFirst().state()).isEqualTo("probation");
        assertThat(served()).hasSize(1);
        port.echo(3, 100);
        pass(1000);
        assertThat(engines.engines().getFirst().state()).isEqualTo("ok");
        assertThat(served()).containsExactly("p/rx0", "p/tx0");
        port.echo(3, 100);
        assertThat(engines.swaps(99))
                .extracting(Swap::why)
                .containsOnlyOnce("engine works again")
                .containsOnlyOnce("probation")
                .contains("engine failed: it has not finished a copy within 100 ms", "assigned");
    }

    @Test
    void shouldKeepAnEngineOutForLongerThatFailsOnProbation() throws Exception {
        final Hanging engine = new Hanging();
        offer(engine, "e");
        engines.want("e", 1);
        port.connect();
        engine.hangs = true;
        for (int backOff = 1; backOff <= 4; backOff *= 2) {
            port.echo(3, 100);
            awaitOut();
            assertThat(engines.engines().getFirst().state()).startsWith("out " + backOff + " s");
            pass(1000 * backOff);
            assertThat(served()).hasSize(1);
        }
        port.echo(3, 100);
    }

    @Test
    void shouldLetAnotherQueueTryWhereTheFirstHasNothingToDo() throws Exception {
        final Hanging engine = new Hanging();
        offer(engine, "e");
        engines.want("e", 1);
        port.connect();
        engine.hangs = true;
        port.echo(1, 100);
        awaitOut();
        engine.hangs = false;
        assign("p/rx0 e 1, p/tx0 e 1000");
        pass(1000);
        assertThat(served()).hasSize(1);
        for (int i = 0; i < 3 && !engines.engines().getFirst().state().equals("ok"); i++) {
            port.echo(2, 100); // too short for the engine on tx0
            pass(1000);
        }
        assertThat(served()).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldNeverGiveBackMemoryOfAnEngineThatDoesNotStop(final boolean hangsInAbort) throws Exception {
        final Hanging engine = new Hanging();
        engine.stops = false;
        engine.hangs = true;
        if (hangsInAbort) {
            engine.abortWaits = release;
        }
        offer(engine, "e");
        assign("p/tx0 e 1");
        port.connect();
        final Channel channel = engine.open().getFirst();
        final List<MemoryRegion> announced = List.copyOf(channel.announced);
        assertThat(announced).hasSize(3);
        port.post(2000);
        port.send(100);
        awaitOut();
        await("quarantine", () -> announced.stream().allMatch(engines::isQuarantined));
        await("the swap to tell", () -> engines.swaps(1).getFirst().quarantined());
        assertThat(engines.memoryChanged(
                        List.of(port.queue(RX), port.queue(TX)),
                        List.of(announced.get(1), new MemoryRegion(4096, 4096)),
                        List.of()))
                .containsExactly(announced.get(1));
        final long begin = System.nanoTime();
        engines.withdrawn(engine);
        assertThat(System.nanoTime() - begin).isLessThan(1_000_000_000L);
        assertThat(channel.closed).isFalse();
        assertThat(channel.announced).isEqualTo(announced);
        assertThat(engines.openChannels()).isZero();
    }

    @Test
    void shouldServeOthersWhileAnAbortHangs() throws Exception {
        rig.stopEcho();
        final AsyncEcho async = new AsyncEcho(rig.worker(), port.device);
        rig.worker().attach(async);
        final Hanging bad = new Hanging();
        bad.abortWaits = release;
        final FakeEngine good = new FakeEngine();
        offer(bad, "bad");
        offer(good, "good");
        assign("p/tx0 bad 1");
        port.connect();
        bad.hangs = true;
        port.post(2000);
        port.send(100);
        await("abort", () -> !bad.aborters.isEmpty());
        final TestPort other = new TestPort("q", Layout.PACKED, 16, List.of(rig.worker()), engines);
        try {
            other.connect();
            final long begin = System.nanoTime();
            assign("p/tx0 bad 1, q/* good 1");
            assertThat(other.queue(RX).engine()).isEqualTo("good");
            assign("p/tx0 bad 1");
            await("the good one to close", () -> good.open().isEmpty());
            assertThat(System.nanoTime() - begin).isLessThan(900_000_000L);
            release.countDown();
            port.receive(100);
        } finally {
            rig.worker().detach(async);
            other.close();
        }
    }

    @Test
    void shouldLeaveNothingBehindOfEnginesThatComeAndGoFast() throws Exception {
        port.connect();
        engines.want("e", 1);
        final List<WeakReference<FakeEngine>> gone = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            final FakeEngine engine = new FakeEngine();
            offer(engine, "e");
            if (i % 10 == 0) {
                port.echo(1, 300);
            }
            engines.withdrawn(engine);
            assertThat(engine.channels).hasSize(2).allMatch(channel -> channel.closed);
            assertThat(engine.channels).allMatch(channel -> channel.announced.isEmpty());
            gone.add(new WeakReference<>(engine));
        }
        assertThat(engines.openChannels()).isZero();
        assertThat(engines.engines()).isEmpty();
        assertThat(port.queue(TX).engine()).isEqualTo(VhostEngines.BUILTIN);
        await("engines to be collected", () -> {
            System.gc();
            return gone.stream().allMatch(reference -> reference.get() == null);
        });
    }

    @Test
    void shouldForgetAnEngineThatGoesWhileItIsOut() throws Exception {
        Hanging engine = new Hanging();
        offer(engine, "e");
        engines.want("e", 1);
        port.connect();
        engine.hangs = true;
        port.echo(1, 100);
        awaitOut();
        engines.withdrawn(engine);
        final WeakReference<FakeEngine> gone = new WeakReference<>(engine);
        engine = null;
        offer(new FakeEngine(), "e");
        assertThat(served()).as("a new one of that name is believed at once").hasSize(2);
        port.echo(3, 100);
        await("the engine to be collected", () -> {
            System.gc();
            return gone.get() == null;
        });
    }

    @Test
    void shouldLoseNothingWhileSeveralEnginesComeAndGoAndQueuesChange() throws Exception {
        final FakeEngine[] all = {new FakeEngine(), new FakeEngine(), new FakeEngine()};
        port.connect();
        final AtomicBoolean done = new AtomicBoolean();
        final AtomicInteger rounds = new AtomicInteger();
        final Thread services = new Thread(() -> {
            for (int i = 0; !done.get(); i++) {
                final FakeEngine engine = all[i % 3];
                offer(engine, "e" + i % 3);
                Thread.yield();
                if (i % 5 != 0) {
                    engines.withdrawn(engine);
                    assertThat(engine.open()).isEmpty();
                } else {
                    engines.withdrawn(all[(i + 1) % 3]);
                    engines.withdrawn(engine);
                }
                rounds.incrementAndGet();
            }
        });
        final Thread rules = new Thread(() -> {
            for (int i = 0; !done.get(); i++) {
                assign("*/* e" + i % 3 + " 1, p/rx0 e" + i % 2 + " " + 100 * (i % 5));
            }
        });
        services.start();
        rules.start();
        for (int i = 0; i < 40 || rounds.get() < 200; i++) {
            port.echo(20, 100 + 31 * (i % 40));
        }
        done.set(true);
        services.join();
        rules.join();
        assertThat(port.queue(TX).counters().redone()).isZero();
        rig.close(port);
        assertThat(engines.openChannels()).isZero();
        for (final FakeEngine engine : all) {
            assertThat(engine.open()).isEmpty();
        }
    }

    @Test
    void shouldKeepTheChannelWhereOnlyTheThresholdChanges() throws Exception {
        final FakeEngine engine = new FakeEngine();
        offer(engine, "e");
        assign("*/* e 100");
        port.connect();
        port.echo(2, 200);
        assign("*/* e 300");
        assertThat(port.queue(RX).threshold()).isEqualTo(300);
        port.echo(2, 200);
        assertThat(engine.channels).hasSize(2);
        assertThat(engines.swaps(1).getFirst())
                .satisfies(swap -> assertThat(swap.fromThreshold()).isEqualTo(100))
                .satisfies(swap -> assertThat(swap.toThreshold()).isEqualTo(300));
    }

    @Test
    void shouldAskAgainForAChannelWhenOneHasBecomeFree() throws Exception {
        final FakeEngine engine = new FakeEngine() {
            @Override
            public DmaOps open(final String owner) throws DmaException {
                if (!open().isEmpty()) {
                    throw new DmaException("its only channel is taken");
                }
                return super.open(owner);
            }
        };
        offer(engine, "e");
        assign("p/rx0 e 1");
        assign("p/rx0 e 1, p/tx0 e 1");
        port.connect();
        assertThat(served()).containsExactly("p/rx0");
        port.echo(3, 100);
        assign("p/tx0 e 1");
        await("the other queue to get it", () -> served().equals(List.of("p/tx0")));
        port.echo(3, 100);
    }

    @Test
    void shouldDoAsAnApplicationWants() throws Exception {
        final FakeEngine engine = new FakeEngine();
        offer(engine, "e");
        port.connect();
        assertThatThrownBy(() -> port.queue(TX).registerAsyncChannel("f", 1))
                .isInstanceOf(VhostException.class)
                .hasMessage("p/tx0: no engine 'f'; there are e");
        port.queue(TX).registerAsyncChannel("e", 64);
        assertThat(served()).containsExactly("p/tx0");
        assign("*/* builtin 1");
        assertThat(served()).containsExactly("p/tx0");
        assertThat(engines.wish("p/tx0").why()).isEqualTo("the application");
        engines.withdrawn(engine);
        assertThat(port.queue(TX).engine()).isEqualTo(VhostEngines.BUILTIN);
        port.echo(3, 100);
        offer(engine, "e");
        assertThat(served()).containsExactly("p/tx0");
        port.queue(TX).unregisterAsyncChannel();
        assertThat(served()).isEmpty();
        port.echo(3, 100);
    }

    @Test
    void shouldChangeManyQueuesAtATime() throws Exception {
        final FakeEngine slow = new FakeEngine() {
            @Override
            public DmaOps open(final String owner) throws DmaException {
                try {
                    Thread.sleep(10);
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
                return super.open(owner);
            }
        };
        offer(slow, "e");
        final VhostDevice many = new VhostDevice(
                new PortSpec("many", Path.of("/tmp/unused"), false, 32, 0), 0, List.of(rig.worker()), engines);
        final long begin = System.nanoTime();
        assign("many/* e 1");
        assertThat(served()).hasSize(64);
        assertThat(System.nanoTime() - begin).isLessThan(500_000_000L);
        many.close();
        assertThat(slow.open()).isEmpty();
    }

    @Test
    void shouldSayWhichQueuesOwnersDoNotAnswer() throws Exception {
        final FakeEngine engine = new FakeEngine();
        offer(engine, "e");
        port.connect();
        final AtomicBoolean stuck = new AtomicBoolean();
        final AtomicBoolean noticed = new AtomicBoolean();
        final PollTask task = new PollTask() {
            @Override
            public int poll() {
                while (stuck.get()) {
                    noticed.set(true);
                    Thread.onSpinWait();
                }
                return 1;
            }

            @Override
            public int beforeSleep() {
                return 0;
            }

            @Override
            public void afterSleep() {
                // nothing to undo
            }
        };
        rig.worker().attach(task);
        stuck.set(true);
        await("the worker to be stuck", noticed::get);
        final long begin = System.nanoTime();
        assign("*/* e 1");
        assertThat(System.nanoTime() - begin).isBetween(1_900_000_000L, 3_500_000_000L);
        assertThat(engines.unsettled()).containsExactly("p/rx0", "p/tx0");
        assertThat(engine.open()).isEmpty();
        stuck.set(false);
        assign("*/* e 1");
        assertThat(engines.unsettled()).isEmpty();
        port.echo(3, 100);
        rig.worker().detach(task);
    }
}
