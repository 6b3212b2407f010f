package dma.api;

/**
 * What an engine states and the core respects.
 *
 * @param maxCopyBytes the longest single copy, bytes; the core makes longer ones itself
 * @param maxInFlight the most copies that a channel holds at once, accepted and not reported; {@code transferData} accepts none
 *     beyond them
 * @param alignment what source and destination must be a multiple of, bytes, a power of two; 1 where nothing is asked
 * @param offloads whether {@code transferData} may return before the copies are made
 * @param needsMapping whether memory must be announced before it is named
 */
public record DmaLimits(long maxCopyBytes, int maxInFlight, int alignment, boolean offloads, boolean needsMapping) {
    /** Checks the ranges. */
    public DmaLimits {
        if (maxCopyBytes < 1 || maxInFlight < 1 || alignment < 1 || Integer.bitCount(alignment) != 1) {
            throw new IllegalArgumentException("limits out of range: maxCopyBytes=" + maxCopyBytes + " maxInFlight="
                    + maxInFlight + " alignment=" + alignment);
        }
    }
}
