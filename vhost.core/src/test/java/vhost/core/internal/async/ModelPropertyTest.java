package vhost.core.internal.async;

import static org.assertj.core.api.Assertions.assertThat;

import dma.api.DmaEngine;
import dma.api.DmaException;
import dma.api.DmaOps;
import dma.api.MemoryRegion;
import dma.cbdma.internal.CbdmaEngines;
import dma.cpu.internal.InlineEngine;
import dma.dsa.internal.DsaEngines;
import dma.dsa.internal.engine.DsaSettings;
import dma.model.internal.cbdma.CbdmaModel;
import dma.model.internal.cbdma.CbdmaSettings;
import dma.model.internal.cbdma.Counter;
import dma.model.internal.cbdma.Faults;
import dma.model.internal.dsa.DsaFault;
import dma.model.internal.dsa.DsaFaults;
import dma.model.internal.dsa.DsaModel;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import vhost.core.internal.async.CopyChannel.Overflow;
import vhost.core.internal.testing.RingFixture;

/**
 * The traffic of {@link AsyncPropertyTest} over the drivers of DSA, by all ways to submit, and of CBDMA, on models that have
 * page faults, errors, full queues, halts and hangs. {@code -Dproperty.model.seeds=N} looks at more seeds, {@code -Dproperty.model.packets=N} at more packets of each.
 */
@Timeout(300)
class ModelPropertyTest {
    private static final int SEEDS = Integer.getInteger("property.model.seeds", 40);
    private static final int PACKETS = Integer.getInteger("property.model.packets", 30_000);

    /** To open a function of CBDMA takes milliseconds. */
    private static final int STAY = 400;

    /** Shorter than the models' hangs, and long for a thread that waits for a processor. */
    private static final long DEADLINE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private static final Set<DsaFault> FAULTS =
            EnumSet.of(DsaFault.PAGE, DsaFault.RESPONSE, DsaFault.ERROR, DsaFault.FULL, DsaFault.HANG, DsaFault.LIST);

    private static int seedsWithErrorsOfCbdma;

    private final List<DmaEngine> engines = new ArrayList<>();
    private final Map<CopyChannel, List<MemoryRegion>> announced = new HashMap<>();
    private Random random;

    private static LongStream seeds() {
        return LongStream.rangeClosed(1, SEEDS);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void shouldLoseReorderAndDamageNothing(final long seed) {
        random = new Random(seed);
        try (DsaModel dsa = DsaModel.start(dma.model.internal.dsa.DsaSettings.DEFAULT
                        .withSeed(seed)
                        .withFaults(dsaFaults()));
                CbdmaModel cbdma = CbdmaModel.start(CbdmaSettings.DEFAULT.withFaults(cbdmaFaults(seed)))) {
            engines.addAll(DsaEngines.of(dsa, DsaSettings.DEFAULT));
            engines.addAll(CbdmaEngines.of(cbdma, dma.cbdma.internal.Settings.defaults()));
            assertThat(engines).hasSize(5);
            new RandomTraffic(random, PACKETS, STAY, new Channels()).run();
            assertThat(cbdma.violations()).isEmpty();
            assertThat(cbdma.count(Counter.DESCRIPTORS)).isPositive();
            seedsWithErrorsOfCbdma += cbdma.count(Counter.INJECTED) > 0 ? 1 : 0;
            assertThat(FAULTS.stream().mapToLong(dsa::injected).sum()).isPositive();
        }
    }

    /** How much of the traffic meets CBDMA depends on the threads: in some runs of a seed it ends before the first error is due. */
    @AfterAll
    static void shouldHaveMetErrorsOfCbdmaWithNearlyAllSeeds() {
        assertThat(seedsWithErrorsOfCbdma * 10).isGreaterThanOrEqualTo(SEEDS * 9);
    }

    private DsaFaults dsaFaults() {
        DsaFaults faults = DsaFaults.NONE;
        for (final DsaFault fault : FAULTS) {
            if (random.nextBoolean()) {
                faults = faults.with(
                        fault,
                        "every=" + (fault == DsaFault.HANG ? 3000 : 5 + random.nextInt(200))
                                + " at=" + random.nextInt(64)
                                + " side=" + (random.nextBoolean() ? "read" : "write")
                                + " times=" + (1 + random.nextInt(5))
                                + " millis=40");
            }
        }
        return faults.with(DsaFault.PAGE, "every=50 at=100");
    }

    private Faults cbdmaFaults(final long seed) {
        final Faults faults = Faults.NONE.withRandom(seed).withError(50 + random.nextInt(500), random.nextInt(2) + 8);
        return switch (random.nextInt(3)) {
            case 0 -> faults.withHalt(300);
            case 1 -> faults.withHang(3000, 40);
            default -> faults;
        };
    }

    private final class Channels implements RandomTraffic.Channels {
        @Override
        public CopyChannel open(final RingFixture ring, final List<MemoryRegion> memory, final Overflow overflow) {
            final int choice = random.nextInt(engines.size() + 2);
            if (choice > engines.size()) {
                return null;
            }
            final DmaEngine engine = choice == engines.size() ? new InlineEngine() : engines.get(choice);
            try {
                final DmaOps ops = engine.open("q");
                for (final MemoryRegion region : memory) {
                    ops.announce(region);
                }
                final CopyChannel channel =
                        new CopyChannel(ring.arena, "model", ops, engine.limits(), overflow, DEADLINE_NANOS, opened -> {
                            if (opened.isAbortWanted()) {
                                opened.aborted(opened.ops().abort());
                            }
                        });
                announced.put(channel, memory);
                return channel;
            } catch (DmaException e) {
                // All functions are taken, or a queue that hangs does not answer: the core goes without.
                assertThat(e).hasMessageMatching("(?s).*(taken|completes none).*");
                return null;
            }
        }

        @Override
        public void close(final CopyChannel channel) {
            try {
                for (final MemoryRegion region : announced.remove(channel)) {
                    channel.ops().withdraw(region);
                }
            } catch (DmaException e) {
                throw new AssertionError("memory of a channel that the core has let go of", e);
            }
            channel.ops().close();
        }
    }
}
