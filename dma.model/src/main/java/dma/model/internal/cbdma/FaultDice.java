package dma.model.internal.cbdma;

/** Which fault hits the next descriptor of one channel. The model's thread; allocates nothing. */
final class FaultDice {
    static final int NONE = 0;
    static final int DEAD = 1;
    static final int ERROR = 2;
    static final int HALT = 3;
    static final int HANG = 4;
    static final int LATE = 5;

    private final int function;
    private Faults faults = Faults.NONE;
    private boolean concerned;
    private long descriptors;
    private long random;

    FaultDice(final int function) {
        this.function = function;
    }

    /** The fault for the next descriptor, by the faults of now: others than before count from the beginning. */
    int draw(final Faults now) {
        if (now != faults) {
            faults = now;
            concerned = now.function() < 0 || now.function() == function;
            descriptors = 0;
            random = now.seed() + function;
        }
        if (!concerned) {
            return NONE;
        }
        descriptors++;
        if (hits(now.deadEvery())) {
            return DEAD;
        }
        if (hits(now.errorEvery())) {
            return ERROR;
        }
        if (hits(now.haltEvery())) {
            return HALT;
        }
        if (hits(now.hangEvery())) {
            return HANG;
        }
        return hits(now.lateEvery()) ? LATE : NONE;
    }

    private boolean hits(final int every) {
        if (every == 0) {
            return false;
        }
        if (!faults.random()) {
            return descriptors % every == 0;
        }
        random = random * 6_364_136_223_846_793_005L + 1_442_695_040_888_963_407L;
        return (random >>> 33) % every == 0;
    }
}
