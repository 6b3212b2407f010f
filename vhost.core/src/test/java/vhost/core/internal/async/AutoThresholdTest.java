package vhost.core.internal.async;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is learned from what bursts cost, with costs that the test makes up. */
class AutoThresholdTest {
    private static final int BURST = 32;
    private static final int[] ALL_SIZES = {60, 128, 200, 300, 700, 1024, 1514, 3000, 5000, 9000, 20_000, 60_000};

    private final AutoThreshold auto = new AutoThreshold();
    private IntToDoubleFunction coreNanos = length -> 20 + length / 8.0;
    private IntToDoubleFunction engineNanos = length -> 100;
    private int otherwise;

    /** Bursts of packets of these lengths in turn. */
    private void run(final int bursts, final int... lengths) {
        for (int i = 0; i < bursts; i++) {
            final int usual = auto.threshold();
            final int threshold = auto.begin();
            otherwise += threshold != usual ? 1 : 0;
            if (auto.isSampling()) {
                double nanos = 0;
                for (int packet = 0; packet < BURST; packet++) {
                    final int length = lengths[(i + packet) % lengths.length];
                    auto.packet(length);
                    nanos += (length < threshold ? coreNanos : engineNanos).applyAsDouble(length);
                }
                auto.end(Math.round(nanos));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 0", "64, 0", "65, 1", "128, 1", "129, 2", "1024, 4", "1025, 5", "65536, 10", "1000000, 10"})
    void shouldPutLengthsIntoClassesThatDouble(final int length, final int sizeClass) {
        assertThat(AutoThreshold.classOf(length)).isEqualTo(sizeClass);
    }

    @Test
    void shouldBeginWithAGuess() {
        assertThat(auto.threshold()).isEqualTo(1025);
    }

    /** The core costs 20 ns and a byte an eighth of one: 100 ns are spent at 640 bytes. */
    @Test
    void shouldFindWhereTheEngineBeginsToPayInAMix() {
        run(20_000, ALL_SIZES);
        assertThat(auto.threshold()).isBetween(513, 1025);
    }

    @ParameterizedTest
    @CsvSource({"64, false", "300, false", "1514, true", "9000, true"})
    void shouldUseTheEngineForTrafficThatItPaysFor(final int length, final boolean engine) {
        run(5000, length);
        assertThat(auto.threshold() <= length).isEqualTo(engine);
    }

    @Test
    void shouldNeverUseAnEngineThatIsAlwaysDearer() {
        engineNanos = length -> 50 + length;
        run(20_000, ALL_SIZES);
        assertThat(auto.threshold()).isGreaterThan(60_000);
    }

    @Test
    void shouldAlwaysUseAnEngineThatIsAlwaysCheaper() {
        engineNanos = length -> 5;
        run(20_000, 64, 128, 256);
        assertThat(auto.threshold()).isLessThanOrEqualTo(64);
    }

    @Test
    void shouldFollowAnEngineThatBecomesDearerAndCheaperAgain() {
        run(5000, 1514);
        assertThat(auto.threshold()).isLessThanOrEqualTo(1514);
        engineNanos = length -> 400;
        run(50_000, 1514);
        assertThat(auto.threshold()).isGreaterThan(1514);
        engineNanos = length -> 100;
        run(50_000, 1514);
        assertThat(auto.threshold()).isLessThanOrEqualTo(1514);
    }

    @Test
    void shouldFollowTrafficThatBecomesLonger() {
        run(20_000, 64);
        assertThat(auto.threshold()).isGreaterThan(64);
        run(20_000, 9000);
        assertThat(auto.threshold()).isLessThanOrEqualTo(9000);
        run(20_000, 64, 9000);
        assertThat(auto.threshold()).isBetween(65, 9000);
    }

    @Test
    void shouldNotFlapWhereBothCostTheSame() {
        run(5000, 1514);
        final int before = auto.threshold();
        for (int i = 0; i < 50; i++) {
            final double factor = i % 2 == 0 ? 1.03 : 0.97;
            engineNanos = length -> coreNanos.applyAsDouble(length) * factor;
            run(5000, 1514);
            assertThat(auto.threshold()).isEqualTo(before);
        }
    }

    @Test
    void shouldNotBeMisledByBurstsThatWereInterrupted() {
        run(20_000, 64, 4096);
        final int before = auto.threshold();
        final IntToDoubleFunction usual = engineNanos;
        for (int i = 0; i < 20; i++) {
            engineNanos = length -> 1_000_000;
            run(6, 64, 4096);
            engineNanos = usual;
            run(1000, 64, 4096);
            assertThat(auto.threshold()).isEqualTo(before);
        }
    }

    @Test
    void shouldForgetAnEngineAndKeepTheProcessor() {
        run(5000, 300);
        assertThat(auto.threshold()).isGreaterThan(300);
        auto.forgetEngine();
        assertThat(auto.report().engineNanos()).containsOnly(0);
        assertThat(auto.report().coreNanos()[AutoThreshold.classOf(300)]).isPositive();
        engineNanos = length -> 30;
        run(5000, 300);
        assertThat(auto.threshold()).isLessThanOrEqualTo(300);
    }

    @Test
    void shouldTellWhatEachSizeCostsEitherWay() {
        run(20_000, 64, 4096);
        final AutoThreshold.Report report = auto.report();
        final int small = AutoThreshold.classOf(64);
        final int large = AutoThreshold.classOf(4096);
        assertThat(report.seen()[small]).isEqualTo(report.seen()[large]).isPositive();
        // A packet of this mix: half of them short.
        assertThat(report.coreNanos()[large]).isBetween(270.0, 290.0);
        assertThat(report.engineNanos()[large]).isBetween(60.0, 68.0);
        assertThat(report.coreNanos()[small]).isEqualTo(report.engineNanos()[large]);
        assertThat(report.engineNanos()[small]).isBetween(95.0, 105.0);
    }

    @ParameterizedTest
    @ValueSource(ints = {64, 4096})
    void shouldTrySeldomOnceItKnows(final int length) {
        run(20_000, length);
        otherwise = 0;
        run(102_400, length);
        assertThat(otherwise).isBetween(1, 1600);
    }
}
