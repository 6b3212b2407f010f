package vhost.core.internal.async;

import static org.assertj.core.api.Assertions.assertThat;

import dma.api.DmaEngine;
import dma.api.DmaException;
import dma.api.MemoryRegion;
import dma.chaos.Chance;
import dma.chaos.ChaosEngine;
import dma.chaos.Fault;
import dma.chaos.Settings;
import dma.cpu.internal.InlineEngine;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import vhost.core.internal.async.CopyChannel.Overflow;
import vhost.core.internal.testing.RingFixture;

/**
 * Packets of random lengths and layouts go from one guest to another through two rings, while engines, thresholds and what goes
 * wrong in them change at random: none is lost, overtaken, damaged or kept, for any seed.
 *
 * <p>{@code -Dproperty.seeds=1000} looks at more seeds than a build has time for. A seed that fails is added to
 * {@link #seeds} with a name.
 */
class AsyncPropertyTest {
    private static final int SEEDS = Integer.getInteger("property.seeds", 80);
    private static final int PACKETS = Integer.getInteger("property.packets", 30_000);
    private static final long DEADLINE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    /** What an engine may do and the traffic must not notice. An engine that never stops is another test's. */
    private static final Set<Fault> FAULTS = EnumSet.complementOf(EnumSet.of(
            Fault.ABORT_FALSE,
            Fault.ABORT_THROW,
            Fault.LATE_AFTER_FAILURE,
            Fault.OPEN_REFUSED,
            Fault.OPEN_THROW,
            Fault.ANNOUNCE_REFUSED,
            Fault.WITHDRAW_REFUSED,
            Fault.CLOSE_THROW));

    private static Stream<Long> seeds() {
        return Stream.iterate(1L, seed -> seed + 1).limit(SEEDS);
    }

    private Random random;
    private final List<ChaosEngine> engines = new ArrayList<>();

    @ParameterizedTest
    @MethodSource("seeds")
    void shouldLoseReorderAndDamageNothing(final long seed) {
        random = new Random(seed);
        new RandomTraffic(random, PACKETS, 40, new RandomTraffic.Channels() {
                    @Override
                    public CopyChannel open(
                            final RingFixture ring, final List<MemoryRegion> memory, final Overflow overflow) {
                        return switch (random.nextInt(6)) {
                            case 0 -> null;
                            case 1 -> channel(ring, new InlineEngine(), overflow);
                            default -> channel(ring, chaos(), overflow);
                        };
                    }

                    @Override
                    public void close(final CopyChannel channel) {
                        channel.ops().close();
                    }
                })
                .run();
        for (final ChaosEngine engine : engines) {
            assertThat(engine.violations()).isEmpty();
            assertThat(engine.openChannels()).isZero();
        }
    }

    private static CopyChannel channel(final RingFixture ring, final DmaEngine engine, final Overflow overflow) {
        try {
            return new CopyChannel(
                    ring.arena, "chaos", engine.open("q"), engine.limits(), overflow, DEADLINE_NANOS, opened -> {
                        if (opened.isAbortWanted()) {
                            opened.aborted(opened.ops().abort());
                        }
                    });
        } catch (DmaException e) {
            throw new AssertionError(e);
        }
    }

    private ChaosEngine chaos() {
        final Settings.Builder settings = Settings.seeded(random.nextLong())
                .needsMapping(false)
                .offloads(random.nextInt(8) != 0)
                .reorder(random.nextBoolean())
                .delayPolls(0, random.nextInt(6))
                .alignment(random.nextInt(10) == 0 ? 4 : 1)
                .maxCopyBytes(random.nextInt(5) == 0 ? 1500 : 1 << 20)
                .maxInFlight(1 + random.nextInt(random.nextBoolean() ? 6 : 300));
        for (final Fault fault : FAULTS) {
            final boolean fatal = fault.name().matches("HANG|.*(HALT|EXCESS|NONSENSE|THROW|MISCOUNT)");
            if (random.nextInt(fatal ? 12 : 4) == 0) {
                settings.with(fault, Chance.of(fatal ? 0.01 : random.nextDouble() * 0.3));
            }
        }
        final ChaosEngine engine = new ChaosEngine(settings.abortMillis(1).build());
        engines.add(engine);
        return engine;
    }
}
