package dma.api;

/** An engine could not do what its control path was asked; the message says what, where and how to mend it. */
public final class DmaException extends Exception {
    private static final long serialVersionUID = 1L;

    public DmaException(final String message) {
        super(message);
    }

    public DmaException(final String message, final Throwable cause) {
        super(message, cause);
    }
}
