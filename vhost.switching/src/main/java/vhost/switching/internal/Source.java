package vhost.switching.internal;

import vhost.core.api.VhostPorts;
import vhost.core.api.VhostQueue;

/**
 * A queue that a guest transmits to, with the burst that was taken from it last. Nothing more is taken until every packet of
 * the burst is where it has to go: that keeps the order, bounds the memory and lets the guest feel that it is too fast.
 * One worker's thread.
 */
final class Source {
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
}
