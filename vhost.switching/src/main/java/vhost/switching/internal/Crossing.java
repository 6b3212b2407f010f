package vhost.switching.internal;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.List;
import vhost.core.api.Packet;
import vhost.core.api.PacketPool;
import vhost.core.api.VhostWorker;

/**
 * A worker's doors to the other workers: packets that it hands over to their queues and gets back, packets that it is handed
 * for its own queues, and who has to be woken for that.
 *
 * <p><b>No wake-up is lost.</b> A worker that goes to sleep says so, then looks at its bells; one that hands over rings the
 * bell, then looks whether the other sleeps. With a full fence between the two steps on both sides at least one of them
 * sees the other. Everything else comes from the worker's own thread.
 */
final class Crossing {
    /** Between two shared words, so that each is on cache lines of its own; longs. */
    private static final int STRIDE = 16;

    private static final VarHandle SHARED = MethodHandles.arrayElementVarHandle(long[].class);
    private static final long AWAKE = 0;
    private static final long ASLEEP = 1;

    private final VhostWorker worker;
    private final PacketPool pool;
    private final int index;
    private final Crossing[] all;

    /** What other workers write or read: a bell for each, which counts how often it was rung, and whether we sleep. */
    private final long[] shared;

    private final int sleep;

    /** By worker: how often it had rung when we last looked at its rings. */
    private final long[] heard;

    /** By worker: whether packets were left in its rings. */
    private final boolean[] backlog;

    /** By worker, how often we rang there; and whom to ring at the end of the turn, as bits. */
    private final long[] rung;

    private long toRing;

    /** By worker: the rings from it to our queues. */
    private Handover[][] inbound;

    /** Rings of which packets are to come back, up to {@link #activeCount}. */
    private Handover[] active = new Handover[0];

    private int activeCount;

    /** Packets that count their targets in {@link Packet#user}; who offers them holds one of the count. */
    final Origin counted = new Counted();

    /** Makes the doors of worker {@code index}, which finds the others in {@code all} once they are made. */
    Crossing(final VhostWorker worker, final Crossing[] all) {
        this.worker = worker;
        this.all = all;
        pool = worker.pool();
        index = worker.index();
        sleep = bell(all.length);
        shared = new long[bell(all.length + 1)];
        heard = new long[all.length];
        backlog = new boolean[all.length];
        rung = new long[all.length];
        inbound = new Handover[all.length][0];
    }

    private static int bell(final int worker) {
        return STRIDE * (worker + 1);
    }

    /**
     * Takes over the worker's own queues.
     *
     * @param total how many queues all workers have
     */
    void connect(final List<Outlet> outlets, final int total) {
        active = Arrays.copyOf(active, activeCount + total);
        for (int from = 0; from < all.length; from++) {
            final Handover[] rings = new Handover[from == index ? 0 : outlets.size()];
            for (int i = 0; i < rings.length; i++) {
                rings[i] = outlets.get(i).inbound[from];
            }
            inbound[from] = rings;
            // What was handed over before we knew the queue rang a bell that we heard in vain.
            backlog[from] = rings.length > 0;
        }
    }

    /**
     * Hands packets over to the worker that owns {@code outlet}.
     *
     * @param counted whether the packets have other targets, too, and hence a count of those in {@link Packet#user}
     * @return how many, a prefix; they are freed when they come back, unless they have other targets
     */
    int handOver(final Outlet outlet, final long[] packets, final int from, final int count, final boolean counted) {
        final Handover ring = outlet.inbound[index];
        if (ring.room() < count) {
            reclaim(ring);
        }
        final int handed = Math.min(ring.room(), count);
        if (handed == 0) {
            return 0;
        }
        for (int i = from; i < from + handed; i++) {
            Packet.setUser(packets[i], counted ? Packet.user(packets[i]) + 1 : 1);
        }
        if (ring.inFlight() == 0) {
            activate(ring);
        }
        ring.push(packets, from, handed);
        toRing |= 1L << outlet.owner;
        return handed;
    }

    private void activate(final Handover ring) {
        for (int i = 0; i < activeCount; i++) {
            // Reclaimed just now, but not taken off the list yet.
            if (active[i] == ring) {
                return;
            }
        }
        active[activeCount++] = ring;
    }

    /** Once a turn: tells the others that there are packets for them. */
    void ring() {
        if (toRing == 0) {
            return;
        }
        for (long left = toRing; left != 0; left &= left - 1) {
            final int to = Long.numberOfTrailingZeros(left);
            SHARED.setRelease(all[to].shared, bell(index), ++rung[to]);
        }
        // Orders the bells before the look at who sleeps; pairs with the one in fallAsleep().
        VarHandle.fullFence();
        for (long left = toRing; left != 0; left &= left - 1) {
            all[Long.numberOfTrailingZeros(left)].wakeIfAsleep();
        }
        toRing = 0;
    }

