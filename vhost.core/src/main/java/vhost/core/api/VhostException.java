package vhost.core.api;

/** A control call that could not be done; the message is one line that says what, where and how to mend it. */
public final class VhostException extends Exception {
    private static final long serialVersionUID = 1L;

    public VhostException(final String message) {
        super(message);
    }

    public VhostException(final String message, final Throwable cause) {
        super(message, cause);
    }
}
