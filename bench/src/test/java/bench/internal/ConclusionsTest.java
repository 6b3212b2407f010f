package bench.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import bench.internal.Results.Case;
import bench.internal.Results.Turn;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConclusionsTest {
    private static final List<Contender> CONTENDERS =
            Contender.parse("cpu-inline@1,cpu-worker@1,cpu-worker@1024,cpu-worker@auto");
    private static final List<Load> LOADS = Load.parse("64,1024,4096");

    @Test
    void shouldInterpolateTheCrossingOverTheLogarithmOfTheSize() {
        assertThat(Conclusions.cross(256, 0.5, 1024, 1.5)).isCloseTo(512, within(1e-6));
    }

    @Test
    void shouldTellRatiosAndWhereItPays() {
        final List<String> lines = lines(1.0);
        assertThat(lines).contains("rx: cpu-worker@1 / cpu-inline@1: 64 B 0.50, 1024 B 0.50, 4096 B 1.50");
        assertThat(lines).contains("rx: cpu-worker@1 pays from about 2048 B on");
        assertThat(lines).contains("rx: at 4096 B and above at least 1.50 (4096 B): 1.50 is wanted, met");
        assertThat(lines)
                .contains(
                        "rx: at 64 B with the threshold on, cpu-worker@1024 / cpu-inline@1: 1.00: 0.97 is wanted, met");
    }

    @Test
    void shouldHoldTheLearnedThresholdAgainstTheBestFixedOne() {
        assertThat(lines(0.96)).last().asString().contains("worst 0.96").contains("may become the default");
        assertThat(lines(0.94)).last().asString().contains("NOT within 5 %").contains("must not become the default");
    }

    @Test
    void shouldLeaveOutRoundsWhoseWindowsWereAllDisturbed() {
        final Results results = new Results();
        final Case of = new Case(Direction.RX, LOADS.getFirst());
        for (int round = 0; round < 3; round++) {
            results.add(turn(round, of, CONTENDERS.get(0), 10, 16));
            results.add(turn(round, of, CONTENDERS.get(1), round == 0 ? 20 : 1, round == 0 ? 16 : 0));
        }
        assertThat(results.ratio(of, CONTENDERS.get(1), CONTENDERS.get(0))).isEqualTo(2);
        assertThat(results.rate(of, CONTENDERS.get(1))).isEqualTo(20);
    }

    /** Rates by contender, and what {@code auto} makes of the best of them. */
    private static List<String> lines(final double auto) {
        final Results results = new Results();
        for (final Load load : LOADS) {
            final Case of = new Case(Direction.RX, load);
            final boolean large = load.longest() >= 4096;
            final double[] rates = {1, large ? 1.5 : 0.5, large ? 1.5 : 1, auto * (large ? 1.5 : 1)};
            for (int i = 0; i < rates.length; i++) {
                results.add(turn(0, of, CONTENDERS.get(i), rates[i], 16));
            }
        }
        return new Conclusions(results, new Plan(LOADS, List.of(Direction.RX), CONTENDERS)).lines();
    }

    private static Turn turn(
            final int round, final Case of, final Contender contender, final double rate, final int windows) {
        return new Turn(round, of, contender, rate, windows, 16 - windows, 0, 1, 10, 64);
    }
}
