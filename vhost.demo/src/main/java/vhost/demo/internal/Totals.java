package vhost.demo.internal;

import java.util.List;
import vhost.core.api.QueueCounters;
import vhost.core.api.VhostQueue;

/** Sums over both directions and all queues. */
record Totals(long packets, long bytes, long engineCopies, long coreCopies, long lost, long reordered, long damaged) {
    static Totals of(final List<Stream> streams, final List<VhostQueue> queues) {
        final List<QueueCounters> counters =
                queues.stream().map(VhostQueue::counters).toList();
        return new Totals(
                streams.stream().mapToLong(Stream::sent).sum(),
                streams.stream().mapToLong(Stream::bytes).sum(),
                counters.stream().mapToLong(QueueCounters::engineCopies).sum(),
                counters.stream().mapToLong(QueueCounters::coreCopies).sum(),
                streams.stream().mapToLong(Stream::lost).sum(),
                streams.stream().mapToLong(Stream::reordered).sum(),
                streams.stream().mapToLong(Stream::damaged).sum());
    }

    /** What came in since then. */
    Totals since(final Totals before) {
        return new Totals(
                packets - before.packets,
                bytes - before.bytes,
                engineCopies - before.engineCopies,
                coreCopies - before.coreCopies,
                lost - before.lost,
                reordered - before.reordered,
                damaged - before.damaged);
    }
}