    /** Something changed that all workers should look at; what changed was written before by a volatile access. */
    void wakeOthers() {
        VarHandle.fullFence();
        for (Crossing other : all) {
            if (other != this) {
                other.wakeIfAsleep();
            }
        }
    }

    /** Any worker. Only the first that finds it asleep wakes it. */
    private void wakeIfAsleep() {
        if ((long) SHARED.getOpaque(shared, sleep) == ASLEEP && SHARED.compareAndSet(shared, sleep, ASLEEP, AWAKE)) {
            worker.wake();
        }
    }

    /** Once a turn: frees what came back. */
    void reclaim() {
        for (int i = activeCount - 1; i >= 0; i--) {
            final Handover ring = active[i];
            reclaim(ring);
            if (ring.inFlight() == 0) {
                remove(i);
            }
        }
    }

    private void remove(final int i) {
        active[i] = active[--activeCount];
        active[activeCount] = null;
    }

    private void reclaim(final Handover ring) {
        for (int left = ring.reclaimable(); left > 0; left--) {
            release(ring.reclaim());
        }
    }

    /** One target less for a packet that is counted in {@link Packet#user}; the last one frees it. */
    void release(final long packet) {
        final long left = Packet.user(packet) - 1;
        if (left == 0) {
            pool.free(packet);
        } else {
            Packet.setUser(packet, left);
        }
    }

    /** Frees all packets that are on their way to queues of {@code port}, which no worker looks at any more. */
    void abandon(final PortSlot port) {
        for (int i = activeCount - 1; i >= 0; i--) {
            final Handover ring = active[i];
            if (ring.outlet.port == port) {
                for (int left = ring.inFlight(); left > 0; left--) {
                    release(ring.reclaim());
                }
                remove(i);
            }
        }
    }

    /** Once a turn: sends what the others handed over. Returns how many packets need not be offered again. */
    int drain(final Delivery delivery, final boolean lossless) {
        int moved = 0;
        for (int from = 0; from < all.length; from++) {
            final long bell = (long) SHARED.getAcquire(shared, bell(from));
            if (bell == heard[from] && !backlog[from]) {
                continue;
            }
            heard[from] = bell;
            // Until all rings were served: a guest's memory may fault in the middle.
            backlog[from] = true;
            boolean left = false;
            for (Handover ring : inbound[from]) {
                final int available = ring.available();
                if (available > 0) {
                    final int done = drain(ring, available, delivery, lossless);
                    moved += done;
                    left |= done < available;
                }
            }
            backlog[from] = left;
        }
        return moved;
    }

    private int drain(final Handover ring, final int available, final Delivery delivery, final boolean lossless) {
        final Outlet outlet = ring.outlet;
        final int position = ring.position();
        final int count = Math.min(available, Math.min(Settings.MAX_BURST, Handover.CAPACITY - position));
        final int done;
        if (outlet.isRunning()) {
            done = delivery.offer(outlet, ring.slots(), position, count, false, ring.sent, 0, ring);
        } else if (lossless && !outlet.port.isGone() || !outlet.inFlight.hasRoom()) {
            done = 0;
        } else {
            outlet.port.counters[index].add(PortCounters.NOT_RUNNING, count);
            ring.sent[0] = 0;
            outlet.inFlight.pass(ring, count);
            done = count;
        }
        if (done > 0) {
            ring.offered(done);
        }
        return done;
    }

    /** From now on the others wake this worker; what they did before shows in {@link #hasNews}. */
    void fallAsleep() {
        SHARED.setVolatile(shared, sleep, ASLEEP);
        // Orders this before the look at the bells; pairs with the ones in ring() and wakeOthers().
        VarHandle.fullFence();
    }

    void wakeUp() {
        SHARED.setVolatile(shared, sleep, AWAKE);
    }

    /** Whether packets were handed over that {@link #drain} has not seen. */
    boolean hasNews() {
        for (int from = 0; from < all.length; from++) {
            if ((long) SHARED.getAcquire(shared, bell(from)) != heard[from]) {
                return true;
            }
        }
        return false;
    }

    /** Whether packets wait for room, or are to come back. */
    boolean isPending() {
        if (activeCount > 0) {
            return true;
        }
        for (boolean left : backlog) {
            if (left) {
                return true;
            }
        }
        return false;
    }

    private final class Counted extends Origin {
        @Override
        void lent(final long[] packets, final int from, final int count) {
            for (int i = from; i < from + count; i++) {
                Packet.setUser(packets[i], Packet.user(packets[i]) + 1);
            }
        }

        @Override
        void returned(final long[] packets, final int from, final int count) {
            for (int i = from; i < from + count; i++) {
                release(packets[i]);
            }
        }

        /** Who offered them lets go of them. */
        @Override
        void done(final long[] packets, final int from, final int count) {}
    }
}
