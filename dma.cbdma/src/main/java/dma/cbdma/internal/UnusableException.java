package dma.cbdma.internal;

import dma.cbdma.internal.pci.Problem;

/** A function, or memory, cannot be used: why, and what mends it. */
final class UnusableException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient Problem problem;

    UnusableException(final String state, final String remedy) {
        this(state, remedy, null);
    }

    UnusableException(final String state, final String remedy, final Throwable cause) {
        super(state + "; " + remedy, cause);
        this.problem = new Problem(state, remedy);
    }

    Problem problem() {
        return problem;
    }
}
