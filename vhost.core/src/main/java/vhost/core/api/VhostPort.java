package vhost.core.api;

import org.osgi.annotation.versioning.ProviderType;

/** A virtio-net device, served over one vhost-user socket. Any thread, unless said otherwise. */
@ProviderType
public interface VhostPort {
    /** What it was opened with. */
    PortSpec spec();

    /** Its name. */
    default String name() {
        return spec().name();
    }

    /** Where its life stands; changes on control threads. */
    State state();

    /** The virtio features that the driver accepted, 0 while there is none. */
    long features();

    /** The guest's MTU, or the offered one; bytes; 0 where unknown. */
    int mtu();

    /**
     * The queue that the guest receives from ({@code receiveq}, virtio 1.3, 5.1.2), the host's way in.
     *
     * @param pair 0 to {@code spec().queuePairs()} - 1
     */
    VhostQueue receiveq(int pair);

    /** The queue that the guest transmits to ({@code transmitq}), the host's way out. */
    VhostQueue transmitq(int pair);

    /** How often a front-end has connected since the port opened. */
    long connections();

    /** Why the last session ended, for people to read; empty where none has. */
    String lastEvent();

    /** A port's life. */
    enum State {
        /** Waits for a front-end, or tries to reach it. */
        WAITING,
        /** A front-end is connected; no queue runs yet. */
        CONNECTED,
        /** At least one queue runs. */
        RUNNING,
        /** Closed for good. */
        CLOSED
    }
}
