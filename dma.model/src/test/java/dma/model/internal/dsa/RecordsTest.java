package dma.model.internal.dsa;

import static org.assertj.core.api.Assertions.assertThat;

import dma.model.internal.timing.Draw;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import linux.Memory;
import org.junit.jupiter.api.Test;

/** The order of records, without a thread: what appears between two calls came with the first. */
class RecordsTest {
    private static final int COUNT = 64;

    private final Arena arena = Arena.ofAuto();
    private final long descriptors = arena.allocate(COUNT * 64L, 64).address();
    private final long records = arena.allocate(COUNT * 32L, 32).address();
    private final Mappings mappings = new Mappings(Long.MAX_VALUE);
    private final Injector injector = new Injector(DsaFaults.NONE);
    private final Operation operation = new Operation(mappings, injector, new LateWrites(mappings, arena), 0);
    private final DsaSettings settings = Rig.settings("", "");
    private final ModelDevice device =
            new ModelDevice(settings, settings.devices().getFirst(), mappings, () -> {});
    private final ModelQueue queue = device.queues().getFirst();
    private final SoftwareError error = new SoftwareError();

    private Records records(final boolean timed, final int engines, final long seed) {
        return new Records(mappings, error, new Draw(seed), timed, engines, COUNT);
    }

    private void add(final Records to, final int index, final long time) {
        final long at = descriptors + index * 64L;
        Memory.putInt(at + 4, Rig.NOOP);
        Memory.putLong(at + 8, records + index * 32L);
        operation.execute(at, 0);
        to.add(time, queue, at, operation, false);
    }

    private void see(final List<Integer> seen) {
        for (int i = 0; i < COUNT; i++) {
            if (Memory.getIntAcquire(records + i * 32L) == 1 && !seen.contains(i)) {
                seen.add(i);
            }
        }
    }

    private List<Integer> untimed(final int engines, final long seed) {
        Memory.fill(records, COUNT * 32L, (byte) 0);
        final Records all = records(false, engines, seed);
        final List<Integer> seen = new ArrayList<>();
        for (int i = 0; i < COUNT; i++) {
            add(all, i, 0);
            see(seen);
        }
        all.publish(0);
        see(seen);
        return seen;
    }

    @Test
    void shouldEndInOrderWithOneEngine() {
        assertThat(untimed(1, 1)).hasSize(COUNT).isSorted();
    }

    @Test
    void shouldEndInAnOrderThatTheSeedDrawsWithMoreEngines() {
        for (final int engines : new int[] {2, 4}) {
            final List<Integer> order = untimed(engines, 1);
            assertThat(order).hasSize(COUNT).doesNotHaveDuplicates();
            assertThat(order).isNotEqualTo(order.stream().sorted().toList());
            assertThat(untimed(engines, 1)).isEqualTo(order);
            assertThat(untimed(engines, 2)).isNotEqualTo(order);
        }
    }

    @Test
    void shouldEndAtTheirTime() {
        final Records all = records(true, 4, 1);
        for (int i = 0; i < COUNT; i++) {
            add(all, i, i * 37 % COUNT);
        }
        assertThat(all.room()).isZero();
        final List<Integer> seen = new ArrayList<>();
        for (int time = 0; time < COUNT; time++) {
            assertThat(all.waits(time)).isZero();
            all.publish(time);
            see(seen);
            assertThat(seen).hasSize(time + 1);
            assertThat(seen.getLast() * 37 % COUNT).isEqualTo(time);
        }
        assertThat(all.waits(0)).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void shouldEndInOrderWhatIsDueAtTheSameTime() {
        final Records all = records(true, 4, 1);
        for (int i = 0; i < 3; i++) {
            add(all, i, 5);
        }
        assertThat(all.publish(4)).isFalse();
        assertThat(all.waits(1)).isEqualTo(4);
        assertThat(all.publish(5)).isTrue();
        assertThat(all.room()).isEqualTo(COUNT);
    }

    @Test
    void shouldForget() {
        final Records all = records(true, 4, 1);
        add(all, 0, 5);
        all.forget();
        all.publish(10);
        assertThat(Memory.getInt(records)).isZero();
        assertThat(queue.ends()).isEqualTo(1);
    }
}
