package dma.model.internal.cbdma;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dma.api.Completions;
import dma.api.CopyBatch;
import dma.api.CopyStatus;
import dma.api.DmaException;
import dma.api.DmaOps;
import dma.api.MemoryRegion;
import dma.cbdma.internal.CbdmaEngine;
import dma.cbdma.internal.CbdmaEngines;
import dma.cbdma.internal.Settings;
import dma.model.internal.cbdma.CbdmaSettings.Device;
import dma.model.internal.cbdma.CbdmaSettings.PciFunction;
import dma.model.internal.cbdma.CbdmaSettings.ResetEnd;
import dma.model.internal.cbdma.CbdmaSettings.Vfio;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import linux.Linux;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The driver that is for hardware, unchanged, over the model: whatever happens below, copies are exact, in order, and none is lost. */
@Timeout(120)
class DriverOverModelTest {
    private static final int RING = 64;
    private static final int LONGEST = 8000;

    private CbdmaModel model;
    private CbdmaEngine engine;

    private void start(final CbdmaSettings settings) {
        start(settings, Settings.of("auto", false, RING));
    }

    private void start(final CbdmaSettings settings, final Settings driver) {
        model = CbdmaModel.start(settings);
        engine = CbdmaEngines.of(model, driver).getFirst();
    }

    @AfterEach
    void close() {
        model.close();
        assertThat(model.violations()).isEmpty();
    }

    private Traffic traffic(final long seed) throws Exception {
        return new Traffic(engine.open("port0/tx0"), seed, LONGEST);
    }

    private static CbdmaSettings with(final Device device) {
        return CbdmaSettings.DEFAULT.withDevice(device);
    }

    static Stream<CbdmaSettings> devices() {
        return Stream.of(
                CbdmaSettings.DEFAULT,
                with(Device.ICX.withXfercap(12)),
                with(Device.ICX.withXfercap(0)),
                with(Device.ICX.withId(0x6F20, 0x32)),
                with(Device.ICX.withPrefetch(16)),
                with(Device.ICX.withReset(ResetEnd.AFTER_CHAINADDR, 0)),
                with(Device.ICX.withReset(ResetEnd.AFTER_DELAY, 3_000_000)),
                CbdmaSettings.DEFAULT.withSpin(0),
                CbdmaSettings.DEFAULT.withTiming(Timing.PUBLISHED),
                CbdmaSettings.DEFAULT.withVfio(Vfio.TYPE1.withType1Only()),
                CbdmaSettings.DEFAULT.withVfio(Vfio.TYPE1.withReset(false, true)),
                CbdmaSettings.DEFAULT.withVfio(Vfio.TYPE1.withReset(true, false)),
                CbdmaSettings.DEFAULT.withVfio(Vfio.TYPE1.withBar(0x1000, false, true)));
    }

    @ParameterizedTest
    @MethodSource("devices")
    void shouldCopyOnWhateverTheDeviceIs(final CbdmaSettings settings) throws Exception {
        start(settings);
        assertThat(engine.name()).isEqualTo("cbdma-model0");
        assertThat(engine.backing()).isEqualTo("model");
        try (Traffic traffic = traffic(1)) {
            traffic.run(5_000);
            assertThat(traffic.reported()).isEqualTo(5_000);
            assertThat(traffic.failed()).isZero();
        }
        assertThat(model.count(Counter.DESCRIPTORS)).isGreaterThanOrEqualTo(5_000);
    }

