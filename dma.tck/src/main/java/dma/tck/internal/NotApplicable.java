package dma.tck.internal;

/** A rule asks for what the engine does not state; the message says why. */
final class NotApplicable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NotApplicable(final String reason) {
        super(reason);
    }
}
