package vhost.switching.internal;

import java.util.function.LongSupplier;
import linux.Memory;
import vhost.core.api.Packet;
import vhost.core.api.PacketPool;

/**
 * Gives packets to receive queues of this worker: does in software what the guest cannot, and decides what becomes of packets
 * that a guest has no buffers for. One worker's thread.
 */
final class Delivery {
    /** Segments made at a time. */
    private static final int SEGMENTS = 16;

    /** Most segments sent in one call, so that a turn stays short. */
    private static final int SEGMENTS_A_CALL = 128;

    /** In {@link #headerBits}: an offload is asked for. */
    static final int OFFLOAD_BITS = 0xFF00 | Packet.VIRTIO_NET_HDR_F_NEEDS_CSUM;

    /** In {@link #headerBits}: something is to be looked at before the packet may go on. */
    static final int PREPARE_BITS = OFFLOAD_BITS | Packet.VIRTIO_NET_HDR_F_DATA_VALID;

    private final int worker;
    private final PacketPool pool;
    private final LongSupplier nanoClock;
    private final AsyncSender sender;
    private final Own own;
    private final SoftwareOffload offload = new SoftwareOffload();
    private final long[] segments = new long[SEGMENTS];

    private boolean lossless;
    private long patienceNanos;

    // Of the call under way. An engine may fail within it, so it is asked for once.
    private boolean async;
    private boolean progressed;
    private int segmentsLeft;

    /** Makes one for a worker, of which packets with only one target are {@code own}. */
    Delivery(
            final int worker,
            final PacketPool pool,
            final AsyncSender sender,
            final Own own,
            final LongSupplier nanoClock) {
        this.worker = worker;
        this.pool = pool;
        this.sender = sender;
        this.own = own;
        this.nanoClock = nanoClock;
    }

    void configure(final Settings settings) {
        lossless = settings.mode().isLossless();
        patienceNanos = settings.patienceNanos();
    }

    /** The first two bytes of the packets' headers, flags and gso_type, or'ed. */
    static int headerBits(final long[] packets, final int from, final int count) {
        int bits = 0;
        for (int i = from; i < from + count; i++) {
            bits |= Memory.getShort(packets[i] + Packet.HEADER);
        }
        return bits;
    }

    /**
     * Offers packets to a queue of this worker's. Those that need not be offered again are their origin's, at once or when the
     * queue gives them back; the others stay the caller's.
     *
     * @param plain whether they are known to ask for no offload
     * @param sent {@code sent[cursor]} is how many segments of the first packet were sent before; kept up to date
     * @return how many need not be offered again, a prefix: they were accepted by the queue, or dropped and counted
     */
    int offer(
            final Outlet outlet,
            final long[] packets,
            final int from,
            final int count,
            final boolean plain,
            final int[] sent,
            final int cursor,
            final Origin origin) {
        async = outlet.queue.isAsync();
        final int done = give(outlet, packets, from, count, plain, sent, cursor, origin);
        if (!async && done > 0) {
            origin.done(packets, from, done);
        }
        return done;
    }

    private int give(
            final Outlet outlet,
            final long[] packets,
            final int from,
            final int count,
            final boolean plain,
            final int[] sent,
            final int cursor,
            final Origin origin) {
        final int done;
        progressed = false;
        if (plain || (headerBits(packets, from, count) & OFFLOAD_BITS) == 0) {
            done = send(outlet, packets, from, count, origin);
        } else {
            done = offerWithOffloads(outlet, packets, from, count, sent, cursor, origin);
            if (segmentsLeft <= 0) {
                // We had enough, not the guest; the rest comes next turn.
                outlet.unblock();
                return done;
            }
        }
        if (done == count) {
            if (outlet.blocked) {
                outlet.unblock();
            }
            return count;
        }
        if (!losesPatience(outlet, done)) {
            return done;
        }
        drop(outlet, packets, from + done, count - done, origin);
        sent[cursor] = 0;
        return count;
    }

    /** Returns how many packets the queue accepted, a prefix. */
    private int send(final Outlet outlet, final long[] packets, final int from, final int count, final Origin origin) {
        return async
                ? sender.submit(outlet, packets, from, count, origin)
                : outlet.queue.enqueueBurst(packets, from, count);
    }

