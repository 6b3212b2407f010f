package vhost.frontend;

import java.io.IOException;

/** The session failed: no connection, a refused message, a reply that the protocol does not allow, a missing feature. */
public final class FrontendException extends IOException {
    private static final long serialVersionUID = 1L;

    public FrontendException(final String message) {
        super(message);
    }

    public FrontendException(final String message, final Throwable cause) {
        super(message, cause);
    }
}
