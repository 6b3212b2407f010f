package dma.chaos;

import java.util.SplittableRandom;

/** What happens next, of one channel; from one seed. One thread at a time. */
final class Dice {
    private final ChaosEngine engine;
    private final SplittableRandom random;
    private final long[] opportunities = new long[Fault.values().length];

    Dice(final ChaosEngine engine, final long seed) {
        this.engine = engine;
        this.random = new SplittableRandom(seed);
    }

    /** Whether the fault happens at this opportunity; it is counted then. */
    boolean hits(final Fault fault) {
        final Chance chance = engine.settings().faults().get(fault);
        if (chance == null || !chance.hits(++opportunities[fault.ordinal()], random)) {
            return false;
        }
        engine.inject(fault);
        return true;
    }

    /** From {@code least} to {@code most}. */
    int between(final int least, final int most) {
        return least == most ? least : random.nextInt(least, most + 1);
    }

    /** From {@code least} to {@code most}. */
    long between(final long least, final long most) {
        return least == most ? least : random.nextLong(least, most + 1);
    }

    boolean flip() {
        return random.nextBoolean();
    }
}
