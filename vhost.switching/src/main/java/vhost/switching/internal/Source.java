package vhost.switching.internal;

import vhost.core.api.PacketPool;
import vhost.core.api.VhostPorts;
import vhost.core.api.VhostQueue;

/**
 * A queue that a guest transmits to, with the burst that was taken from it last. Nothing more is taken until every packet of
 * the burst is where it has to go: that keeps the order, bounds the memory and lets the guest feel that it is too fast.
 * Where an engine copies, some bursts are in flight behind that one. One worker's thread.
 */
final class Source {
    /** Bursts in flight while one is forwarded, so that an engine is not out of work meanwhile. */
    private static final int BURSTS_AHEAD = 4;

    /**
     * Most packets in flight: as many as {@link #packets} has room for. So all that are done come back at once, and a queue
     * that has no engine any more is soon without packets in flight, which ends its asynchronous way.
     */
    private static final int MAX_AHEAD = Settings.MAX_BURST;

    /** Most packets that all sources of a worker may have in flight; as many again may be pending, half of a pool's. */
    private static final int MAX_AHEAD_OF_ALL = 2048;

    /** In {@link #single}: the packets have different targets. */
    static final int MIXED = -1;

    final PortSlot port;
    final int pair;
    final VhostQueue queue;

    /** The burst: packets from {@link #first} to below {@link #count} are not where they have to go. */
    final long[] packets = new long[Settings.MAX_BURST];

    /** Mixed bursts: the slots of the ports that the packet is still to be sent to, as bits. */
    final long[] targets = new long[Settings.MAX_BURST];

    int first;
    int count;

    /** The slot of the port that the whole burst goes to, or {@link #MIXED}. */
    int single;

    /** No packet of the burst asks for an offload. */
    boolean plain;

    /** By the slot of the target: how many segments of the first packet for it have been sent. */
    final int[] sent = new int[VhostPorts.MAX_PORTS];

    /** By slot: the queue that packets for this port go to; null where none runs. */
    final Outlet[] routes = new Outlet[VhostPorts.MAX_PORTS];

    /** The slots of all other ports that have a route, as bits. */
    long others;

    /** Whether kicks were asked for. */
    boolean wantsKick;

    Source(final PortSlot port, final int pair, final VhostQueue queue) {
        this.port = port;
        this.pair = pair;
        this.queue = queue;
    }

    boolean isPending() {
        return count != 0;
    }

    /**
     * Takes what the guest has sent to {@link #packets}, from index 0 on. Nothing may be pending.
     *
     * @param burst most packets to take off the ring
     * @param ahead most packets in flight, of {@link #ahead}
     * @return how many there are, up to the array's length where they were in flight
     */
    int receive(final PacketPool pool, final int burst, final int ahead) {
        return queue.isAsync() ? receiveAsync(pool, burst, ahead) : queue.dequeueBurst(pool, packets, burst);
    }

    private int receiveAsync(final PacketPool pool, final int burst, final int ahead) {
        final int most = Math.min(asyncBurst(burst), ahead);
        if (queue.inFlight() + most <= ahead) {
            queue.submitDequeueBurst(pool, most);
        }
        return queue.pollDequeueCompleted(packets, 0, packets.length);
    }

    /** How many packets each of {@code sources} may have in flight: an engine that has many to serve is never idle. */
    static int ahead(final int burst, final int sources) {
        return Math.clamp(MAX_AHEAD_OF_ALL / Math.max(1, sources), 1, BURSTS_AHEAD * asyncBurst(burst));
    }

    private static int asyncBurst(final int burst) {
        return Math.min(burst, MAX_AHEAD / BURSTS_AHEAD);
    }
}
