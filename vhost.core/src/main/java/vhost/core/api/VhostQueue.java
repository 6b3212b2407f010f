package vhost.core.api;

import org.osgi.annotation.versioning.ProviderType;

/**
 * One virtqueue of a port, owned by one worker. The object lives as long as its port; the ring behind it comes and goes
 * with front-ends.
 *
 * <p><b>Owner</b> marks what only the thread of {@link #worker()} may call. Everything else may come from any thread.
 *
 * <p><b>Two ways.</b> {@link #enqueueBurst} and {@link #dequeueBurst} return when the copies are made. The asynchronous calls
 * begin copies and hand packets back later, so that ring work and an engine's copies run side by side:
 *
 * <pre>
 *   to the guest     submitEnqueueBurst   the packets are the queue's …
 *                    pollEnqueueCompleted … and the caller's again, in the order of submission
 *   from the guest   submitDequeueBurst   takes chains, begins copies into packets of a pool
 *                    pollDequeueCompleted hands those packets over, in the order of the ring
 * </pre>
 *
 * <p>Used entries are published in order, over complete packets only, and the guest is notified, whether the caller polls or
 * not: the worker looks after packets in flight each turn. Packets come back by polling, each exactly once, also where the
 * ring has stopped, the engine was changed or has failed meanwhile. A ring that stops first delivers what is in flight; it
 * drops that only where its memory is gone or an engine does not stop. None of these calls throws. Both ways may be mixed on one queue; a synchronous call
 * waits for what is in flight before it, so that the order holds.
 */
@ProviderType
public interface VhostQueue {
    /** The worker whose thread owns this queue, for as long as the port is open. */
    VhostWorker worker();

    /** For people: {@code PORT/rx0} is what the guest receives from, {@code PORT/tx0} what it transmits to. */
    String name();

    /** The port it belongs to. */
    VhostPort port();

    /** Owner. Whether a started and enabled ring is there. */
    boolean isRunning();

    /**
     * Owner; {@code receiveq} only. Copies packets into the guest's buffers, in order, and makes them used. The packets
     * stay the caller's.
     *
     * @return how many were taken, a prefix: fewer than {@code count} where the guest has no buffers left, 0 where the
     *     queue does not run. A packet that can never fit, such as one longer than the buffers of a guest without
     *     mergeable ones, is counted as dropped and passed over
     */
    int enqueueBurst(long[] packets, int from, int count);

    /**
     * Owner; {@code transmitq} only. Copies what the guest sent into packets of {@code pool} and gives the guest its
     * buffers back. The packets are the caller's, to free into a pool.
     *
     * @return how many packets were written to {@code packets} from index 0; fewer than {@code max} where the guest has sent
     *     no more or the pool is empty
     */
    int dequeueBurst(PacketPool pool, long[] packets, int max);

    /**
     * Owner. Whether the asynchronous calls pay: an engine that copies beside the processor serves the queue, or packets are
     * in flight or wait to be polled. Without that they work as well, and have nothing to win.
     */
    boolean isAsync();

    /**
     * Owner; {@code receiveq} only. Begins to copy packets into the guest's buffers. Packets that were accepted are the queue's:
     * their data and header are not to be written and they are not to be freed before {@link #pollEnqueueCompleted} has
     * returned them. The user word stays the caller's, and a packet may be submitted again meanwhile, here or to another
     * queue: it comes back as often. Packets that were not accepted stay the caller's.
     *
     * @return how many were accepted, a prefix: fewer than {@code count} where the guest has no buffers left or as many packets
     *     are in flight as the ring has descriptors, 0 where the queue does not run. A packet that can never fit is accepted,
     *     counted as dropped and handed back like the others
     */
    int submitEnqueueBurst(long[] packets, int from, int count);

    /**
     * Owner; {@code receiveq} only. Moves packets that are done to {@code packets}, from index {@code from} on, at most
     * {@code max}, in the order in which they were submitted. They are the caller's again.
     *
     * @return how many
     */
    int pollEnqueueCompleted(long[] packets, int from, int max);

    /**
     * Owner; {@code transmitq} only. Takes up to {@code max} packets off the ring and begins to copy them into packets of
     * {@code pool}, which {@link #pollDequeueCompleted} hands over.
     *
     * @return how many were begun; fewer than {@code max} where the guest has sent no more, the pool is empty or as many
     *     packets are in flight as the ring has descriptors; 0 where the queue does not run
     */
    int submitDequeueBurst(PacketPool pool, int max);

    /**
     * Owner; {@code transmitq} only. Moves packets whose copies are made to {@code packets}, from index {@code from} on, at
     * most {@code max}, in the ring's order. They are the caller's, to free into the pool they are from.
     *
     * @return how many
     */
    int pollDequeueCompleted(long[] packets, int from, int max);

    /**
     * Owner. Ends what is in flight, then polls: waits for the engines, each copy for its deadline at most, and makes the
     * copies that are late itself. Call it until it returns 0: nothing is left then. For an application that lets go of a
     * queue.
     *
     * @return how many packets were moved to {@code packets}, at most {@code max}
     */
    int clearQueue(long[] packets, int from, int max);

    /** Packets that were submitted and not polled yet. */
    int inFlight();

    /**
     * Not the owner. Gives the queue a channel of the named engine, whatever is configured, until
     * {@link #unregisterAsyncChannel}. Packets in flight stay with the channel they were submitted to; the next ones take the
     * new one. The traffic does not pause.
     *
     * @param threshold copies of at least this many bytes go to the engine; {@link VhostEngines#AUTO} to learn it
     * @throws VhostException where there is no such engine, it gives no channel, or the owner did not answer in time
     */
    void registerAsyncChannel(String engine, int threshold) throws VhostException;

    /**
     * Not the owner. Goes back to what is configured. The channel ends when the last copy in it has: nothing has to be drained
     * first.
     */
    void unregisterAsyncChannel() throws VhostException;

    /** Owner. Whether the guest has made buffers available that no burst has taken. Costs one read of the ring. */
    boolean hasAvailable();

    /**
     * Owner. Asks the guest to kick when it makes further buffers available, before the worker sleeps; {@code false} stops
     * the kicks again. After asking, look at {@link #hasAvailable()} once more.
     */
    void wantKick(boolean wanted);

    /** The engine that serves this queue now, by name; {@code builtin} where the core copies itself. */
    String engine();

    /** Copies of at least this many bytes go to the engine now, shorter ones are made by the core. */
    int threshold();

    /** A snapshot of the counters, each read by itself. */
    QueueCounters counters();

    /** The ring as it stands, for people: {@code split 256}, {@code packed 1024}, or empty. */
    String ring();
}
