package dma.cpu.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dma.api.DmaEngine;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The processor, in the call: what it states, and how it fails. */
class InlineEngineTest extends EngineFixture {
    @Override
    DmaEngine engine() {
        return new InlineEngine();
    }

    @Override
    void end() {
        // There is nothing to end.
    }

    @Test
    void shouldLeaveAFaultToItsCaller(@TempDir final Path folder) throws Exception {
        final MemorySegment memory = truncated(folder);
        batch.add(memory.address() + 4096, to.address(), 100);
        assertThatThrownBy(() -> channel.transferData(batch)).isInstanceOf(InternalError.class);
        batch.clear();
        assertThat(channel.abort()).isTrue();
        add(0, 100);
        submitAll();
        await(1);
        assertThat(isCopied(0, 100)).isTrue();
    }

    @Test
    void shouldStateThatItTakesEverything() {
        final var limits = engine.limits();
        assertThat(limits.maxCopyBytes()).isEqualTo(Long.MAX_VALUE);
        assertThat(limits.maxInFlight()).isEqualTo(Integer.MAX_VALUE);
        assertThat(limits.alignment()).isEqualTo(1);
        assertThat(limits.offloads()).isFalse();
        assertThat(limits.needsMapping()).isFalse();
    }
}
