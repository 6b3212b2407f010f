package dma.cpu.internal;

import dma.api.Completions;
import dma.api.CopyBatch;
import dma.api.DmaEngine;
import dma.api.DmaLimits;
import dma.api.DmaOps;
import dma.api.MemoryRegion;
import java.lang.foreign.MemorySegment;
import org.osgi.service.component.annotations.Component;

/**
 * The processor as an engine: a copy is made before {@code transferData} returns. Always there, never full.
 *
 * <p>A fault in a mapped file that was truncated is its caller's: the {@link InternalError} comes out of {@code transferData},
 * or soon after it, as from a copy that the caller makes itself. What was not accepted then is to be aborted.
 */
@Component(
        service = DmaEngine.class,
        property = {
            DmaEngine.NAME + "=cpu-inline",
            DmaEngine.TYPE + "=cpu",
            DmaEngine.BACKING + "=software",
            DmaEngine.NUMA_NODE + ":Integer=-1"
        })
public final class InlineEngine implements DmaEngine {
    private static final DmaLimits LIMITS = new DmaLimits(Long.MAX_VALUE, Integer.MAX_VALUE, 1, false, false);

    @Override
    public DmaLimits limits() {
        return LIMITS;
    }

    @Override
    public DmaOps open(final String owner) {
        return new Channel();
    }

    private static final class Channel implements DmaOps {
        @SuppressWarnings("restricted")
        private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

        /** Made and not reported. */
        private int finished;

        @Override
        public int transferData(final CopyBatch batch) {
            final int first = batch.first();
            final int end = batch.end();
            for (int i = first; i < end; i++) {
                MemorySegment.copy(MEMORY, batch.source(i), MEMORY, batch.destination(i), batch.length(i));
            }
            finished += end - first;
            return end - first;
        }

        @Override
        public int completedCopies(final Completions completions) {
            final int reported = Math.min(finished, completions.room());
            completions.succeeded(reported);
            finished -= reported;
            return reported;
        }

        @Override
        public boolean abort() {
            finished = 0;
            return true; // nothing is ever under way between two calls
        }

        @Override
        public void announce(final MemoryRegion region) {
            // The processor reaches whatever this process has mapped.
        }

        @Override
        public void withdraw(final MemoryRegion region) {
            // See announce.
        }

        @Override
        public void close() {
            finished = 0;
        }
    }
}
