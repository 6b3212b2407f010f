package vhost.core.internal.async;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import vhost.core.internal.async.AutoThreshold.Sample;

/** What is learned from what bursts cost, with costs that the test makes up. */
class AutoThresholdTest {
    private static final int BURST = 32;
    private static final int[] ALL_SIZES = {60, 128, 200, 300, 700, 1024, 1514, 3000, 5000, 9000, 20_000, 60_000};

    private final AutoThreshold auto = new AutoThreshold();
    private IntToDoubleFunction coreNanos = length -> 20 + length / 8.0;
    private IntToDoubleFunction engineNanos = length -> 100;
    private int coreBursts;
    private int engineBursts;

    /** Bursts of packets of these lengths in turn. */
    private void run(final int bursts, final int... lengths) {
        for (int i = 0; i < bursts; i++) {
            final Sample sample = auto.begin();
            coreBursts += sample == Sample.CORE ? 1 : 0;
            engineBursts += sample == Sample.ENGINE ? 1 : 0;
            if (auto.isSampling()) {
                double nanos = 0;
                for (int packet = 0; packet < BURST; packet++) {
                    final int length = lengths[(i + packet) % lengths.length];
                    auto.packet(length);
                    nanos +=
                            sample == Sample.CORE ? coreNanos.applyAsDouble(length) : engineNanos.applyAsDouble(length);
                }
                auto.end(Math.round(nanos));
            }
        }
    }

    private void runEach(final int bursts) {
        for (final int length : ALL_SIZES) {
            run(bursts, length);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 0", "64, 0", "65, 1", "128, 1", "129, 2", "1024, 4", "1025, 5", "65536, 10", "1000000, 10"})
    void shouldPutLengthsIntoClassesThatDouble(final int length, final int sizeClass) {
        assertThat(AutoThreshold.classOf(length)).isEqualTo(sizeClass);
    }

    @Test
    void shouldBeginWithAGuess() {
        assertThat(auto.threshold()).isEqualTo(1024);
    }

    /** The core costs 20 ns and a byte an eighth of one: 100 ns are spent at 640 bytes. */
    @Test
    void shouldFindWhereTheEngineBeginsToPay() {
        runEach(2048);
        assertThat(auto.threshold()).isEqualTo(513);
    }

    @Test
    void shouldNeverUseAnEngineThatIsAlwaysDearer() {
        engineNanos = length -> 50 + length;
        runEach(2048);
        assertThat(auto.threshold()).isEqualTo(Integer.MAX_VALUE);
    }

    @Test
    void shouldAlwaysUseAnEngineThatIsAlwaysCheaper() {
        engineNanos = length -> 5;
        runEach(2048);
        assertThat(auto.threshold()).isEqualTo(1);
    }

    @Test
    void shouldFollowAnEngineThatBecomesDearer() {
        runEach(2048);
        engineNanos = length -> 400;
        runEach(20_000);
        assertThat(auto.threshold()).isEqualTo(4097);
    }

    @Test
    void shouldNotFlapWhereBothCostTheSame() {
        run(4096, 1514);
        engineNanos = length -> coreNanos.applyAsDouble(length) * 0.99;
        run(20_000, 1514);
        final int before = auto.threshold();
        engineNanos = length -> coreNanos.applyAsDouble(length) * 1.0;
        run(20_000, 1514);
        assertThat(auto.threshold()).isEqualTo(before);
    }

    @Test
    void shouldTellSizesApartInMixedBursts() {
        run(20_000, 64, 64, 64, 4096);
        assertThat(auto.threshold()).isBetween(65, 4096);
    }

    @Test
    void shouldNotBeMisledByABurstThatWasInterrupted() {
        runEach(2048);
        final IntToDoubleFunction usual = coreNanos;
        coreNanos = length -> 1_000_000;
        run(1, 64);
        coreNanos = usual;
        run(200, 64);
        assertThat(auto.threshold()).isEqualTo(513);
    }

    @Test
    void shouldForgetAnEngineAndKeepTheProcessor() {
        runEach(2048);
        auto.forgetEngine();
        assertThat(auto.report().engineSamples()).containsOnly(0);
        assertThat(auto.report().coreSamples()[0]).isPositive();
        engineNanos = length -> 30;
        runEach(4096);
        assertThat(auto.threshold()).isEqualTo(65);
    }

    @ParameterizedTest
    @ValueSource(ints = {64, 4096})
    void shouldTrySeldomOnceItKnows(final int length) {
        run(20_000, length);
        coreBursts = 0;
        engineBursts = 0;
        run(102_400, length);
        assertThat(coreBursts).isEqualTo(800);
        assertThat(engineBursts).isEqualTo(800);
    }
}
