package vhost.core.api;

import org.osgi.annotation.versioning.ConsumerType;

/** What a worker does each turn, such as a forwarding mode. All calls come from the worker's thread; none may block. */
@ConsumerType
public interface PollTask {
    /** Serves each queue with one burst at most. Returns how many packets moved; 0 is an idle turn. */
    int poll();

    /**
     * The worker is about to sleep: ask for kicks ({@link VhostQueue#wantKick}) where packets may come from, then look
     * again.
     *
     * @return how long it may sleep at most, milliseconds; 0 where there is work already; -1 for until a kick
     */
    int beforeSleep();

    /** The worker is awake again: stop asking for kicks. Called once for each {@link #beforeSleep()}. */
    void afterSleep();
}
