package dma.chaos;

import java.util.random.RandomGenerator;

/**
 * When a {@link Fault} happens: by probability, at every so many-th opportunity, or at a single one. Opportunities are counted
 * apart for each channel, from 1.
 *
 * @param probability 0 to 1; 0 where it does not count
 * @param period at each multiple of it; 0 where it does not count
 * @param single at this opportunity only; 0 where it does not count
 */
public record Chance(double probability, long period, long single) {
    /** Checks the ranges. */
    public Chance {
        if (!(probability >= 0 && probability <= 1) || period < 0 || single < 0) {
            throw new IllegalArgumentException(
                    "chance: probability " + probability + ", period " + period + ", single " + single);
        }
    }

    /** With a probability, 0 to 1. */
    public static Chance of(final double probability) {
        return new Chance(probability, 0, 0);
    }

    /** At every {@code period}-th opportunity; 1 is always. */
    public static Chance every(final long period) {
        return new Chance(0, period, 0);
    }

    /** At the {@code opportunity}-th one, and never again on that channel. */
    public static Chance at(final long opportunity) {
        return new Chance(0, 0, opportunity);
    }

    /**
     * Reads {@code 0.25}, {@code every 7} or {@code at 12}.
     *
     * @throws IllegalArgumentException where it is none of them
     */
    public static Chance parse(final String text) {
        final String[] words = text.strip().split("\\s+");
        try {
            if (words.length == 1) {
                return of(Double.parseDouble(words[0]));
            }
            if (words.length == 2 && words[0].equals("every")) {
                return every(Long.parseLong(words[1]));
            }
            if (words.length == 2 && words[0].equals("at")) {
                return at(Long.parseLong(words[1]));
            }
        } catch (NumberFormatException e) {
            // What follows says it better.
        }
        throw new IllegalArgumentException("'" + text + "' is no chance; use 0.25, every 7 or at 12");
    }

    boolean hits(final long opportunity, final RandomGenerator random) {
        return period != 0 && opportunity % period == 0
                || single == opportunity
                || probability != 0 && random.nextDouble() < probability;
    }
}