    @Test
    void shouldGoOnWhereTheDoorbellWrapsAround() throws Exception {
        start(CbdmaSettings.DEFAULT);
        try (Traffic traffic = traffic(2)) {
            traffic.run(150_000);
            assertThat(traffic.failed()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 5, 8, 9, 10, 11, 16})
    void shouldFailOneCopyForEachError(final int bit) throws Exception {
        start(CbdmaSettings.DEFAULT);
        try (Traffic traffic = traffic(3)) {
            // At all places of the ring, the last one too.
            model.inject(Faults.NONE.withError(7, bit));
            traffic.run(1_500);
            assertThat(traffic.isHalted()).isFalse();
            assertThat(traffic.failed())
                    .isEqualTo(model.count(Counter.INJECTED))
                    .isGreaterThan(200);
            assertThat(model.count(Counter.HALTS)).isEqualTo(traffic.failed());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {6, 7, 12})
    void shouldEndWhereAnErrorIsFatal(final int bit) throws Exception {
        start(CbdmaSettings.DEFAULT);
        try (Traffic traffic = traffic(4)) {
            model.inject(Faults.NONE.withError(40, bit));
            traffic.run(1_000);
            assertThat(traffic.isHalted()).isTrue();
            assertThat(traffic.reported()).isEqualTo(39);
            model.inject(Faults.NONE);
            assertThat(traffic.abort()).isTrue();
        }
    }

    @ParameterizedTest
    @MethodSource("devices")
    void shouldRecoverFromHaltsByChance(final CbdmaSettings settings) throws Exception {
        start(settings);
        try (Traffic traffic = traffic(5)) {
            model.inject(Faults.NONE.withError(40, 9).withHalt(60).withRandom(11));
            traffic.run(2_000);
            assertThat(traffic.reported()).isEqualTo(2_000);
            // Two pieces of one copy may both fail.
            assertThat(traffic.failed()).isBetween(1L, model.count(Counter.INJECTED));
        }
    }

    @Test
    void shouldRecoverFromHaltsBackToBack() throws Exception {
        start(CbdmaSettings.DEFAULT);
        try (Traffic traffic = traffic(6)) {
            model.inject(Faults.NONE.withHalt(1));
            traffic.run(300);
            assertThat(traffic.failed()).isEqualTo(300);
            model.inject(Faults.NONE);
            traffic.run(600);
            assertThat(traffic.failed()).isEqualTo(300);
        }
    }

    @Test
    void shouldSitOutAHang() throws Exception {
        start(CbdmaSettings.DEFAULT);
        try (Traffic traffic = traffic(7)) {
            model.inject(Faults.NONE.withHang(100, 5));
            traffic.run(1_000);
            assertThat(model.count(Counter.INJECTED)).isGreaterThan(5);
            assertThat(traffic.failed()).isZero();
        }
    }

    @Test
    void shouldAbortAHangAndGoOn() throws Exception {
        start(CbdmaSettings.DEFAULT);
        try (Traffic traffic = traffic(8)) {
            model.inject(Faults.NONE.withHang(50, 0));
            HandDriver.until(() -> {
                traffic.turn(1_000);
                return model.count(Counter.INJECTED) == 1 && traffic.reported() == 49;
            });
            assertThat(traffic.inFlight()).isPositive();
            assertThat(traffic.abort()).isTrue();
            model.inject(Faults.NONE);
            assertThat(traffic.isUntouched()).isTrue();
            traffic.run(1_000);
            assertThat(traffic.failed()).isZero();
        }
    }

    @Test
    void shouldWriteNothingAfterAnAbort() throws Exception {
        start(CbdmaSettings.DEFAULT.withTiming(new Timing(true, 20_000, 5_000, 1000)));
        try (Traffic traffic = traffic(9)) {
            for (int i = 1; i <= 20; i++) {
                final int target = 20 * i;
                HandDriver.until(() -> {
                    traffic.turn(1_000_000);
                    return traffic.reported() >= target && traffic.inFlight() > 0;
                });
                assertThat(traffic.abort()).isTrue();
                final long descriptors = model.count(Counter.DESCRIPTORS);
                HandDriver.until(() -> model.thread().isParked());
                assertThat(traffic.isUntouched()).isTrue();
                assertThat(model.count(Counter.DESCRIPTORS)).isEqualTo(descriptors);
            }
        }
    }

    @Test
    void shouldGiveAChannelUpThatCannotBeReset() throws Exception {
        start(CbdmaSettings.DEFAULT.withFunctions(CbdmaSettings.functions(1)));
        final Traffic traffic = traffic(10);
        model.inject(Faults.NONE.withDead(80));
        traffic.run(1_000);
        assertThat(traffic.isHalted()).isTrue();
        assertThat(traffic.reported()).isBetween(79L, 80L);
        assertThat(traffic.abort()).isTrue();
        traffic.close();
        // Opened once more it is reset as a whole.
        model.inject(Faults.NONE);
        try (Traffic again = traffic(11)) {
            again.run(500);
            assertThat(again.failed()).isZero();
        }
    }

    @Test
    void shouldSayWhichChannelDoesNotReset() {
        start(with(Device.ICX.withReset(ResetEnd.NEVER, 0)).withFunctions(CbdmaSettings.functions(1)));
        assertThatThrownBy(() -> engine.open("port0/tx0"))
                .isInstanceOf(DmaException.class)
                .hasMessageContaining("does not reset");
    }

    @Test
    void shouldRefuseMemoryThatCannotBeMapped() throws Exception {
        start(CbdmaSettings.DEFAULT);
        final DmaOps channel = engine.open("port0/tx0");
        model.inject(Faults.NONE.withMapFailAfter(0));
        assertThatThrownBy(() -> new Traffic(channel, 12, LONGEST))
                .isInstanceOf(DmaException.class)
                .hasMessageContaining("0000:00:04.0");
        model.inject(Faults.NONE);
        try (Traffic traffic = new Traffic(channel, 12, LONGEST)) {
            traffic.run(200);
        }
    }

    @Test
    void shouldOfferNothingWhereGroupsAreNotViable() {
        model = CbdmaModel.start(CbdmaSettings.DEFAULT.withFaults(Faults.NONE.withNotViable()));
        assertThat(CbdmaEngines.of(model, Settings.defaults())).isEmpty();
    }

    @Test
    void shouldOfferAnEngineForEachNode() throws Exception {
        final List<PciFunction> functions = new ArrayList<>(CbdmaSettings.functions(2));
        functions.set(1, new PciFunction("0000:80:04.0", 1, 30, CbdmaSettings.VFIO_PCI));
        functions.add(new PciFunction("0000:80:04.1", 1, 31, "ioatdma"));
        model = CbdmaModel.start(CbdmaSettings.DEFAULT.withFunctions(functions));
        assertThat(CbdmaEngines.of(model, Settings.defaults()))
                .extracting(CbdmaEngine::name, CbdmaEngine::numaNode)
                .containsExactly(tuple("cbdma-model0", 0), tuple("cbdma-model1", 1));
    }

    @Test
    void shouldTakeNoFunctionWithoutAnIommuUnlessAsked() {
        model = CbdmaModel.start(CbdmaSettings.DEFAULT.withVfio(Vfio.TYPE1.withNoIommu()));
        assertThat(CbdmaEngines.of(model, Settings.defaults())).isEmpty();
    }

    @Test
    void shouldCopyByPhysicalAddressesWhereAsked() throws Exception {
        start(CbdmaSettings.DEFAULT.withVfio(Vfio.TYPE1.withNoIommu()), Settings.of("auto", true, 1024));
        try (Traffic traffic = traffic(13)) {
            traffic.run(3_000);
            assertThat(traffic.failed()).isZero();
        }
    }

    @Test
    void shouldServeAQueueForEachFunctionAtOnce() throws Exception {
        start(CbdmaSettings.DEFAULT.withFunctions(CbdmaSettings.functions(3)));
        model.inject(Faults.NONE.withError(300, 8).withHalt(500).withRandom(3));
        try (ExecutorService owners =
                Executors.newThreadPerTaskExecutor(Thread.ofPlatform().factory())) {
            final List<DmaOps> channels = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                channels.add(engine.open("port0/tx" + i));
            }
            assertThatThrownBy(() -> engine.open("port0/tx3")).isInstanceOf(DmaException.class);
            final List<Future<Long>> all = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                final DmaOps channel = channels.get(i);
                final long seed = 20 + i;
                final Callable<Long> owner = () -> {
                    try (Traffic traffic = new Traffic(channel, seed, LONGEST)) {
                        traffic.run(10_000);
                        return traffic.reported();
                    }
                };
                all.add(owners.submit(owner));
            }
            for (final Future<Long> each : all) {
                assertThat(each.get()).isEqualTo(10_000);
            }
        }
    }

