package vhost.switching.internal;

import vhost.core.api.QueueCounters;
import vhost.core.api.VhostPort;
import vhost.switching.PortStatistics;

/** A port as forwarding sees it, under a small number that stands for it in bit sets and in the MAC table. */
final class PortSlot {
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
