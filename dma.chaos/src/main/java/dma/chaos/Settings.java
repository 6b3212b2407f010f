package dma.chaos;

import dma.api.DmaLimits;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * How a {@link ChaosEngine} behaves; {@link #seeded} begins one. Without anything else it is an engine that keeps its
 * contract, and completes each copy at the next poll.
 *
 * @param seed where the dice begins: the same seed and the same calls give the same behaviour
 * @param faults what goes wrong, and when
 * @param limits what the engine states
 * @param minDelayPolls how many polls a copy takes at least, after the first one
 * @param maxDelayPolls how many at most; drawn for each copy
 * @param minDelayMicros how long a copy takes at least, microseconds; both delays must have passed
 * @param maxDelayMicros how long at most; drawn for each copy
 * @param reorder whether copies are made as their delays say, and shuffled; if not they wait for each other
 * @param latePolls after how many polls {@link Fault#LATE_AFTER_FAILURE} writes
 * @param abortMillis how long {@link Fault#ABORT_SLOW} takes, milliseconds
 */
public record Settings(
        long seed,
        Map<Fault, Chance> faults,
        DmaLimits limits,
        int minDelayPolls,
        int maxDelayPolls,
        long minDelayMicros,
        long maxDelayMicros,
        boolean reorder,
        int latePolls,
        long abortMillis) {
    /** Checks the ranges. */
    public Settings {
        faults = Map.copyOf(faults);
        if (minDelayPolls < 0 || maxDelayPolls < minDelayPolls) {
            throw new IllegalArgumentException("delay.polls " + minDelayPolls + "-" + maxDelayPolls + "; use 0-8");
        }
        if (minDelayMicros < 0 || maxDelayMicros < minDelayMicros) {
            throw new IllegalArgumentException("delay.micros " + minDelayMicros + "-" + maxDelayMicros + "; use 0-80");
        }
        if (latePolls < 1 || abortMillis < 0) {
            throw new IllegalArgumentException(
                    "late.polls " + latePolls + ", abort.millis " + abortMillis + "; use 1 or more, and 0 or more");
        }
    }

    /** Begins with an engine that does nothing wrong: it offloads, needs mapping, and holds 256 copies of at most 1 MiB. */
    public static Builder seeded(final long seed) {
        return new Builder(seed);
    }

    /**
     * Reads a configuration: {@code seed}, {@code delay.polls} and {@code delay.micros} (a number, or two as in
     * {@code 0-8}), {@code reorder}, {@code late.polls}, {@code abort.millis}, {@code max.copy.bytes},
     * {@code max.in.flight}, {@code alignment}, {@code offloads}, {@code needs.mapping}, and a {@link Chance} for each
     * {@link Fault#key}.
     *
     * @throws IllegalArgumentException where a key is not known, or a value is not right
     */
    public static Settings of(final Map<String, ?> configuration) {
        final Builder builder = new Builder(0);
        configuration.forEach((key, value) -> {
            try {
                builder.set(key, String.valueOf(value).strip());
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("dma.chaos: " + key + ": '" + value + "' is not a number");
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("dma.chaos: " + key + ": " + e.getMessage(), e);
            }
        });
        return builder.build();
    }

    /** Collects {@link Settings}. One thread at a time. */
    public static final class Builder {
        private long seed;
        private final Map<Fault, Chance> faults = new EnumMap<>(Fault.class);
        private long maxCopyBytes = 1 << 20;
        private int maxInFlight = 256;
        private int alignment = 1;
        private boolean offloads = true;
        private boolean needsMapping = true;
        private int minDelayPolls;
        private int maxDelayPolls;
        private long minDelayMicros;
        private long maxDelayMicros;
        private boolean reorder;
        private int latePolls = 8;
        private long abortMillis = 100;

        private Builder(final long seed) {
            this.seed = seed;
        }

        /** This goes wrong, now and then. */
        public Builder with(final Fault fault, final Chance chance) {
            faults.put(fault, chance);
            return this;
        }

        /** How many polls a copy takes, after the first one. */
        public Builder delayPolls(final int least, final int most) {
            minDelayPolls = least;
            maxDelayPolls = most;
            return this;
        }

        /** How long a copy takes, microseconds. */
        public Builder delayMicros(final long least, final long most) {
            minDelayMicros = least;
            maxDelayMicros = most;
            return this;
        }

        /** Whether copies are made in another order than they came; they are reported in theirs always. */
        public Builder reorder(final boolean yes) {
            reorder = yes;
            return this;
        }

        /** When {@link Fault#LATE_AFTER_FAILURE} writes; 1 or more polls after the report. */
        public Builder latePolls(final int polls) {
            latePolls = polls;
            return this;
        }

        /** How long {@link Fault#ABORT_SLOW} takes, milliseconds. */
        public Builder abortMillis(final long millis) {
            abortMillis = millis;
            return this;
        }

        /** The longest copy, bytes. */
        public Builder maxCopyBytes(final long bytes) {
            maxCopyBytes = bytes;
            return this;
        }

        /** Most copies that a channel holds. */
        public Builder maxInFlight(final int copies) {
            maxInFlight = copies;
            return this;
        }

        /** What source and destination must be a multiple of, bytes, a power of two. */
        public Builder alignment(final int bytes) {
            alignment = bytes;
            return this;
        }

        /** What {@link DmaLimits#offloads} says; copies are made at polls in any case. */
        public Builder offloads(final boolean yes) {
            offloads = yes;
            return this;
        }

        /** Whether memory must be announced, and is checked. */
        public Builder needsMapping(final boolean yes) {
            needsMapping = yes;
            return this;
        }

        /** The settings so far. */
        public Settings build() {
            return new Settings(
                    seed,
                    faults,
                    new DmaLimits(maxCopyBytes, maxInFlight, alignment, offloads, needsMapping),
                    minDelayPolls,
                    maxDelayPolls,
                    minDelayMicros,
                    maxDelayMicros,
                    reorder,
                    latePolls,
                    abortMillis);
        }

        private void set(final String key, final String value) {
            switch (key) {
                case "seed" -> seed = Long.parseLong(value);
                case "delay.polls" -> {
                    final long[] range = range(value);
                    delayPolls(Math.toIntExact(range[0]), Math.toIntExact(range[1]));
                }
                case "delay.micros" -> {
                    final long[] range = range(value);
                    delayMicros(range[0], range[1]);
                }
                case "reorder" -> flag(value, this::reorder);
                case "late.polls" -> latePolls(Integer.parseInt(value));
                case "abort.millis" -> abortMillis(Long.parseLong(value));
                case "max.copy.bytes" -> maxCopyBytes(Long.parseLong(value));
                case "max.in.flight" -> maxInFlight(Integer.parseInt(value));
                case "alignment" -> alignment(Integer.parseInt(value));
                case "offloads" -> flag(value, this::offloads);
                case "needs.mapping" -> flag(value, this::needsMapping);
                default -> with(fault(key), Chance.parse(value));
            }
        }

        private static long[] range(final String value) {
            final String[] ends = value.split("-", 2);
            return new long[] {Long.parseLong(ends[0].strip()), Long.parseLong(ends[ends.length - 1].strip())};
        }

        private static void flag(final String value, final Consumer<Boolean> setter) {
            if (!value.equals("true") && !value.equals("false")) {
                throw new IllegalArgumentException("'" + value + "'; use true or false");
            }
            setter.accept(value.equals("true"));
        }

        private static Fault fault(final String key) {
            for (final Fault fault : Fault.values()) {
                if (fault.key().equals(key)) {
                    return fault;
                }
            }
            throw new IllegalArgumentException("no such key");
        }
    }
}
