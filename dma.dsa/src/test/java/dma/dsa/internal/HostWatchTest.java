package dma.dsa.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dma.dsa.internal.engine.DsaEngine;
import dma.dsa.internal.engine.DsaSettings;
import dma.dsa.internal.host.KernelHost;
import dma.dsa.internal.testing.FakeHost;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Engines come and go as work queues do, and one line tells of each change. */
class HostWatchTest {
    @TempDir
    private Path folder;

    private final List<String> lines = new ArrayList<>();
    private final List<String> offered = new ArrayList<>();
    private final List<Boolean> servedWhenWithdrawn = new ArrayList<>();
    private FakeHost host;
    private HostWatch watch;

    @BeforeEach
    void create() {
        host = new FakeHost(folder);
        watch = new HostWatch(host, DsaSettings.DEFAULT, this::register, lines::add);
    }

    private Runnable register(final DsaEngine engine) {
        offered.add(engine.name());
        return () -> {
            servedWhenWithdrawn.add(engine.isServing());
            offered.remove(engine.name());
        };
    }

    @Test
    void shouldOfferWhatComesAndWithdrawWhatGoes() {
        watch.scan();
        assertThat(lines).containsExactly("dsa: no engine: its DSA devices have no work queues");
        lines.clear();
        host.add("wq0.0", true, 16);
        host.add("wq0.1", false, 8);
        watch.scan();
        assertThat(offered).containsExactly("dsa0/wq0.0", "dsa0/wq0.1");
        assertThat(lines).hasSize(2).allMatch(line -> line.contains(": offered: "));
        lines.clear();
        final DsaEngine first = watch.engines().getFirst();
        host.set("wq0.0/state", "disabled");
        watch.scan();
        watch.scan();
        assertThat(offered).containsExactly("dsa0/wq0.1");
        assertThat(lines)
                .containsExactly(
                        "dsa0/wq0.0: withdrawn",
                        "dsa0/wq0.0: cannot be used: it is disabled; mend it with: accel-config enable-wq dsa0/wq0.0");
        assertThat(first.isServing()).isFalse();
        host.set("wq0.0/state", "enabled");
        watch.scan();
        assertThat(offered).containsExactly("dsa0/wq0.1", "dsa0/wq0.0");
        watch.end();
        assertThat(offered).isEmpty();
        watch.scan();
        assertThat(offered).isEmpty();
    }

    /** Whoever uses a queue that works gets another engine first: an orderly end is no failure. */
    @Test
    void shouldServeToTheLastWhereTheQueueIsThere() {
        host.add("wq0.0", true, 16);
        host.add("wq0.1", false, 8);
        watch.scan();
        final List<DsaEngine> engines = watch.engines();
        host.set("wq0.0/state", "disabled");
        watch.scan();
        watch.end();
        assertThat(servedWhenWithdrawn).containsExactly(false, true);
        assertThat(engines).noneMatch(DsaEngine::isServing);
    }

    @Test
    void shouldSayNothingWhereNothingChanges() {
        host.add("wq0.0", true, 16);
        host.add("wq0.1", true, 16);
        host.set("wq0.1/type", "kernel");
        for (int i = 0; i < 10; i++) {
            watch.scan();
        }
        assertThat(lines).hasSize(2);
    }

    @Test
    void shouldOfferAQueueAnewThatWasConfiguredAnew() {
        host.add("wq0.0", true, 16);
        watch.scan();
        host.set("wq0.0/size", "32");
        watch.scan();
        assertThat(offered).containsExactly("dsa0/wq0.0");
        assertThat(watch.engines().getFirst().limits().maxInFlight()).isEqualTo(32);
        assertThat(lines).hasSize(3).last().asString().contains("32 entries");
    }

    @Test
    void shouldSayThatAModelIsAModel() {
        host.model = true;
        host.add("wq0.0", true, 16);
        watch.scan();
        assertThat(offered).containsExactly("dsa-fake0/wq0.0");
        assertThat(lines).singleElement().asString().startsWith("dsa-fake0/wq0.0 (model): offered: ");
    }

    @Test
    void shouldTellWhatThisHostHas() {
        final KernelHost kernel = new KernelHost();
        final HostWatch real = new HostWatch(kernel, DsaSettings.DEFAULT, this::register, lines::add);
        real.scan();
        real.scan();
        assertThat(lines).isNotEmpty().doesNotHaveDuplicates();
        if (!kernel.sysfs().toFile().isDirectory()) {
            assertThat(lines)
                    .containsExactly("dsa: no engine: this host has no idxd driver (/sys/bus/dsa/devices is missing);"
                            + " once it is loaded, update dma.dsa");
        }
        real.end();
    }
}
