package vhost.core.internal.device;

import static org.assertj.core.api.Assertions.assertThat;
import static vhost.core.internal.device.TestPort.RX;
import static vhost.core.internal.device.TestPort.TX;

import dma.api.DmaException;
import dma.api.DmaOps;
import dma.api.MemoryRegion;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import vhost.core.api.PortSpec;
import vhost.core.api.VhostEngines;
import vhost.core.internal.testing.FakeEngine;
import vhost.core.internal.testing.Layout;

/** Engines that serve some of the queues that they are wished for, and what people are told of the others. */
class EngineRefusalTest {
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final EngineRegistry engines = new EngineRegistry(System::nanoTime, (level, line) -> lines.add(line));

    @RegisterExtension
    final EchoRig rig = new EchoRig(engines);

    /** Has channels for so many queues. */
    private static final class Small extends FakeEngine {
        private final int most;

        Small(final int most) {
            this.most = most;
        }

        @Override
        public synchronized DmaOps open(final String owner) throws DmaException {
            if (open().size() == most) {
                throw new DmaException("no channel for " + owner + "; take another engine");
            }
            return super.open(owner);
        }
    }

    @Test
    void shouldTellInOneLineOfAllQueuesThatGetNoChannel() throws Exception {
        final Small engine = new Small(5);
        rig.offer(engine, "small");
        engines.want("small", 1);
        final VhostDevice device = new VhostDevice(
                new PortSpec("p", Path.of("/tmp/unused"), false, 8, 0), 0, List.of(rig.worker()), engines);
        try {
            assertThat(lines)
                    .containsExactly("engine small does not serve 11 of 16 queues, the core copies for them; of p/tx2:"
                            + " no channel for p/tx2; take another engine");
            assertThat(engine.channels)
                    .extracting(channel -> channel.owner)
                    .containsExactly("p/rx0", "p/tx0", "p/rx1", "p/tx1", "p/rx2");
            assertThat(engines.explain("p/rx7").why())
                    .endsWith("; it does not serve it: no channel for p/rx7; take another engine");
            assertThat(engines.explain("p/rx2").why()).doesNotContain("not");
        } finally {
            device.close();
        }
    }

    @Test
    void shouldNotRepeatWhatHasNotChanged() throws Exception {
        rig.offer(new Small(1), "small");
        engines.want("small", 1);
        final TestPort port = rig.port("p", Layout.SPLIT);
        rig.echo(port);
        assertThat(lines).hasSize(1);
        port.connect();
        engines.want("small", 2);
        port.echo(3, 100);
        assertThat(port.queue(RX).engine()).isEqualTo("small");
        assertThat(port.queue(TX).engine()).isEqualTo(VhostEngines.BUILTIN);
        assertThat(lines).hasSize(1);

        engines.want(VhostEngines.BUILTIN, 1);
        engines.want("small", 1);
        assertThat(lines).hasSize(2);
    }

    @Test
    void shouldTellInOneLineOfMemoryThatCannotBeReached() throws Exception {
        rig.offer(
                new FakeEngine() {
                    @Override
                    protected Channel channel(final String owner) {
                        return new Channel(owner) {
                            @Override
                            public void announce(final MemoryRegion region) throws DmaException {
                                if (!announced.isEmpty()) {
                                    throw new DmaException("the IOMMU is full");
                                }
                                super.announce(region);
                            }
                        };
                    }
                },
                "near");
        engines.want("near", 1);
        final TestPort port = rig.port("p", Layout.SPLIT);
        rig.echo(port);
        assertThat(lines).isEmpty();
        port.connect();
        assertThat(lines)
                .containsExactly("engine near does not serve 2 of 2 queues, the core copies for them; of p/rx0: the"
                        + " IOMMU is full");
    }
}
