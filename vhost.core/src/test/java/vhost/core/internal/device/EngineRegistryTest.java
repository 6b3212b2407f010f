package vhost.core.internal.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static vhost.core.internal.device.TestPort.RX;
import static vhost.core.internal.device.TestPort.TX;
import static vhost.core.internal.device.TestPort.await;

import dma.api.CopyBatch;
import dma.api.CopyStatus;
import dma.api.DmaException;
import dma.api.DmaLimits;
import dma.api.DmaOps;
import dma.api.MemoryRegion;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import vhost.core.api.QueueCounters;
import vhost.core.api.VhostEngines;
import vhost.core.internal.testing.FakeEngine;
import vhost.core.internal.testing.FakeEngine.Channel;
import vhost.core.internal.testing.GuestRam;
import vhost.core.internal.testing.Layout;

/** Engines come, go and misbehave; the traffic does not notice. */
class EngineRegistryTest {
    private final EngineRegistry engines = new EngineRegistry();

    @RegisterExtension
    final EchoRig rig = new EchoRig(engines);

    private TestPort port;

    @BeforeEach
    void open() throws Exception {
        open(Layout.SPLIT);
    }

    private void open(final Layout layout) throws Exception {
        port = rig.port("p", layout);
        rig.echo(port);
    }

    private void offer(final FakeEngine engine, final String name) {
        rig.offer(engine, name);
    }

