package dma.model.internal.cbdma;

import java.util.function.Consumer;

/**
 * What goes wrong on purpose. Each {@code every} is a number of descriptors, counted apart for each channel: at its
 * multiples the fault happens, or, if {@code random}, with that probability at each; 0 is never. Where several hit the same
 * descriptor the first in this order happens.
 *
 * @param function the index of the only function concerned; -1 for all
 * @param random by chance from {@code seed} on, the same for the same seed
 * @param deadEvery the channel halts with CHANERR bit {@code errorBit}, and CHANCMD's RESET never ends until the function
 *     is reset
 * @param errorEvery the channel halts with CHANERR bit {@code errorBit}; the descriptor is not made
 * @param haltEvery the channel halts without an error
 * @param hangEvery the channel makes no progress for {@code hangMillis}, or until it is reset; 0 milliseconds: until it is
 *     reset or the faults are changed
 * @param lateEvery the first bytes of a copy, up to 64 KiB, are written again {@code lateMillis} after it was reported
 * @param notViable groups say that they are not viable
 * @param mapFailAfter how many mappings a container takes before ENOMEM; -1 for no such limit
 */
public record Faults(
        int function,
        boolean random,
        long seed,
        int deadEvery,
        int errorEvery,
        int errorBit,
        int haltEvery,
        int hangEvery,
        long hangMillis,
        int lateEvery,
        long lateMillis,
        boolean notViable,
        int mapFailAfter) {
    public static final Faults NONE = new Faults(-1, false, 1, 0, 0, 8, 0, 0, 0, 0, 10, false, -1);

    public Faults {
        if (deadEvery < 0 || errorEvery < 0 || haltEvery < 0 || hangEvery < 0 || lateEvery < 0) {
            throw new IllegalArgumentException(
                    "dma.model.cbdma: a fault every so many descriptors is negative; use 0 or more");
        }
        if (errorBit < 0 || errorBit > 27) {
            throw new IllegalArgumentException(
                    "dma.model.cbdma: there is no CHANERR bit " + errorBit + "; use 0 to 27");
        }
        if (hangMillis < 0 || lateMillis < 0) {
            throw new IllegalArgumentException("dma.model.cbdma: a time is negative; use 0 or more milliseconds");
        }
    }

    public Faults withFunction(final int index) {
        return changed(draft -> draft.function = index);
    }

    public Faults withRandom(final long from) {
        return changed(draft -> {
            draft.random = true;
            draft.seed = from;
        });
    }

    public Faults withDead(final int every) {
        return changed(draft -> draft.deadEvery = every);
    }

    public Faults withError(final int every, final int bit) {
        return changed(draft -> {
            draft.errorEvery = every;
            draft.errorBit = bit;
        });
    }

    public Faults withHalt(final int every) {
        return changed(draft -> draft.haltEvery = every);
    }

    public Faults withHang(final int every, final long millis) {
        return changed(draft -> {
            draft.hangEvery = every;
            draft.hangMillis = millis;
        });
    }

    public Faults withLate(final int every, final long millis) {
        return changed(draft -> {
            draft.lateEvery = every;
            draft.lateMillis = millis;
        });
    }

    public Faults withNotViable() {
        return changed(draft -> draft.notViable = true);
    }

    public Faults withMapFailAfter(final int mappings) {
        return changed(draft -> draft.mapFailAfter = mappings);
    }

    private Faults changed(final Consumer<Draft> change) {
        final Draft draft = new Draft(this);
        change.accept(draft);
        return draft.done();
    }

    /** The same values, while one of them changes. */
    private static final class Draft {
        private int function;
        private boolean random;
        private long seed;
        private int deadEvery;
        private int errorEvery;
        private int errorBit;
        private int haltEvery;
        private int hangEvery;
        private long hangMillis;
        private int lateEvery;
        private long lateMillis;
        private boolean notViable;
        private int mapFailAfter;

        Draft(final Faults from) {
            function = from.function;
            random = from.random;
            seed = from.seed;
            deadEvery = from.deadEvery;
            errorEvery = from.errorEvery;
            errorBit = from.errorBit;
            haltEvery = from.haltEvery;
            hangEvery = from.hangEvery;
            hangMillis = from.hangMillis;
            lateEvery = from.lateEvery;
            lateMillis = from.lateMillis;
            notViable = from.notViable;
            mapFailAfter = from.mapFailAfter;
        }

        Faults done() {
            return new Faults(
                    function,
                    random,
                    seed,
                    deadEvery,
                    errorEvery,
                    errorBit,
                    haltEvery,
                    hangEvery,
                    hangMillis,
                    lateEvery,
                    lateMillis,
                    notViable,
                    mapFailAfter);
        }
    }
}
