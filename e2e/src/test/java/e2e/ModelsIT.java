package e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The drivers of DSA and CBDMA under full load, over models of these devices: their queues change engines, their devices
 * fail, their bundles come and go. Every packet comes back, once, in order and unharmed.
 */
@Timeout(300)
class ModelsIT {
    private static final int SWAPS = Integer.getInteger("models.swaps", 1500);
    private static final int SWAPS_AMONG_FAULTS = 120;
    private static final int BUNDLE_ROUNDS = 2;

    private static final List<String> ENGINES = new ArrayList<>(Models.ENGINES);

    static {
        ENGINES.add("cpu-inline");
    }

    /** What a copy or a channel gets over at once. */
    private static final Map<String, String> DSA_STUMBLES = Map.of(
            "fault.page", "every=50 at=100 times=2",
            "fault.error", "every=701 code=0x20",
            "fault.full", "every=100 times=20",
            "fault.list", "every=97 at=1");

    private static final Map<String, String> CBDMA_STUMBLES =
            Map.of("fault.error.every", "1500", "fault.error.bit", "8", "fault.halt.every", "2000");

    /** Copies may take so long then. */
    private static final Map<String, String> IMPATIENT = Map.of("engine", "cpu-inline", "deadline.millis", "100");

    /** Longer than that, so that the engine is out for a while; shorter than the driver waits for the rest of its copies. */
    private static final Map<String, String> DSA_HANGS = Map.of("fault.hang", "every=2000 millis=600");

    /** Until the channel is reset. */
    private static final Map<String, String> CBDMA_HANGS = Map.of("fault.hang.every", "5000");

    @BeforeAll
    static void findPeers() {
        Peers.requireSequence();
    }

    @Test
    void losesNothingByChangesAndFaults() {
        try (Scratch scratch = new Scratch();
                Platform platform = Platform.forward(scratch, "macswap", 1, "--cpu", "0", "--queues", "1");
                SequencePeer peer = SequencePeer.open("", 1, Swaps.TRAFFIC, platform.socket(0))) {
            final Control control = platform.control();
            control.configure("vhost.engines", Swaps.PATIENT);
            Models.start(control);
            final Swaps swaps = new Swaps(control, ENGINES);
            ENGINES.forEach(swaps::useAlone);
            final long before = control.swaps();
            swap(swaps, SWAPS);
            assertThat(control.swaps() - before).as("changes of engine").isEqualTo(SWAPS);
            assertThat(peer.report().isFaultless()).isTrue();

            control.configure(Models.DSA, DSA_STUMBLES);
            control.configure(Models.CBDMA, CBDMA_STUMBLES);
            ENGINES.forEach(swaps::useAlone);
            swap(swaps, SWAPS_AMONG_FAULTS);
            for (final String fault : DSA_STUMBLES.keySet()) {
                assertThat(Models.injected(control, fault)).as(fault).isPositive();
            }
            final long stumbled = Models.injectedIntoCbdma(control);
            assertThat(stumbled).as("faults of CBDMA").isPositive();
            Models.expectNoViolations(control);
            assertThat(peer.report().isFaultless()).isTrue();

            control.configure("vhost.engines", IMPATIENT);
            control.configure(Models.DSA, DSA_HANGS);
            control.configure(Models.CBDMA, CBDMA_HANGS);
            for (final String engine : List.of("dsa-model0/wq0.0", "dsa-model1/wq1.1", "cbdma-model0")) {
                swaps.useAlone("cpu-inline");
                control.run("assign port0 '*' " + engine + " 1");
                Waiting.until(
                        engine + " is out",
                        Swaps.PATIENCE,
                        () -> state(control, engine).startsWith("out"),
                        () -> control.run("engines\nstats\nmodel:dsa\nmodel:cbdma"));
            }
            assertThat(Models.injected(control, "fault.hang")).isPositive();
            assertThat(Models.injectedIntoCbdma(control)).isGreaterThan(stumbled);
            Models.heal(control);
            control.configure("vhost.engines", Swaps.PATIENT);
            for (final String engine : ENGINES) {
                swaps.useAlone(engine);
                Waiting.until(
                        engine + " has passed its probation",
                        Swaps.PATIENCE,
                        () -> state(control, engine).equals("ok"),
                        () -> control.run("engines"));
            }

            finish(control, peer, platform);
            assertThat(swaps.copies())
                    .hasSize(ENGINES.size())
                    .allSatisfy((engine, count) -> assertThat(count).as(engine).isPositive());
            System.out.println("copies while it served all queues: " + swaps.copies());
            assertThat(platform.complaints())
                    .as("what engines are out is said")
                    .anyMatch(line -> line.contains("engine cbdma-model0 is out"))
                    .anyMatch(line -> line.contains("engine dsa-model0/wq0.0 is out"));
            platform.stopAfterComplaints();
        }
    }

    @Test
    void losesNothingWhenDriversAndModelsComeAndGo() {
        try (Scratch scratch = new Scratch();
                Platform platform = Platform.forward(scratch, "macswap", 1, "--cpu", "0", "--queues", "1");
                SequencePeer peer = SequencePeer.open("", 1, Swaps.TRAFFIC, platform.socket(0))) {
            final Control control = platform.control();
            control.configure("vhost.engines", Swaps.PATIENT);
            Models.start(control);
            final Swaps swaps = new Swaps(control, ENGINES);
            for (int round = 0; round < BUNDLE_ROUNDS; round++) {
                for (final String bundle : List.of("dma.model", "dma.dsa", "dma.cbdma")) {
                    control.run("assign port0 rx0 dsa-model0/wq0.0 1\nassign port0 tx0 cbdma-model0 1");
                    restart(control, bundle);
                    control.run("assign port0 rx0 cbdma-model0 1\nassign port0 tx0 dsa-model1/wq1.1 1");
                    control.run("felix:update " + control.bundle(bundle));
                    Models.awaitEngines(control);
                    // To and from an engine that goes.
                    final CompletableFuture<Void> changes = CompletableFuture.runAsync(() -> {
                        for (int i = 0; i < 2 * ENGINES.size(); i++) {
                            swaps.tryNext();
                        }
                    });
                    restart(control, bundle);
                    changes.join();
                    Models.awaitEngines(control);
                    assertThat(peer.report().isFaultless())
                            .as("%s%n%s", bundle, platform.child().transcript())
                            .isTrue();
                }
            }
            ENGINES.forEach(swaps::useAlone);
            finish(control, peer, platform);
            platform.stop();
        }
    }

    private static void restart(final Control control, final String bundle) {
        final long id = control.bundle(bundle);
        control.run("felix:stop " + id);
        control.run("felix:start " + id);
        Models.awaitEngines(control);
    }

    private static void swap(final Swaps swaps, final int count) {
        for (int i = 0; i < count; i++) {
            swaps.next();
        }
    }

    private static String state(final Control control, final String engine) {
        return control.table("engines").stream()
                .filter(row -> row.get("ENGINE").equals(engine))
                .map(row -> row.get("STATE"))
                .findFirst()
                .orElse("gone");
    }

    private static void finish(final Control control, final SequencePeer peer, final Platform platform) {
        final SequencePeer.Report report = peer.quit();
        assertThat(report.isFaultless())
                .as("%s%n%s", peer.child().transcript(), platform.child().transcript())
                .isTrue();
        assertThat(report.received()).isEqualTo(report.sent());
        Swaps.expectNothingLeft(control);
        Models.expectNoViolations(control);
        assertThat(Models.completedByCbdma(control)).isPositive();
    }
}
