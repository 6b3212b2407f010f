package vhost.core.api;

import org.osgi.annotation.versioning.ProviderType;

/** A thread that owns virtqueues and polls them. Any thread may call this, unless said otherwise. */
@ProviderType
public interface VhostWorker {
    /** 0, 1, 2…; its place in {@link VhostWorkers#workers()}. */
    int index();

    /** The processor it is bound to, or -1. */
    int cpu();

    /** Adds a task to what each turn polls; runs from the next turn on. */
    void attach(PollTask task);

    /** Removes it; returns once the worker will not call it again. */
    void detach(PollTask task);

    /**
     * Runs {@code command} on the worker's thread between two turns, with no burst under way, and returns when it has run.
     *
     * @throws VhostException where the worker did not get to it within {@code timeoutMillis}; it will never run then
     */
    void execute(Runnable command, long timeoutMillis) throws VhostException;

    /** Wakes it where it sleeps, or is about to: whatever was written before this call is seen by its next turn. */
    void wake();

    /** Worker's thread. Another number whenever one of its queues has started or stopped to run; one plain read. */
    int queueEpoch();

    /** Worker's thread. Packets to receive into; they may be freed by this worker only. */
    PacketPool pool();

    /** Turns that moved packets, turns that did not, and how often it slept. */
    WorkerCounters counters();

    /** A snapshot; {@code busyTurns}, {@code idleTurns} and {@code sleeps} since the start. */
    record WorkerCounters(long busyTurns, long idleTurns, long sleeps) {}
}
