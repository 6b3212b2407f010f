package bench.internal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The lengths of the packets of a window.
 *
 * @param name for people
 * @param lengths bytes; packet {@code i} has that of {@code i} modulo their number
 */
record Load(String name, int[] lengths) {
    static final int MIN_BYTES = 16;
    static final int MAX_BYTES = 9216;

    /** 7 : 4 : 1, as the simple Internet mix has it; no length in a row of its own. */
    private static final Load IMIX =
            new Load("64/576/1518", new int[] {64, 576, 64, 64, 576, 64, 1518, 64, 576, 64, 64, 576});

    private static final Load SMALL_AND_LARGE = new Load("64/4096", new int[] {64, 4096});

    /** The loads of one length each, then the mixed ones. */
    static List<Load> parse(final String sizes) {
        final List<Load> loads = new ArrayList<>();
        for (final String text : sizes.split(",")) {
            loads.add(of(text.strip()));
        }
        loads.add(IMIX);
        loads.add(SMALL_AND_LARGE);
        return loads;
    }

    private static Load of(final String text) {
        try {
            final int bytes = Integer.parseInt(text);
            if (bytes >= MIN_BYTES && bytes <= MAX_BYTES) {
                return new Load(text, new int[] {bytes});
            }
        } catch (NumberFormatException e) {
            // Told below, as a number out of bounds is.
        }
        throw new IllegalArgumentException(
                "--sizes: '" + text + "': use numbers of bytes from " + MIN_BYTES + " to " + MAX_BYTES);
    }

    int length(final int packet) {
        return lengths[packet % lengths.length];
    }

    int longest() {
        return Arrays.stream(lengths).max().orElseThrow();
    }

    /** Bytes of data of {@code packets} packets. */
    long bytes(final int packets) {
        long sum = 0;
        for (int i = 0; i < packets; i++) {
            sum += length(i);
        }
        return sum;
    }

    boolean isMixed() {
        return lengths.length > 1;
    }
}
