package vhost.core.internal.memory;

/** Guest memory that cannot be used as announced; the message is one line. */
public final class MemoryException extends Exception {
    private static final long serialVersionUID = 1L;

    MemoryException(final String message) {
        super(message);
    }

    MemoryException(final String message, final Throwable cause) {
        super(message, cause);
    }
}
