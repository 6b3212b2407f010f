package dma.model.internal.dsa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dma.model.internal.timing.Draw;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The published figures (tables of LD) come out of the arithmetic again. Time is not measured here. */
class DsaTimingTest {
    private static final long ALIGNED = 0;
    private static final long UNALIGNED = 8;

    private final DsaTiming timing = DsaTiming.PUBLISHED;

    private EngineClock clock(final int engines, final long seed) {
        return new EngineClock(timing, List.of(engines), new Draw(seed), 0);
    }

    @ParameterizedTest
    @CsvSource({"64, 750, 1150", "1024, 960, 1140", "4096, 1140, 1230", "65536, 3510, 3830", "1048576, 35060, 35290"})
    void shouldTakeSoLongOnAnIdleDevice(final long bytes, final long aligned, final long unaligned) {
        assertThat(timing.idleNanos(bytes, ALIGNED)).isEqualTo(aligned);
        assertThat(timing.idleNanos(bytes, UNALIGNED)).isEqualTo(unaligned);
        assertThat(clock(1, 1).run(0, 0, 0, bytes, ALIGNED)).isCloseTo(aligned, within(2L));
    }

    @Test
    void shouldLaunchAsConfigured() {
        assertThat(DsaTiming.parse("published=true launch=2000").idleNanos(64, ALIGNED))
                .isEqualTo(2000);
    }

    @ParameterizedTest
    @CsvSource({"64, 0, 50", "64, 32, 370", "64, 8, 740", "1048576, 0, 33395", "1048576, 8, 33395", "16384, 0, 522"})
    void shouldKeepAnEngineSoLong(final long bytes, final long destination, final long nanos) {
        assertThat(timing.engineNanos(bytes, destination, 1)).isEqualTo(nanos);
    }

    @ParameterizedTest
    @CsvSource({"1, 64, 50", "1, 2048, 66", "1, 16384, 522", "4, 64, 28", "4, 16384, 522"})
    void shouldReachTheSteadyStateOfPublishedFigures(final int engines, final long bytes, final double nanos) {
        final EngineClock clock = clock(engines, 1);
        final int copies = 10_000;
        long last = 0;
        for (int i = 0; i < copies; i++) {
            last = Math.max(last, clock.run(0, clock.pick(0, 0), 0, bytes, ALIGNED));
        }
        assertThat((double) last / copies).isCloseTo(nanos, within(nanos * 0.03));
    }

    @Test
    void shouldLetSmallOnesOvertakeALargeOneOnAnotherEngine() {
        final EngineClock clock = clock(2, 1);
        final long large = clock.run(0, clock.pick(0, 0), 0, 1 << 20, ALIGNED);
        int overtook = 0;
        for (int i = 0; i < 100; i++) {
            overtook += clock.run(0, clock.pick(0, 0), 0, 64, ALIGNED) < large ? 1 : 0;
        }
        assertThat(overtook).isEqualTo(100);
    }

    @Test
    void shouldShareTheBandwidthOfGroups() {
        final EngineClock clock = new EngineClock(timing, List.of(1, 1), new Draw(1), 0);
        final long alone = clock.run(0, 0, 0, 1 << 20, ALIGNED);
        final long shared = clock.run(1, 0, 0, 1 << 20, ALIGNED);
        assertThat(shared - alone).isCloseTo(timing.engineNanos(1 << 20, ALIGNED, 1), within(100L));
    }

    @Test
    void shouldDrawTheSameEnginesFromTheSameSeed() {
        assertThat(picks(7)).isEqualTo(picks(7)).isNotEqualTo(picks(8));
    }

    private List<Integer> picks(final long seed) {
        final EngineClock clock = clock(4, seed);
        return IntStream.range(0, 50).map(i -> clock.pick(0, 0)).boxed().toList();
    }

    @Test
    void shouldRefuseWhatItDoesNotKnow() {
        assertThatThrownBy(() -> DsaTiming.parse("publisht=true")).hasMessageContaining("publisht");
        assertThatThrownBy(() -> DsaTiming.parse("floor=x")).hasMessageContaining("floor");
    }
}
