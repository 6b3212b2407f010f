package dma.cbdma.internal;

import java.util.Arrays;
import java.util.List;

/**
 * What configuration {@code dma.cbdma} says.
 *
 * @param functions that may be taken: {@code auto} for all, {@code none}, or addresses such as {@code 0000:00:04.0}
 * @param noIommu whether functions are taken that no IOMMU keeps to memory of ours
 * @param ring descriptors of a channel, a power of two; one of them stays free
 */
public record Settings(List<String> functions, boolean noIommu, int ring) {
    private static final String AUTO = "auto";
    private static final String NONE = "none";
    private static final int LEAST_RING = 32;
    private static final int MOST_RING = 32_768;

    /** Checks, and rounds the ring up. */
    public Settings {
        if (ring < LEAST_RING || ring > MOST_RING) {
            throw new IllegalArgumentException(
                    "dma.cbdma: ring " + ring + "; use " + LEAST_RING + " to " + MOST_RING + " descriptors");
        }
        ring = Integer.highestOneBit(ring - 1) << 1;
        functions = List.copyOf(functions);
    }

    /** As in a configuration: {@code functions} is a word, or a list with commas. */
    public static Settings of(final String functions, final boolean noIommu, final int ring) {
        final List<String> names = Arrays.stream(functions.split(","))
                .map(String::strip)
                .filter(name -> !name.isEmpty())
                .toList();
        return new Settings(names.isEmpty() ? List.of(AUTO) : names, noIommu, ring);
    }

    /** As without a configuration. */
    public static Settings defaults() {
        return of(AUTO, false, 1024);
    }

    /** Whether a function may be taken. */
    boolean allows(final String address) {
        return functions.contains(AUTO) || functions.contains(address);
    }

    /** Whether nothing is wanted. */
    boolean isNone() {
        return functions.equals(List.of(NONE));
    }
}
