package vhost.core.api;

import org.osgi.annotation.versioning.ProviderType;

/**
 * One virtqueue of a port, owned by one worker. The object lives as long as its port; the ring behind it comes and goes
 * with front-ends.
 *
 * <p><b>Owner</b> marks what only the thread of {@link #worker()} may call. Everything else may come from any thread.
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

    /** Owner. Whether the guest has made buffers available that no burst has taken. Costs one read of the ring. */
    boolean hasAvailable();

    /**
     * Owner. Asks the guest to kick when it makes further buffers available, before the worker sleeps; {@code false} stops
     * the kicks again. After asking, look at {@link #hasAvailable()} once more.
     */
    void wantKick(boolean wanted);

    /** The engine that serves this queue now, by name; {@code builtin} where the core copies itself. */
    String engine();

    /** Copies of at least this many bytes go to the engine, shorter ones are made by the core. */
    int threshold();

    /** A snapshot of the counters, each read by itself. */
    QueueCounters counters();

    /** The ring as it stands, for people: {@code split 256}, {@code packed 1024}, or empty. */
    String ring();
}
