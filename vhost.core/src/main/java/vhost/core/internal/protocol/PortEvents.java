package vhost.core.internal.protocol;

/** Told of a port's life. All calls come from the port's thread; none may block for long. */
public interface PortEvents {
    /** A front-end is connected; its session begins. */
    void connected();

    /** Its session is over, and the device has been told. {@code reason} is one line for people. */
    void ended(String reason);

    /** A port that connects cannot reach its front-end; it goes on trying. Told once for each reason in a row. */
    default void unreachable(final String reason) {}
}
