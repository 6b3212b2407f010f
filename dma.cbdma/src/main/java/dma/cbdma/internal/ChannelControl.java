package dma.cbdma.internal;

/** Stops a channel and makes it run, with waits: DPDK {@code drivers/dma/ioat/ioat_dmadev.c}. Control path; one thread at a time. */
final class ChannelControl {
    private static final int MOST_POLLS = 200;

    private final Registers registers;
    private final Pacer pacer;

    ChannelControl(final Registers registers, final Pacer pacer) {
        this.registers = registers;
        this.pacer = pacer;
    }

    /** Suspends and resets whatever the channel does. Whether it did. */
    boolean quiesce() {
        registers.claim();
        final int error = registers.error();
        if (error != 0) {
            registers.clearError(error);
        }
        registers.suspend();
        pacer.pause();
        registers.reset();
        pacer.pause();
        return awaitReset();
    }

    /** As long as the reset bit stands, CHAINADDR is written: without that some parts do not finish. */
    private boolean awaitReset() {
        for (int i = 0; registers.isResetting(); i++) {
            if (i == MOST_POLLS) {
                return false;
            }
            registers.chain(0);
            pacer.pause();
        }
        return true;
    }

    /**
     * Has the channel write nothing more: it finishes the descriptor that it is at. Takes 0.4 s at most.
     *
     * @return whether the state that was read back says so
     */
    boolean stop() {
        final int state = registers.state();
        if (isStopped(state)) {
            return true;
        }
        if (state == Registers.ACTIVE || state == Registers.IDLE) {
            registers.suspend();
            for (int i = 0; i < MOST_POLLS; i++) {
                pacer.pause();
                if (isStopped(registers.state())) {
                    return true;
                }
            }
        }
        registers.reset(); // SUSPEND does not move a channel that is ARMED
        return awaitReset() && isStopped(registers.state());
    }

    private static boolean isStopped(final int state) {
        return state == Registers.SUSPENDED || state == Registers.HALTED;
    }
}