    @Test
    void shouldReportACopyToMemoryWhoseFileWasTruncated() throws Exception {
        start(CbdmaSettings.DEFAULT);
        final long size = 64 * 1024;
        final int file = Linux.memfd("guest", size, 0);
        final long guest = Linux.mmap(size, Linux.PROT_READ | Linux.PROT_WRITE, Linux.MAP_SHARED, file, 0);
        final DmaOps channel = engine.open("port0/tx0");
        final MemoryRegion region = new MemoryRegion(guest, size);
        channel.announce(region);
        Linux.truncate(file, 4096);
        try (Arena arena = Arena.ofConfined()) {
            final CopyBatch batch = new CopyBatch(arena, 2);
            batch.add(guest, guest + 2048, 1024);
            batch.add(guest, guest + 8192, 1024);
            assertThat(channel.transferData(batch)).isEqualTo(2);
            final Completions completions = new Completions(2);
            HandDriver.until(() -> {
                channel.completedCopies(completions);
                return completions.room() == 0;
            });
            assertThat(completions.status(0)).isEqualTo(CopyStatus.OK);
            assertThat(completions.status(1)).isEqualTo(CopyStatus.UNREACHABLE);
        }
        channel.withdraw(region);
        channel.close();
        Linux.munmap(guest, size);
        Linux.close(file);
    }
}
