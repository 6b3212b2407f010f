package dma.model.internal.dsa;

import static org.assertj.core.api.Assertions.assertThat;

import dma.api.Completions;
import dma.api.CopyBatch;
import dma.api.CopyStatus;
import dma.api.DmaException;
import dma.api.DmaOps;
import dma.api.MemoryRegion;
import dma.dsa.internal.engine.DsaEngine;
import dma.dsa.internal.sysfs.WorkQueue;
import dma.dsa.internal.sysfs.WorkQueueScan;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import linux.Memory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The driver of the hardware on the model, by each way to submit: nothing is lost, reordered or changed, whatever happens. */
@Timeout(120)
class DriverTest {
    private static final String[] QUEUES = {"wq0.0", "wq0.1", "wq1.0", "wq1.1"};
    private static final int COPIES = 4000;
    private static final int PLACES = 1024;
    private static final int PLACE = 4096;
    private static final int LINE = 64;
    private static final int BATCH = 48;
    private static final long DEADLINE_NANOS = 60_000_000_000L;

    private final Arena arena = Arena.ofAuto();
    private final MemorySegment from = arena.allocate(Rig.DATA, PLACE);
    private final MemorySegment to = arena.allocate((long) PLACES * PLACE, PLACE);
    private final CopyBatch batch = new CopyBatch(arena, BATCH);
    private final Completions completions = new Completions(PLACES);

    /** Copies on their way, in order: from which offset, to which one, how many bytes. */
    private record Copy(long source, long to, int length) {}

    private final Queue<Copy> onTheirWay = new ArrayDeque<>();
    private final Queue<Copy> inBatch = new ArrayDeque<>();
    private int good;
    private int failed;

    DriverTest() {
        for (int i = 0; i < Rig.DATA; i++) {
            Memory.putByte(from.address() + i, Rig.content(i));
        }
    }

    private static DsaEngine engine(final DsaModel model, final String name) {
        final WorkQueue queue = WorkQueueScan.of(model).queues().stream()
                .filter(each -> each.name().equals(name))
                .findFirst()
                .orElseThrow();
        assertThat(queue.whyNot()).isEmpty();
        return new DsaEngine(model, queue, dma.dsa.internal.engine.DsaSettings.DEFAULT);
    }

    /** The driver gives a device a quarter of a second to answer, and can be asked again: a busy machine may need longer. */
    private static DmaOps open(final DsaEngine engine) throws DmaException {
        final long deadline = System.nanoTime() + DEADLINE_NANOS;
        while (true) {
            try {
                return engine.open("test");
            } catch (DmaException e) {
                if (!e.getMessage().contains("completes none") || System.nanoTime() - deadline > 0) {
                    throw e;
                }
            }
        }
    }

    private void copyThrough(final DsaSettings settings, final String queue) throws DmaException {
        try (DsaModel model = DsaModel.start(settings)) {
            final DsaEngine engine = engine(model, queue);
            assertThat(engine.name()).isEqualTo("dsa-model" + queue.charAt(2) + "/" + queue);
            final DmaOps channel = open(engine);
            // The processor makes the heads of those copies that lie in what was announced: most, not all.
            channel.announce(new MemoryRegion(from.address(), Rig.DATA));
            channel.announce(new MemoryRegion(to.address(), to.byteSize() / 4 * 3));
            copyAll(channel);
            assertThat(engine.counts()).doesNotContain("aligned by the processor 0,");
            channel.close();
            final ModelQueue modelled = model.find(queue);
            assertThat(modelled.occupancy()).isZero();
            assertThat(modelled.opens).hasValue(0);
            assertThat(modelled.dropped).as("the driver counts credits").hasValue(0);
            for (final ModelDevice device : model.all()) {
                assertThat(device.softwareError().isValid())
                        .as(device.softwareError()::toString)
                        .isFalse();
            }
        }
        assertThat(good + failed).isEqualTo(COPIES);
    }

