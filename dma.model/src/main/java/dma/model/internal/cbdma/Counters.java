package dma.model.internal.cbdma;

import java.util.concurrent.atomic.AtomicLongArray;

/** Counters of one channel: only the model's thread adds, anybody reads. */
final class Counters {
    private final AtomicLongArray values = new AtomicLongArray(Counter.values().length);

    void add(final Counter counter, final long amount) {
        final int at = counter.ordinal();
        values.setOpaque(at, values.getPlain(at) + amount);
    }

    long get(final Counter counter) {
        return values.getOpaque(counter.ordinal());
    }
}
