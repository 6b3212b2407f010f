package dma.model.internal.dsa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DsaPaceTest {
    private final DsaPace pace = new DsaPace(DsaSettings.DEFAULT.withTiming(DsaTiming.PUBLISHED));

    /** A batch after another, each on one engine: LD's plain batches on four engines take 571 to 715 ns up to 4 KiB. */
    @ParameterizedTest
    @CsvSource({"64, 64, 50", "2048, 64, 65", "9000, 64, 287", "64, 32, 366", "2048, 4, 732", "65536, 4, 2087"})
    void shouldBeThatOfTheModelsBatches(final long bytes, final int alignment, final double nanos) {
        assertThat(pace.copyNanos("dsa-model0/wq0.0", bytes, alignment)).isCloseTo(nanos, within(nanos * 0.03));
    }

    /** The two engines of a group share single copies: half the floor of one, but no less than the device's. */
    @ParameterizedTest
    @CsvSource({"64, 64, 28", "64, 32, 185", "2048, 4, 370"})
    void shouldBeThatOfAGroupsEnginesWithoutBatches(final long bytes, final int alignment, final double nanos) {
        assertThat(pace.copyNanos("dsa-model1/wq1.0", bytes, alignment)).isCloseTo(nanos, within(nanos * 0.03));
    }

    @Test
    void shouldKnowItsOwnQueuesOnly() {
        assertThat(pace.copyNanos("dsa-model0/wq7.7", 64, 64)).isNaN();
        assertThat(pace.copyNanos("cpu-worker", 64, 64)).isNaN();
    }

    @Test
    void shouldKnowNoneWithoutTiming() {
        assertThat(new DsaPace(DsaSettings.DEFAULT).copyNanos("dsa-model0/wq0.0", 64, 64))
                .isNaN();
    }
}