    private void copyAll(final DmaOps channel) {
        final SplittableRandom random = new SplittableRandom(1);
        final long deadline = System.nanoTime() + DEADLINE_NANOS;
        int made = 0;
        while (good + failed < COPIES) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            while (made < COPIES && !batch.isFull() && onTheirWay.size() + inBatch.size() < PLACES) {
                final int length = 1 + random.nextInt(random.nextInt(10) == 0 ? PLACE - 1 - LINE : 300);
                final long place = made % PLACES * (long) PLACE;
                final Copy copy = new Copy(random.nextInt(Rig.DATA - PLACE), place + random.nextInt(LINE), length);
                Memory.fill(to.address() + place, PLACE, (byte) 0);
                batch.add(from.address() + copy.source, to.address() + copy.to, length);
                inBatch.add(copy);
                made++;
            }
            final int accepted = channel.transferData(batch);
            assertThat(accepted).isNotNegative();
            batch.advance(accepted);
            for (int i = 0; i < accepted; i++) {
                onTheirWay.add(inBatch.remove());
            }
            if (batch.isEmpty()) {
                batch.clear();
            }
            completions.clear();
            assertThat(channel.completedCopies(completions)).isNotNegative();
            for (int i = 0; i < completions.count(); i++) {
                check(onTheirWay.remove(), completions.status(i));
            }
        }
        assertThat(onTheirWay).isEmpty();
    }

    private void check(final Copy copy, final int status) {
        if (status != CopyStatus.OK) {
            failed++;
            return;
        }
        good++;
        final MemorySegment expected = from.asSlice(copy.source, copy.length);
        assertThat(to.asSlice(copy.to, copy.length).mismatch(expected)).isEqualTo(-1);
        assertThat(Memory.getByte(to.address() + copy.to + copy.length)).isZero();
        assertThat(copy.to % PLACE == 0 || Memory.getByte(to.address() + copy.to - 1) == 0)
                .isTrue();
    }

    private static Stream<Arguments> everywhere(final String... faults) {
        return Arrays.stream(QUEUES).flatMap(queue -> Arrays.stream(faults).map(fault -> Arguments.of(queue, fault)));
    }

    private static DsaFaults faults(final String text) {
        final String[] parts = text.split(" ", 2);
        return DsaFaults.NONE.with(DsaFault.valueOf(parts[0]), parts[1]);
    }

    static Stream<Arguments> shouldCopyEverything() {
        return everywhere("", "published=true", "published=true charge=true");
    }

    @ParameterizedTest
    @MethodSource
    void shouldCopyEverything(final String queue, final String timing) throws DmaException {
        copyThrough(DsaSettings.DEFAULT.withTiming(DsaTiming.parse(timing)), queue);
        assertThat(failed).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {2, 3, 4, 5})
    void shouldCopyEverythingInWhateverOrder(final long seed) throws DmaException {
        copyThrough(DsaSettings.DEFAULT.withSeed(seed), "wq0.0");
        assertThat(failed).isZero();
    }

    static Stream<Arguments> shouldCopyEverythingInSpiteOf() {
        return everywhere(
                "PAGE every=7 at=10",
                "PAGE every=5 at=0 side=write times=3",
                "PAGE every=50 at=1 times=100",
                "RESPONSE every=11 at=20 times=2",
                "LIST every=2 at=3",
                "LIST every=3 at=0",
                "FULL every=3 times=5",
                "FULL every=40 times=200",
                "HANG every=1000 millis=5");
    }

    @ParameterizedTest
    @MethodSource
    void shouldCopyEverythingInSpiteOf(final String queue, final String fault) throws DmaException {
        copyThrough(DsaSettings.DEFAULT.withFaults(faults(fault)), queue);
        assertThat(failed).isZero();
    }

    static Stream<Arguments> shouldTellOfCopiesThatWereNotMade() {
        return everywhere("ERROR every=10 code=0x20", "ERROR every=10 code=0x11", "ERROR every=10 code=0x22");
    }

    @ParameterizedTest
    @MethodSource
    void shouldTellOfCopiesThatWereNotMade(final String queue, final String fault) throws DmaException {
        copyThrough(DsaSettings.DEFAULT.withFaults(faults(fault)), queue);
        assertThat(failed).isBetween(COPIES / 20, COPIES / 5);
    }

    @ParameterizedTest
    @ValueSource(strings = {"wq0.0", "wq0.1", "wq1.0", "wq1.1"})
    void shouldReportAPageThatIsNotThere(final String queue) throws DmaException {
        try (DsaModel model = DsaModel.start(DsaSettings.DEFAULT)) {
            final DmaOps channel = open(engine(model, queue));
            for (int i = 0; i < 8; i++) {
                batch.add(i == 3 ? 64 : from.address(), to.address() + i * (long) PLACE, 100);
            }
            assertThat(channel.transferData(batch)).isEqualTo(8);
            Rig.await(() -> channel.completedCopies(completions) >= 0 && completions.count() == 8);
            assertThat(completions.failures()).isEqualTo(1);
            assertThat(completions.status(3)).isEqualTo(CopyStatus.UNREACHABLE);
            channel.close();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"wq0.0", "wq0.1", "wq1.0", "wq1.1"})
    void shouldGiveUpADeviceThatHasHalted(final String queue) throws DmaException {
        try (DsaModel model = DsaModel.start(DsaSettings.DEFAULT)) {
            final DmaOps channel = open(engine(model, queue));
            model.change(DsaFaults.NONE.with(DsaFault.HALT, "every=1 millis=-1"));
            batch.add(from.address(), to.address(), 100);
            assertThat(channel.transferData(batch)).isEqualTo(1);
            assertThat(channel.abort())
                    .as("nobody knows what the device will write")
                    .isFalse();
            assertThat(channel.completedCopies(completions)).isNotPositive();
            channel.close();
        }
    }

    @Test
    void shouldDrainAQueueThatIsDisabledUnderIt() throws DmaException {
        try (DsaModel model = DsaModel.start(DsaSettings.DEFAULT)) {
            final DmaOps channel = open(engine(model, "wq0.0"));
            batch.add(from.address(), to.address(), 100);
            assertThat(channel.transferData(batch)).isEqualTo(1);
            Rig.await(() -> channel.completedCopies(completions) == 1);
            model.disable("wq0.0");
            assertThat(WorkQueueScan.of(model).queues().getFirst().whyNot()).isPresent();
            channel.close();
            assertThat(model.find("wq0.0").opens).hasValue(0);
        }
    }
}
