package vhost.core.internal.protocol;

/** A message that was refused: one line with the port, the request, the values that came and what was expected. */
final class ProtocolException extends Exception {
    private static final long serialVersionUID = 1L;

    private final String detail;

    ProtocolException(final String port, final String where, final String what) {
        super("port " + port + ": " + where + ": " + what);
        detail = where + ": " + what;
    }

    /** The message without the port, for those who name it themselves. */
    String detail() {
        return detail;
    }
}