    /** Some packets were left over after {@code done} ones. Returns whether these are to be dropped. */
    private boolean losesPatience(final Outlet outlet, final int done) {
        final long now = nanoClock.getAsLong();
        if (done > 0 || progressed || !outlet.blocked) {
            outlet.blocked = true;
            outlet.blockedSince = now;
            outlet.stalled &= done == 0 && !progressed;
        }
        if (lossless || !outlet.stalled && now - outlet.blockedSince < patienceNanos) {
            return false;
        }
        if (async && !outlet.inFlight.hasRoom()) {
            // Packets in flight are in front of those to be dropped.
            return false;
        }
        // Without any patience the rest is dropped, but a guest that takes what it can is not stalled.
        outlet.stalled = done == 0 && !progressed;
        return true;
    }

    private void drop(final Outlet outlet, final long[] packets, final int from, final int count, final Origin origin) {
        outlet.port.counters[worker].add(PortCounters.STALLED, count);
        if (async) {
            sender.pass(outlet, packets, from, count, origin);
        }
    }

    private int offerWithOffloads(
            final Outlet outlet,
            final long[] packets,
            final int from,
            final int count,
            final int[] sent,
            final int cursor,
            final Origin origin) {
        final long features = outlet.port.port.features();
        segmentsLeft = SEGMENTS_A_CALL;
        int done = 0;
        while (done < count) {
            int run = 0;
            // A packet of which segments were sent already goes on as segments, whatever the features are by now.
            while (done + run < count
                    && sent[cursor] == 0
                    && SoftwareOffload.passes(packets[from + done + run], features)) {
                run++;
            }
            if (run > 0) {
                final int taken = send(outlet, packets, from + done, run, origin);
                done += taken;
                if (taken < run) {
                    break;
                }
            } else if (async && !outlet.inFlight.hasRoom()
                    || !offerInSoftware(outlet, packets[from + done], sent, cursor)) {
                break;
            } else {
                if (async) {
                    sender.pass(outlet, packets, from + done, 1, origin);
                }
                sent[cursor] = 0;
                done++;
            }
        }
        return done;
    }

    /** Returns whether nothing is left to do for the packet. */
    private boolean offerInSoftware(final Outlet outlet, final long packet, final int[] sent, final int cursor) {
        final int total = offload.open(packet);
        if (total < 0) {
            outlet.port.counters[worker].add(PortCounters.MALFORMED, 1);
            return true;
        }
        // Nothing is made for a guest that has no buffers at all.
        while (sent[cursor] < total && segmentsLeft > 0 && outlet.queue.hasAvailable()) {
            final int made = offload.segment(pool, sent[cursor], segments, Math.min(SEGMENTS, segmentsLeft));
            if (made == SoftwareOffload.NO_BUFFERS) {
                if (lossless) {
                    return false;
                }
                outlet.port.counters[worker].add(PortCounters.NO_BUFFERS, 1);
                return true;
            }
            final int taken = sendSegments(outlet, made);
            if (taken == 0) {
                return false;
            }
            progressed = true;
            segmentsLeft -= taken;
            sent[cursor] += taken;
        }
        return sent[cursor] >= total;
    }

    private int sendSegments(final Outlet outlet, final int count) {
        int taken = 0;
        int lent = 0;
        try {
            taken = send(outlet, segments, 0, count, own);
            lent = async ? taken : 0;
        } finally {
            pool.freeBurst(segments, lent, count - lent);
        }
        return taken;
    }

    /**
     * Looks at a fresh burst that asks for offloads. What makes no sense is marked in {@code malformed}; a checksum that the
     * receiver cannot complete is completed in place, where the burst goes to one port only.
     *
     * @param features of that one port, or all ones
     * @return how many are malformed
     */
    int prepare(final long[] packets, final int count, final long features, final boolean[] malformed) {
        int found = 0;
        for (int i = 0; i < count; i++) {
            final long packet = packets[i];
            malformed[i] = false;
            if (Packet.isPlain(packet)) {
                // DATA_VALID is for devices to say; a guest's word for it is not passed on (virtio 1.3, 5.1.6.2).
                Packet.clearOffloads(packet);
            } else if (offload.open(packet) < 0) {
                malformed[i] = true;
                found++;
            } else if (Packet.gsoType(packet) == Packet.VIRTIO_NET_HDR_GSO_NONE
                    && !SoftwareOffload.passes(packet, features)) {
                SoftwareOffload.completeChecksum(packet);
            }
        }
        return found;
    }
}
