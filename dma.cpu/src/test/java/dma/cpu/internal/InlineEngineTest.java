package dma.cpu.internal;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import dma.api.Completions;
import dma.api.CopyBatch;
import dma.api.DmaOps;
import dma.api.MemoryRegion;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** The processor keeps the contract of an engine. */
class InlineEngineTest {
    private final Arena arena = Arena.ofAuto();
    private final MemorySegment from = arena.allocate(1 << 20);
    private final MemorySegment to = arena.allocate(1 << 20);
    private final CopyBatch batch = new CopyBatch(arena, 64);
    private final DmaOps channel = new InlineEngine().open("test");

    InlineEngineTest() {
        for (int i = 0; i < from.byteSize(); i++) {
            from.set(JAVA_BYTE, i, (byte) (i * 31 + 1));
        }
    }

    private void add(final long at, final long length) {
        batch.add(from.address() + at, to.address() + at, length);
    }

    @Test
    void shouldMakeEveryCopyBeforeItReturns() {
        for (int i = 0; i < 64; i++) {
            add(i * 5000L, i * 70 + 1);
        }
        assertThat(channel.transferData(batch)).isEqualTo(64);
        for (int i = 0; i < 64; i++) {
            assertThat(to.asSlice(i * 5000L, i * 70 + 1).mismatch(from.asSlice(i * 5000L, i * 70 + 1)))
                    .isEqualTo(-1);
            assertThat(to.get(JAVA_BYTE, i * 5000L + i * 70 + 1)).isZero();
        }
    }

    @Test
    void shouldBeginAtTheFirstThatWasNotAccepted() {
        add(0, 100);
        add(1000, 100);
        batch.advance(1);
        assertThat(channel.transferData(batch)).isEqualTo(1);
        assertThat(to.asSlice(0, 1000).mismatch(arena.allocate(1000))).isEqualTo(-1);
        assertThat(to.asSlice(1000, 100).mismatch(from.asSlice(1000, 100))).isEqualTo(-1);
    }

    @Test
    void shouldReportAsManyAsThereIsRoomFor() {
        for (int i = 0; i < 10; i++) {
            add(i * 100L, 100);
        }
        channel.transferData(batch);
        final Completions completions = new Completions(6);
        assertThat(channel.completedCopies(completions)).isEqualTo(6);
        assertThat(completions.count()).isEqualTo(6);
        assertThat(completions.failures()).isZero();
        assertThat(channel.completedCopies(completions)).isZero();
        completions.clear();
        assertThat(channel.completedCopies(completions)).isEqualTo(4);
        assertThat(channel.completedCopies(completions)).isZero();
    }

    @Test
    void shouldForgetWhatWasAborted() throws Exception {
        channel.announce(new MemoryRegion(0, 4096));
        add(0, 100);
        channel.transferData(batch);
        assertThat(channel.abort()).isTrue();
        assertThat(channel.completedCopies(new Completions(4))).isZero();
        channel.withdraw(new MemoryRegion(0, 4096));
        channel.close();
        channel.close();
    }

    @Test
    void shouldStateThatItTakesEverything() {
        final var limits = new InlineEngine().limits();
        assertThat(limits.maxCopyBytes()).isEqualTo(Long.MAX_VALUE);
        assertThat(limits.maxInFlight()).isEqualTo(Integer.MAX_VALUE);
        assertThat(limits.alignment()).isEqualTo(1);
        assertThat(limits.offloads()).isFalse();
        assertThat(limits.needsMapping()).isFalse();
    }
}
