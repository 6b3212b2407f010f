package dma.model.internal.cbdma;

/** When the descriptors of one channel end: {@link Timing} applied to its doorbells. The model's thread; allocates nothing. */
final class Pace {
    /** Doorbells that are kept apart; where there are more a descriptor counts as published by an earlier one. */
    private static final int DOORBELLS = 4096;

    private final Timing timing;
    private final int[] ends = new int[DOORBELLS];
    private final long[] times = new long[DOORBELLS];
    private int head;
    private int count;
    private long previous;

    Pace(final Timing timing) {
        this.timing = timing;
    }

    boolean counts() {
        return timing.published();
    }

    /** Forgets all doorbells. */
    void begin(final long now) {
        count = 0;
        previous = now;
    }

    /** DMACOUNT was written. */
    void doorbell(final int published, final long now) {
        if (count == DOORBELLS) {
            ends[(head + count - 1) % DOORBELLS] = published;
            return;
        }
        ends[(head + count) % DOORBELLS] = published;
        times[(head + count) % DOORBELLS] = now;
        count++;
    }

    /** When the descriptor behind {@code completed} others ends; nanoseconds of {@link System#nanoTime}. */
    long due(final int completed, final long bytes) {
        // A doorbell whose last descriptor has completed is over.
        while (count > 1 && (short) (ends[head] - completed) <= 0) {
            head = (head + 1) % DOORBELLS;
            count--;
        }
        previous = timing.due(times[head], previous, bytes);
        return previous;
    }
}
