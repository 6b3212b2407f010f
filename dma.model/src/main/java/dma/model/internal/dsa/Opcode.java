package dma.model.internal.dsa;

/** Operations, {@code enum dsa_opcode} of {@code linux/idxd.h}: those that the model has. */
final class Opcode {
    static final int NOOP = 0;
    static final int BATCH = 1;
    static final int DRAIN = 2;
    static final int MEMMOVE = 3;
    static final int MEMFILL = 4;
    static final int COMPARE = 5;

    /** A bit for each. */
    static final long MODELLED = 0x3f;

    private Opcode() {}
}
