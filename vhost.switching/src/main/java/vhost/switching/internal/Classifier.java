package vhost.switching.internal;

import vhost.core.api.Packet;
import vhost.core.api.PacketPool;

/** The switch's decision: learns where stations are and finds out where packets go. One worker's thread. */
final class Classifier {
    private final int worker;
    private final PacketPool pool;
    private final MacTable stations;

    // Of the station looked up last: most bursts have few.
    private boolean floods;

    Classifier(final int worker, final PacketPool pool, final MacTable stations) {
        this.worker = worker;
        this.pool = pool;
        this.stations = stations;
    }

    /**
     * Sets {@link Source#single}, or {@link Source#targets} where they differ, for a fresh burst; frees what goes nowhere.
     *
     * @param now in {@link MacTable#ticks}
     */
    void classify(final Source source, final int now) {
        final int slot = source.port.slot;
        long lastSource = 0;
        long lastDestination = -1;
        long target = 0;
        long all = 0;
        int kept = 0;
        int flooded = 0;
        int filtered = 0;
        int malformed = 0;
        for (int i = 0; i < source.count; i++) {
            final long packet = source.packets[i];
            if (Packet.length(packet) < Ethernet.HEADER_BYTES) {
                pool.free(packet);
                malformed++;
                continue;
            }
            final long data = Packet.data(packet);
            final long from = Ethernet.source(data);
            if (from != lastSource) {
                lastSource = from;
                if (MacTable.isStation(from)) {
                    stations.learn(from, slot, now);
                }
            }
            final long to = Ethernet.destination(data);
            if (to != lastDestination) {
                lastDestination = to;
                target = targetOf(source, to, now);
            }
            if (target == 0) {
                pool.free(packet);
                filtered++;
                continue;
            }
            if (floods) {
                flooded++;
            }
            all |= target;
            source.packets[kept] = packet;
            source.targets[kept++] = target;
        }
        source.count = kept;
        if ((all & all - 1) == 0) {
            source.single = Long.numberOfTrailingZeros(all);
        } else {
            source.single = Source.MIXED;
            for (int i = 0; i < kept; i++) {
                // The source itself holds a packet until it has no targets left.
                Packet.setUser(source.packets[i], 1);
            }
        }
        if ((flooded | filtered | malformed) != 0) {
            count(source, flooded, filtered, malformed);
        }
    }

    /** The ports that a packet to {@code mac} goes to, never the one it came from. */
    private long targetOf(final Source source, final long mac, final int now) {
        final int slot = MacTable.isStation(mac) ? stations.lookup(mac, now) : MacTable.UNKNOWN;
        floods = slot == MacTable.UNKNOWN;
        if (floods) {
            return source.others;
        }
        return slot == source.port.slot ? 0 : 1L << slot;
    }

    private void count(final Source source, final int flooded, final int filtered, final int malformed) {
        final PortCounters counters = source.port.counters[worker];
        counters.add(PortCounters.FLOODED, flooded);
        counters.add(PortCounters.FILTERED, filtered);
        counters.add(PortCounters.MALFORMED, malformed);
    }
}
