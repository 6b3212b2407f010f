package vhost.core.internal.protocol;

/** A session that is over though nobody did wrong: the front-end went away, or the port is being closed. */
final class SessionEnd extends Exception {
    private static final long serialVersionUID = 1L;

    SessionEnd(final String reason) {
        super(reason, null, false, false);
    }
}