    @Test
    void shouldGiveTheEngineCopiesOfExactlyTheThreshold() throws Exception {
        final FakeEngine engine = new FakeEngine();
        offer(engine, "fake");
        engines.want("fake", 1000);
        port.connect();
        port.echo(3, 999);
        assertThat(port.queue(TX).counters().engineCopies()).isZero();
        assertThat(port.queue(RX).counters().coreCopies()).isEqualTo(3);
        port.echo(4, 1000);
        await("counters", () -> port.queue(RX).counters().engineCopies() == 4);
        assertThat(port.queue(TX).counters().engineCopies()).isEqualTo(4);
        assertThat(port.queue(TX).counters().coreCopies()).isEqualTo(3);
        assertThat(port.queue(TX).engine()).isEqualTo("fake");
        assertThat(port.queue(TX).threshold()).isEqualTo(1000);
        engines.want("fake", 1001);
        port.echo(1, 1000);
        assertThat(port.queue(TX).counters().engineCopies()).isEqualTo(4);
        engines.want(VhostEngines.BUILTIN, 1);
        port.echo(1, 1000);
        assertThat(port.queue(TX).engine()).isEqualTo(VhostEngines.BUILTIN);
        await("channels to close", () -> engine.open().isEmpty());
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldLoseNothingWhileEnginesComeAndGo(final Layout layout) throws Exception {
        rig.close(port);
        open(layout);
        final FakeEngine[] all = {new FakeEngine(), new FakeEngine(), new FakeEngine()};
        engines.want("a", 500);
        port.connect();
        final AtomicBoolean done = new AtomicBoolean();
        final Thread control = new Thread(() -> {
            for (int i = 0; !done.get(); i++) {
                final FakeEngine engine = all[i % 3];
                offer(engine, i % 2 == 0 ? "a" : "b");
                engines.want(i % 4 < 2 ? "a" : "b", 400 + i % 3 * 300);
                engines.withdrawn(engine);
                assertThat(engine.open()).isEmpty();
                engines.want("a", 500);
            }
        });
        control.start();
        int echoes = 0;
        while (echoes < 25 || Stream.of(all).anyMatch(engine -> engine.channels.isEmpty())) {
            port.echo(20, 400 + 37 * (echoes % 25));
            echoes++;
        }
        done.set(true);
        control.join();
        final QueueCounters counters = port.queue(TX).counters();
        assertThat(counters.engineCopies() + counters.coreCopies()).isEqualTo(20 * echoes);
        assertThat(counters.redone()).isZero();
        rig.close(port);
        for (final FakeEngine engine : all) {
            assertThat(engine.channels).isNotEmpty().allSatisfy(channel -> {
                assertThat(channel.closed).isTrue();
                assertThat(channel.announced).isEmpty();
            });
        }
    }

    @Test
    void shouldAnnounceAllMemoryAndTakeItBack() throws Exception {
        final FakeEngine engine = new FakeEngine();
        offer(engine, "fake");
        engines.want("fake", 1);
        assertThat(engine.open())
                .hasSize(2)
                .allSatisfy(channel -> assertThat(channel.announced)
                        .containsExactly(rig.worker().packets().memory()));
        port.connect();
        assertThat(engine.open())
                .hasSize(2)
                .allSatisfy(channel -> assertThat(channel.announced)
                        .hasSize(3)
                        .allSatisfy(region -> assertThat(region.address() % 4096 + region.length() % 4096)
                                .isZero()));
        assertThat(engine.channels).extracting(channel -> channel.owner).containsExactly("p/rx0", "p/tx0");
        port.echo(3, 100);
        port.device.removeMemory(
                new DeviceControl.MemorySlot(port.ram.seam(), port.ram.half(), GuestRam.user(port.ram.seam()), 0, -1));
        assertThat(engine.open())
                .allSatisfy(channel -> assertThat(channel.announced).hasSize(2));
        port.device.addMemory(port.ram.upperSlot());
        assertThat(engine.open())
                .allSatisfy(channel -> assertThat(channel.announced).hasSize(3));
        port.echo(3, 100);
        port.device.disconnected("bye");
        assertThat(engine.open())
                .hasSize(2)
                .allSatisfy(channel -> assertThat(channel.announced).hasSize(1));
        engines.withdrawn(engine);
        assertThat(engine.channels).allSatisfy(channel -> {
            assertThat(channel.closed).isTrue();
            assertThat(channel.announced).isEmpty();
        });
    }

    @Test
    void shouldNotUseASecondEngineOfOneNameBeforeTheFirstHasGone() throws Exception {
        final FakeEngine first = new FakeEngine();
        final FakeEngine second = new FakeEngine();
        offer(first, "fake");
        offer(second, "fake");
        engines.want("fake", 1);
        port.connect();
        port.echo(3, 100);
        assertThat(second.channels).isEmpty();
        assertThat(engines.engines()).hasSize(1);
        engines.withdrawn(first);
        port.echo(3, 100);
        assertThat(first.open()).isEmpty();
        assertThat(second.open()).hasSize(2);
        engines.withdrawn(second);
        assertThat(engines.engines()).isEmpty();
        port.echo(3, 100);
        offer(first, "fake");
        offer(second, "fake");
        engines.withdrawn(second);
        assertThat(first.open()).hasSize(2);
        assertThat(second.open()).isEmpty();
    }

    @Test
    void shouldTellOfEngines() throws Exception {
        final FakeEngine engine = new FakeEngine(new DmaLimits(4096, 128, 64, true, true));
        offer(engine, "fake");
        engines.want("fake", 77);
        assertThat(engines.wish("p/rx0")).isEqualTo(new VhostEngines.Wish("fake", 77, "default"));
        assertThat(engines.engines())
                .containsExactly(new VhostEngines.EngineView(
                        "fake",
                        "fake",
                        "software",
                        -1,
                        4096,
                        128,
                        true,
                        "test.bundle",
                        "ok",
                        2,
                        0,
                        List.of("p/rx0", "p/tx0")));
    }

    @Test
    void shouldRespectTheEnginesLimits() throws Exception {
        final Channel[] last = new Channel[1];
        final FakeEngine engine = new FakeEngine(new DmaLimits(1000, 128, 1, true, true)) {
            @Override
            protected Channel channel(final String owner) {
                last[0] = super.channel(owner);
                last[0].keepsLengths = true;
                return last[0];
            }
        };
        offer(engine, "fake");
        engines.want("fake", 500);
        port.connect();
        for (final int length : new int[] {499, 500, 1000, 1001, 1400}) {
            port.echo(1, length);
        }
        engines.want(VhostEngines.BUILTIN, 500);
        assertThat(last[0].lengths).containsExactly(500, 1000);
    }

    @Test
    void shouldCopyItselfWhereAnEngineGivesNoChannel() throws Exception {
        final FakeEngine engine = new FakeEngine() {
            @Override
            public DmaOps open(final String owner) throws DmaException {
                throw new DmaException("no channel is free");
            }
        };
        offer(engine, "fake");
        engines.want("fake", 1);
        port.connect();
        port.echo(3, 100);
        assertThat(port.queue(TX).engine()).isEqualTo(VhostEngines.BUILTIN);
        engines.withdrawn(engine);
        final FakeEngine better = new FakeEngine();
        offer(better, "fake");
        assertThat(port.queue(TX).engine()).isEqualTo("fake");
        port.echo(3, 100);
    }

    @Test
    void shouldCopyItselfWhereAnEngineThrowsWhateverItIsAsked() throws Exception {
        offer(
                new FakeEngine() {
                    @Override
                    public DmaLimits limits() {
                        throw new IllegalStateException("limits");
                    }
                },
                "limits");
        offer(
                new FakeEngine() {
                    @Override
                    public DmaOps open(final String owner) {
                        throw new IllegalStateException("open");
                    }
                },
                "open");
        offer(
                new FakeEngine() {
                    @Override
                    public DmaOps open(final String owner) {
                        return null;
                    }
                },
                "null");
        offer(
                new FakeEngine() {
                    @Override
                    protected Channel channel(final String owner) {
                        return new Channel(owner) {
                            @Override
                            public void announce(final MemoryRegion region) {
                                throw new IllegalStateException("announce");
                            }

                            @Override
                            public void close() {
                                super.close();
                                throw new IllegalStateException("close");
                            }
                        };
                    }
                },
                "announce");
        port.connect();
        for (final String name : List.of("limits", "open", "null", "announce", "not there")) {
            engines.want(name, 1);
            port.echo(3, 100);
            assertThat(port.queue(TX).engine()).isEqualTo(VhostEngines.BUILTIN);
        }
        assertThat(engines.engines())
                .extracting(VhostEngines.EngineView::name)
                .containsExactly("announce", "null", "open");
    }

    @ParameterizedTest
    @EnumSource(Refusal.class)
    void shouldLetGoOfAnEngineThatCannotReachNewMemory(final Refusal refusal) throws Exception {
        final FakeEngine engine = new FakeEngine() {
            @Override
            protected Channel channel(final String owner) {
                return new Channel(owner) {
                    @Override
                    public void announce(final MemoryRegion region) throws DmaException {
                        if (announced.size() == 2) {
                            refusal.refuse();
                        }
                        super.announce(region);
                    }
                };
            }
        };
        offer(engine, "fake");
        engines.want("fake", 1);
        assertThat(port.queue(TX).engine()).isEqualTo("fake");
        port.connect();
        assertThat(port.queue(TX).engine()).isEqualTo(VhostEngines.BUILTIN);
        port.echo(3, 100);
        engines.withdrawn(engine);
        assertThat(engine.channels).allSatisfy(channel -> {
            assertThat(channel.closed).isTrue();
            assertThat(channel.announced).isEmpty();
        });
    }

    private enum Refusal {
        TOLD,
        THROWN;

        void refuse() throws DmaException {
            if (this == TOLD) {
                throw new DmaException("the IOMMU is full");
            }
            throw new IllegalStateException("engine's own bug");
        }
    }

    @Test
    void shouldCarryOnWithoutAnEngineThatFailed() throws Exception {
        final FakeEngine engine = new FakeEngine() {
            @Override
            protected Channel channel(final String owner) {
                return new Channel(owner) {
                    @Override
                    public int transferData(final CopyBatch batch) {
                        return copies > 5 ? CopyStatus.HALTED : super.transferData(batch);
                    }
                };
            }
        };
        offer(engine, "fake");
        engines.want("fake", 1);
        port.connect();
        port.echo(30, 100);
        assertThat(port.queue(TX).counters().redone()).isEqualTo(1);
        await(
                "the engine to be out",
                () -> port.queue(TX).engine().equals(VhostEngines.BUILTIN)
                        && port.queue(RX).engine().equals(VhostEngines.BUILTIN));
        assertThat(engines.engines().getFirst().state()).startsWith("out ").endsWith(" s: refused copies: halted");
        assertThat(engines.swaps(2))
                .allSatisfy(swap -> assertThat(swap.why()).isEqualTo("engine failed: it refused copies: halted"));
        await("the swaps to tell", () -> engines.swaps(2).stream().allMatch(swap -> swap.drainMicros() >= 0));
        assertThat(engines.swaps(2))
                .filteredOn(swap -> swap.redone() > 0)
                .allSatisfy(swap -> assertThat(swap.failure()).isEqualTo("refused copies: halted"))
                .isNotEmpty();
        assertThat(port.queue(TX).isRunning()).isTrue();
        engines.withdrawn(engine);
        assertThat(engine.open()).isEmpty();
        port.echo(3, 100);
    }

    @Test
    void shouldTellWhatEachEngineCopiedForAQueueWhenItIsReplaced() throws Exception {
        offer(new FakeEngine(), "first");
        offer(new FakeEngine(), "second");
        engines.want("first", 1);
        port.connect();
        port.echo(3, 100);
        engines.want("second", 1);
        port.echo(5, 200);
        engines.want("second", 2); // the channel stays
        port.echo(1, 300);
        engines.want(VhostEngines.BUILTIN, 1);
        await(
                "the swaps to tell",
                () -> engines.swaps(99).stream()
                        .filter(swap -> !swap.fromEngine().equals(VhostEngines.BUILTIN)
                                && !swap.fromEngine().equals(swap.toEngine()))
                        .allMatch(swap -> swap.drainMicros() >= 0));
        assertThat(engines.swaps(99))
                .filteredOn(swap -> swap.queue().endsWith("/tx0") && swap.copies() > 0)
                .extracting(VhostEngines.Swap::fromEngine, VhostEngines.Swap::copies, VhostEngines.Swap::bytes)
                .containsExactly(tuple("second", 6L, 1300L), tuple("first", 3L, 300L));
    }
}
