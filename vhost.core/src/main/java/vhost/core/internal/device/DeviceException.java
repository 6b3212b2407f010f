package vhost.core.internal.device;

/** The device cannot do what the front-end asks; the message is one line with the values and what was expected. */
public final class DeviceException extends Exception {
    private static final long serialVersionUID = 1L;

    public DeviceException(final String message) {
        super(message);
    }

    public DeviceException(final String message, final Throwable cause) {
        super(message, cause);
    }
}
