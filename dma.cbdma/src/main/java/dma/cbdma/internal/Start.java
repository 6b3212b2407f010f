package dma.cbdma.internal;

/**
 * Brings a channel from wherever it is to ARMED, in steps that never wait: reset, first descriptor, completion address. The
 * data path takes a step a call after a halt, the control path pauses between steps.
 *
 * <pre>
 *   begin → RESET … reset bit clears → CHAINADDR, CHANCMP, CHANCTRL → … CHANSTS == ARMED → DONE
 * </pre>
 *
 * <p>As DPDK's {@code __ioat_recover}, which does not wait for the reset bit; its {@code ioat_dev_start} does, and writes
 * CHAINADDR meanwhile, without which some parts do not finish. One thread at a time; allocates nothing.
 */
final class Start {
    static final int UNDER_WAY = 0;
    static final int DONE = 1;
    static final int FAILED = -1;

    /** Given up only after both. */
    private static final int MOST_POLLS = 200;

    private static final long MOST_NANOS = 200 * Pacer.MILLI;

    private final Registers registers;
    private final Pacer pacer;
    private final long statusIova;
    private long chainIova;
    private boolean resetting;
    private int polls;
    private long began;

    Start(final Registers registers, final Pacer pacer, final long statusIova) {
        this.registers = registers;
        this.pacer = pacer;
        this.statusIova = statusIova;
    }

    /** Clears CHANERR and resets. */
    void begin(final int error, final long chain) {
        chainIova = chain;
        registers.clearError(error);
        registers.reset();
        resetting = true;
        await();
    }

    /** Goes on from a channel that has been reset. */
    void beginReset(final long chain) {
        chainIova = chain;
        arm();
    }

    private void await() {
        polls = 0;
        began = pacer.nanoTime();
    }

    private void arm() {
        resetting = false;
        registers.chain(chainIova);
        registers.run(statusIova);
        await();
    }

    /** Looks once. */
    int step() {
        if (resetting) {
            if (registers.isResetting()) {
                registers.chain(0);
                return patience();
            }
            arm();
        }
        // The whole word: no descriptor was completed since CHAINADDR was written.
        return registers.status() == Registers.ARMED ? DONE : patience();
    }

    /** Looks until it has ended, with pauses. */
    boolean complete() {
        int result = step();
        while (result == UNDER_WAY) {
            pacer.pause();
            result = step();
        }
        return result == DONE;
    }

    private int patience() {
        polls++;
        return polls >= MOST_POLLS && pacer.nanoTime() - began >= MOST_NANOS ? FAILED : UNDER_WAY;
    }
}
