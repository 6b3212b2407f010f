package dma.model.internal.timing;

/** Pseudo-random numbers, the same for the same seed. Allocates nothing after construction. One thread at a time. */
public final class Draw {
    private long state;

    /** Begins at {@code seed}. */
    public Draw(final long seed) {
        state = seed * 0x9E3779B97F4A7C15L + 1;
    }

    /** From 0 to {@code bound} - 1. */
    public int below(final int bound) {
        state = state * 6_364_136_223_846_793_005L + 1_442_695_040_888_963_407L;
        return (int) ((state >>> 33) * bound >>> 31);
    }
}
