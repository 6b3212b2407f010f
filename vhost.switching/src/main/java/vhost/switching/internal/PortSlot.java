package vhost.switching.internal;

import vhost.core.api.QueueCounters;
import vhost.core.api.VhostPort;
import vhost.switching.PortStatistics;

/** A port as forwarding sees it, under a small number that stands for it in bit sets and in the MAC table. */
final class PortSlot {
    private static final int ANY_WORKER = -1;

    /** Below {@link vhost.core.api.VhostPorts#MAX_PORTS}; given to another port only when no worker knows this one any more. */
    final int slot;

    final VhostPort port;

    /** By queue pair. */
    final Outlet[] outlets;

    /** By queue pair. */
    final Source[] sources;

    /** By worker. */
    final PortCounters[] counters;

    /** The addresses of modes {@code mac} and {@code txonly}: as DPDK's net_vhost and testpmd number theirs. */
    final long ownMac;

    final long peerMac;

    PortSlot(final int slot, final VhostPort port, final int workers) {
        this.slot = slot;
        this.port = port;
        final int pairs = port.spec().queuePairs();
        outlets = new Outlet[pairs];
        sources = new Source[pairs];
        for (int i = 0; i < pairs; i++) {
            outlets[i] = new Outlet(this, port.receiveq(i), workers);
            sources[i] = new Source(this, i, port.transmitq(i));
        }
        counters = new PortCounters[workers];
        for (int i = 0; i < workers; i++) {
            counters[i] = new PortCounters();
        }
        ownMac = ownMac(slot);
        peerMac = peerMac(slot);
    }

    /** 56:48:4f:53:54:SLOT, first byte lowest: what DPDK's net_vhost gives its ports. */
    static long ownMac(final int slot) {
        return (long) slot << 40 | 0x54_53_4F_48_56L;
    }

    /** 02:00:00:00:00:SLOT: testpmd's peer of a port. */
    static long peerMac(final int slot) {
        return (long) slot << 40 | 0x02L;
    }

    /**
     * The queue for packets of another port's queue pair {@code pair}, or null where none runs: always the same one as long
     * as the same ones run, which keeps flows in order.
     *
     * @param worker the index of the worker that asks
     * @param preferOwn whether queues of that worker come before the pair of the same number
     */
    Outlet route(final int pair, final int worker, final boolean preferOwn) {
        final Outlet same = outlets[pair % outlets.length];
        if (!preferOwn && same.isRunning()) {
            return same;
        }
        final Outlet own = preferOwn ? runningAt(pair, worker) : null;
        return own != null ? own : runningAt(pair, ANY_WORKER);
    }

    private Outlet runningAt(final int pair, final int worker) {
        int count = 0;
        for (Outlet outlet : outlets) {
            count += outlet.isRunning() && (worker == ANY_WORKER || outlet.owner == worker) ? 1 : 0;
        }
        int left = count == 0 ? 0 : pair % count;
        for (Outlet outlet : outlets) {
            // Other workers start and stop theirs meanwhile; then this is asked again.
            if (outlet.isRunning() && (worker == ANY_WORKER || outlet.owner == worker) && left-- == 0) {
                return outlet;
            }
        }
        return null;
    }

    /**
     * Any thread. Whether its front-end has gone. Packets for it are not kept, in no mode: who comes next is another guest.
     */
    boolean isGone() {
        return port.state() == VhostPort.State.WAITING;
    }

    /** Any thread. */
    PortStatistics statistics() {
        long receivedPackets = 0;
        long receivedBytes = 0;
        long sentPackets = 0;
        long sentBytes = 0;
        long dropped = 0;
        for (int i = 0; i < outlets.length; i++) {
            final QueueCounters received = sources[i].queue.counters();
            final QueueCounters sent = outlets[i].queue.counters();
            receivedPackets += received.packets();
            receivedBytes += received.bytes();
            sentPackets += sent.packets();
            sentBytes += sent.bytes();
            dropped += received.dropped() + sent.dropped();
        }
        return new PortStatistics(
                port.name(),
                receivedPackets,
                receivedBytes,
                sentPackets,
                sentBytes,
                sum(PortCounters.FLOODED),
                sum(PortCounters.FILTERED),
                sum(PortCounters.MALFORMED),
                sum(PortCounters.NOT_RUNNING),
                sum(PortCounters.STALLED),
                sum(PortCounters.NO_BUFFERS),
                dropped);
    }

    private long sum(final int counter) {
        long sum = 0;
        for (PortCounters ofWorker : counters) {
            sum += ofWorker.get(counter);
        }
        return sum;
    }
}
