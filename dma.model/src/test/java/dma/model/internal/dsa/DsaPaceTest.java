package dma.model.internal.dsa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DsaPaceTest {
    private final DsaPace pace = new DsaPace(DsaSettings.DEFAULT.withTiming(DsaTiming.PUBLISHED));

    /** Two engines a group: half their floor, but no less than the device's, and its bandwidth together. */
    @ParameterizedTest
    @CsvSource({"64, 64, 28", "2048, 64, 65", "9000, 64, 287", "64, 32, 185", "2048, 4, 370", "65536, 4, 2087"})
    void shouldBeThatOfTheEnginesOfAGroupTogether(final long bytes, final int alignment, final double nanos) {
        assertThat(pace.copyNanos("dsa-model0/wq0.0", bytes, alignment)).isCloseTo(nanos, within(nanos * 0.03));
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
