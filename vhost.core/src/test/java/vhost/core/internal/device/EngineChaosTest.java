package vhost.core.internal.device;

import static org.assertj.core.api.Assertions.assertThat;
import static vhost.core.internal.device.TestPort.await;

import dma.chaos.Chance;
import dma.chaos.ChaosEngine;
import dma.chaos.Fault;
import dma.chaos.Settings;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vhost.core.api.VhostEngines;
import vhost.core.internal.async.CopyChannel.Overflow;
import vhost.core.internal.testing.GuestRam;
import vhost.core.internal.testing.Layout;

/**
 * Engines that go wrong in every way but not stopping, which come and go while queues are assigned and memory changes: the
 * traffic stays whole, the engines are called as their contract says, and nothing is left open.
 */
@Timeout(120)
class EngineChaosTest {
    private static final int ENGINES = 3;

    private final EngineRegistry engines = new EngineRegistry(() -> 50 * System.nanoTime());

    private static ChaosEngine engine(final Random random) {
        final Settings.Builder settings =
                Settings.seeded(random.nextLong()).delayPolls(0, 5).abortMillis(5);
        final Fault[] rare = {
            Fault.TRANSFER_HALT,
            Fault.COMPLETION_HALT,
            Fault.TRANSFER_EXCESS,
            Fault.TRANSFER_THROW,
            Fault.COMPLETION_THROW,
            Fault.COMPLETION_MISCOUNT,
            Fault.HANG
        };
        for (final Fault fault : rare) {
            settings.with(fault, Chance.of(0.002));
        }
        final Fault[] setUp = {
            Fault.OPEN_REFUSED, Fault.OPEN_THROW, Fault.ANNOUNCE_REFUSED, Fault.WITHDRAW_REFUSED, Fault.CLOSE_THROW
        };
        for (final Fault fault : setUp) {
            settings.with(fault, Chance.of(0.05));
        }
        return new ChaosEngine(settings.with(Fault.STATUS_FAILED, Chance.of(0.01))
                .with(Fault.ABORT_SLOW, Chance.of(0.3))
                .build());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void shouldLeaveTrafficWholeAndNothingOpen(final long seed) throws Exception {
        final Random random = new Random(seed);
        final ChaosEngine[] all = new ChaosEngine[ENGINES];
        final Worker worker = Worker.start(0, -1, 50_000);
        final TestPort port =
                new TestPort("p", random.nextBoolean() ? Layout.SPLIT : Layout.PACKED, 16, List.of(worker), engines);
        final AsyncEcho echo = new AsyncEcho(worker, port.device);
        worker.attach(echo);
        final AtomicBoolean done = new AtomicBoolean();
        final AtomicReference<Throwable> failure = new AtomicReference<>();
        try {
            for (int i = 0; i < ENGINES; i++) {
                all[i] = engine(random);
                engines.offered(all[i], "e" + i, "chaos", "software", -1, "test");
            }
            port.connect();
            final Thread services = new Thread(() -> comeAndGo(all, new Random(seed + 1), done));
            final Thread rules = new Thread(() -> assign(new Random(seed + 2), done));
            for (final Thread thread : List.of(services, rules)) {
                thread.setUncaughtExceptionHandler((which, e) -> failure.set(e));
                thread.start();
            }
            for (int i = 0; i < 150; i++) {
                port.echo(10, 60 + random.nextInt(1400));
                if (i % 10 == 5) {
                    changeMemory(port);
                }
            }
            done.set(true);
            services.join();
            rules.join();
        } finally {
            done.set(true);
            worker.detach(echo);
            port.close();
            worker.close();
        }
        assertThat(failure.get()).isNull();
        await("channels to end", () -> engines.openChannels() == 0);
        for (final ChaosEngine engine : all) {
            engines.withdrawn(engine);
            assertThat(engine.violations()).isEmpty();
            assertThat(engine.openChannels()).isZero();
        }
        assertThat(engines.swapCount()).isGreaterThan(20);
        engines.close();
    }

    private void comeAndGo(final ChaosEngine[] all, final Random random, final AtomicBoolean done) {
        while (!done.get()) {
            final int which = random.nextInt(ENGINES);
            engines.withdrawn(all[which]);
            assertThat(all[which].openChannels()).isZero();
            pause(random.nextInt(20));
            engines.offered(all[which], "e" + which, "chaos", "software", -1, "test");
            pause(random.nextInt(50));
        }
    }

    private void assign(final Random random, final AtomicBoolean done) {
        while (!done.get()) {
            final String rules = "p/* e" + random.nextInt(ENGINES) + " " + 100 * random.nextInt(5) + ", p/tx0 e"
                    + random.nextInt(ENGINES) + " " + (random.nextBoolean() ? "auto" : "64");
            engines.want(new EngineSettings(
                    new Assignments(VhostEngines.BUILTIN, 1, Assignments.parse(rules)),
                    random.nextBoolean() ? Overflow.CPU : Overflow.WAIT,
                    20));
            pause(random.nextInt(10));
        }
    }

    private static void pause(final int millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void changeMemory(final TestPort port) throws DeviceException {
        port.device.removeMemory(
                new DeviceControl.MemorySlot(port.ram.seam(), port.ram.half(), GuestRam.user(port.ram.seam()), 0, -1));
        port.device.addMemory(port.ram.upperSlot());
    }
}
