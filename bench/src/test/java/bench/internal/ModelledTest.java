package bench.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import bench.internal.Contender.Basis;
import bench.internal.Results.Case;
import bench.internal.Results.Turn;
import dma.model.pace.DevicePace;
import java.io.StringReader;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.xml.sax.InputSource;

/** A device that takes 10 ns a byte to destinations that are aligned, and twice that otherwise. */
class ModelledTest {
    private static final String ENGINE = "dsa-model0/wq0.0";
    private static final List<Contender> CONTENDERS =
            Contender.parse("builtin,cpu-worker@1," + ENGINE + "@1," + ENGINE + "@1024");
    private static final Contender ALWAYS = CONTENDERS.get(2);
    private static final Contender THRESHOLD = CONTENDERS.get(3);

    private static final DevicePace PACE = new DevicePace() {
        @Override
        public double copyNanos(final String engine, final long bytes, final int alignment) {
            return engine.equals(ENGINE) ? bytes * (alignment == 64 ? 10 : 20) : Double.NaN;
        }

        @Override
        public int takeAlignment(final String engine) {
            return 0;
        }

        @Override
        public String timing() {
            return "DSA: of a test";
        }
    };

    private final Plan plan = new Plan(Load.parse("64,2048"), List.of(Direction.RX), CONTENDERS);
    private final Results results = new Results();

    @Test
    void shouldTakeTheSlowerOfCoreAndDevice() {
        measure(1000, 4);
        assertThat(rate(ALWAYS.on(Basis.MODELLED), 0)).isCloseTo(1e9 / (64 * 20), within(1e-6));
        assertThat(rate(ALWAYS.on(Basis.MODELLED), 1)).isCloseTo(1e9 / (2048 * 20), within(1e-6));
    }

    @Test
    void shouldTakeTheAlignmentThatTheDeviceSaw() {
        measure(1000, 64);
        assertThat(rate(ALWAYS.on(Basis.MODELLED), 0)).isCloseTo(1e9 / 1000, within(1e-6));
        assertThat(rate(ALWAYS.on(Basis.MODELLED), 1)).isCloseTo(1e9 / (2048 * 10), within(1e-6));
    }

    @Test
    void shouldTakeTheCoreAloneWhereTheDeviceWasGivenNothing() {
        measure(1000, 0);
        assertThat(rate(ALWAYS.on(Basis.MODELLED), 1)).isCloseTo(1e9 / 1000, within(1e-6));
    }

    @Test
    void shouldLeaveCopiesBelowTheThresholdToTheCore() {
        measure(100, 4);
        assertThat(rate(THRESHOLD.on(Basis.MODELLED), 0)).isCloseTo(1e9 / 100, within(1e-6));
        assertThat(rate(THRESHOLD.on(Basis.MODELLED), 1)).isCloseTo(1e9 / (2048 * 20), within(1e-6));
    }

    @Test
    void shouldAddNothingForEnginesWithoutTiming() {
        assertThat(new Modelled(List.of()).addTo(results, plan)).isEmpty();
        assertThat(measure(100, 4)).allMatch(contender -> contender.engine().equals(ENGINE));
    }

    @Test
    void shouldSayWhatIsModelledAndWhatIsWanted() {
        final Plan all = plan.with(measure(100, 4));
        final List<String> lines = new ModelVerdicts(results, all).lines();
        assertThat(lines)
                .anyMatch(line -> line.contains("@1024 modelled / builtin where @1 does not pay: at least")
                        && line.contains("0.97 is wanted"))
                .anyMatch(line -> line.contains("@1 modelled / builtin at 2048 B and above")
                        && line.endsWith("1.50 is wanted, NOT met"));
        final String table = new Report(results, all, List.of(), List.of()).markdown();
        assertThat(table).contains("| " + ENGINE + "@1 | ").contains("| " + ENGINE + "@1 modelled | ");
    }

    @Test
    void shouldDrawALineForEachContender() throws Exception {
        final Plan all = plan.with(measure(100, 4));
        final String svg = new Plot(results, all, true).svg();
        final var document =
                DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(svg)));
        assertThat(document.getDocumentElement().getTagName()).isEqualTo("svg");
        assertThat(document.getElementsByTagName("polyline").getLength())
                .isEqualTo(all.contenders().size());
        for (final Contender contender : all.contenders()) {
            assertThat(svg).contains("<title>" + contender + "</title>");
        }
        assertThat(svg).contains("cold data (engines: modelled, no hardware)").doesNotContain("NaN");
    }

    private List<Contender> measure(final double coreNanos, final int alignment) {
        for (final Load load : plan.loads()) {
            for (final Contender contender : CONTENDERS) {
                final Case of = new Case(Direction.RX, load);
                results.add(new Turn(0, of, contender, 1e6, 16, 0, 0, contender.threshold(), coreNanos, alignment));
            }
        }
        return new Modelled(List.of(PACE)).addTo(results, plan);
    }

    private double rate(final Contender contender, final int load) {
        return results.rate(new Case(Direction.RX, plan.loads().get(load)), contender);
    }
}
