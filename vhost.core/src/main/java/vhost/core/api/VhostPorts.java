package vhost.core.api;

import java.util.List;
import java.util.Optional;
import org.osgi.annotation.versioning.ProviderType;

/** The ports of this platform: an OSGi service. Any thread. */
@ProviderType
public interface VhostPorts {
    /** Most ports at a time. */
    int MAX_PORTS = 64;

    /**
     * Opens a port; its socket listens, or tries to connect, when this returns. Opening a port that is already open with
     * an equal specification returns that one.
     *
     * @throws VhostException where the name or the socket is taken, the path is too long or may not be written; the
     *     message is one line that says what, where and how to mend it
     */
    VhostPort open(PortSpec spec) throws VhostException;

    /**
     * Closes a port: its rings stop, its memory is let go, its socket file is removed.
     *
     * @return whether there was one of that name
     */
    boolean close(String name);

    /** The open ports, in the order in which they were opened. */
    List<VhostPort> ports();

    /** The open port of that name. */
    Optional<VhostPort> port(String name);

    /** Tells {@code listener} of each open port, then of every change, until it is removed. */
    void addListener(Listener listener);

    /** Tells it no more; it is not called after this returned. */
    void removeListener(Listener listener);

    /** Called on control threads, one call at a time. */
    interface Listener {
        void opened(VhostPort port);

        /** Returns only once no worker of the listener's uses the port any more. */
        void closed(VhostPort port);
    }
}
