package dma.api;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What passes between the core and an engine. */
class BatchTest {
    @Test
    @SuppressWarnings("restricted")
    void shouldLayCopiesOutAsDocumented() {
        try (Arena arena = Arena.ofConfined()) {
            final CopyBatch batch = new CopyBatch(arena, 3);
            assertThat(batch.isEmpty()).isTrue();
            assertThat(batch.address() % 64).isZero();
            batch.add(1, 2, 3);
            batch.add(-1, Long.MIN_VALUE, Long.MAX_VALUE);
            final MemorySegment raw = MemorySegment.ofAddress(batch.address()).reinterpret(64);
            assertThat(raw.toArray(JAVA_LONG)).startsWith(1, 2, 3, 0, -1, Long.MIN_VALUE, Long.MAX_VALUE);
            assertThat(batch.source(1)).isEqualTo(-1);
            assertThat(batch.destination(1)).isEqualTo(Long.MIN_VALUE);
            assertThat(batch.length(1)).isEqualTo(Long.MAX_VALUE);
            assertThat(batch.isFull()).isFalse();
            batch.add(7, 8, 9);
            assertThat(batch.isFull()).isTrue();
        }
    }

    @Test
    void shouldDropAPrefix() {
        try (Arena arena = Arena.ofConfined()) {
            final CopyBatch batch = new CopyBatch(arena, 4);
            batch.add(1, 1, 1);
            batch.add(2, 2, 2);
            batch.advance(1);
            assertThat(batch.first()).isEqualTo(1);
            assertThat(batch.end()).isEqualTo(2);
            batch.advance(1);
            assertThat(batch.isEmpty()).isTrue();
            batch.clear();
            assertThat(batch.first()).isZero();
            assertThat(batch.end()).isZero();
        }
    }

    @Test
    void shouldKeepOutcomesInOrder() {
        final Completions completions = new Completions(5);
        completions.succeeded(2);
        completions.failed(CopyStatus.UNREACHABLE);
        completions.failed(-100_000);
        assertThat(completions.count()).isEqualTo(4);
        assertThat(completions.failures()).isEqualTo(2);
        assertThat(completions.room()).isEqualTo(1);
        assertThat(completions.status(1)).isEqualTo(CopyStatus.OK);
        assertThat(completions.status(2)).isEqualTo(CopyStatus.UNREACHABLE);
        assertThat(completions.status(3)).isNegative();
        completions.clear();
        completions.succeeded(5);
        for (int i = 0; i < 5; i++) {
            assertThat(completions.status(i)).isEqualTo(CopyStatus.OK);
        }
        assertThatThrownBy(() -> completions.succeeded(1)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @ParameterizedTest
    @CsvSource({"0, 1, 1", "1, 0, 1", "1, 1, 0", "1, 1, 3", "-1, 1, 1"})
    void shouldRefuseLimitsThatMakeNoSense(final long maxCopyBytes, final int maxInFlight, final int alignment) {
        assertThatThrownBy(() -> new DmaLimits(maxCopyBytes, maxInFlight, alignment, false, false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("limits out of range");
    }

    @Test
    void shouldNameEveryStatus() {
        assertThat(CopyStatus.name(CopyStatus.OK)).isEqualTo("ok");
        assertThat(CopyStatus.name(CopyStatus.HALTED)).isEqualTo("halted");
        assertThat(CopyStatus.name(-99)).isEqualTo("status -99");
    }
}
