package vhost.switching.internal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import vhost.core.api.PacketPool;
import vhost.core.api.PollTask;
import vhost.core.api.VhostPorts;
import vhost.core.api.VhostWorker;
import vhost.switching.ForwardingMode;

/**
 * What one worker does each turn. It owns everything of that worker: the queues that it receives from and sends to, with the
 * packets that wait. Changes of the topology come between two turns. All methods but the constructor: the worker's thread.
 */
final class ForwardingTask implements PollTask {
    /** The clock of the MAC table is looked at this often; turns. */
    private static final int TURNS_A_TICK = 32;

    /** How long to sleep while packets wait; milliseconds. */
    private static final int PENDING_MILLIS = 1;

    private final VhostWorker worker;
    private final int index;
    private final PacketPool pool;
    private final LongSupplier nanoClock;
    private final Classifier classifier;
    private final AsyncSender sender = new AsyncSender();
    private final Delivery delivery;
    private final Crossing crossing;
    private final Own own;

    /** Shared by the workers; moves on when a receive queue starts or stops to run. */
    private final AtomicInteger runningEpoch;

    private int routedEpoch;

    // The topology, and the worker's part of it.
    private Topology topology = new Topology(Settings.defaults(), List.of());
    private ForwardingMode mode = topology.settings().mode();
    private boolean lossless;
    private int burst = topology.settings().burst();
    private PortSlot[] ports = new PortSlot[VhostPorts.MAX_PORTS];
    private int[] partners = topology.partners();
    private Source[] sources = new Source[0];
    private Outlet[] outlets = new Outlet[0];

    /** Those that run, or have packets waiting or in flight: a port offers many more queues than most guests use. */
    private Source[] activeSources = new Source[0];

    /** How many packets each of them may have in flight. */
    private int ahead;

    private Outlet[] activeOutlets = new Outlet[0];
    private int queueEpoch;
    private TxPackets txPackets;

    private int firstSource;
    private int turnsToTick;
    private int tick;

    // Scratch: packets of a mixed burst for one target, and where they are in the burst.
    private final long[] gathered = new long[Settings.MAX_BURST];
    private final int[] gatheredFrom = new int[Settings.MAX_BURST];
    private final boolean[] malformed = new boolean[Settings.MAX_BURST];

    ForwardingTask(
            final VhostWorker worker,
            final Crossing crossing,
            final MacTable stations,
            final AtomicInteger runningEpoch,
            final LongSupplier nanoClock) {
        this.worker = worker;
        index = worker.index();
        pool = worker.pool();
        this.crossing = crossing;
        this.runningEpoch = runningEpoch;
        this.nanoClock = nanoClock;
        classifier = new Classifier(index, pool, stations);
        own = new Own(pool);
        delivery = new Delivery(index, pool, sender, own, nanoClock);
    }

    @Override
    public int poll() {
        if (worker.queueEpoch() != queueEpoch) {
            publishRunning();
        }
        if (runningEpoch.get() != routedEpoch) {
            route();
        }
        int moved = sender.reap();
        moved += crossing.drain(delivery, lossless);
        switch (mode) {
            case RXONLY -> moved += receiveOnly();
            case TXONLY -> moved += transmitOnly();
            default -> moved += forward();
        }
        crossing.reclaim();
        crossing.ring();
        return moved;
    }

    private int receiveOnly() {
        int moved = 0;
        for (Source source : activeSources) {
            final int count = source.receive(pool, burst, ahead);
            if (count > 0) {
                pool.freeBurst(source.packets, 0, count);
                moved += count;
            }
        }
        return moved;
    }

    private int transmitOnly() {
        final long[] packets = txPackets.packets;
        final int count = txPackets.count;
        int moved = 0;
        for (Outlet outlet : activeOutlets) {
            moved += outlet.queue.isAsync()
                    ? sender.submit(outlet, packets, 0, count, txPackets)
                    : outlet.queue.enqueueBurst(packets, 0, count);
        }
        return moved;
    }

    private int forward() {
        if (mode == ForwardingMode.SWITCH && --turnsToTick <= 0) {
            turnsToTick = TURNS_A_TICK;
            tick = MacTable.ticks(nanoClock.getAsLong());
        }
        final int count = activeSources.length;
        if (count == 0) {
            return 0;
        }
        // Where a receiver's buffers are scarce all sources get their share: who moved something first is last next
        // time.
        int at = firstSource < count ? firstSource : 0;
        int moved = 0;
        for (int i = 0; i < count; i++) {
            final Source source = activeSources[at];
            final boolean first = moved == 0;
            moved += source.isPending() ? deliver(source) : receive(source);
            at = at + 1 < count ? at + 1 : 0;
            if (first && moved > 0) {
                firstSource = at;
            }
        }
        return moved;
    }

    private int receive(final Source source) {
        if (!mayReceive(source)) {
            return dropForGone(source);
        }
        final int received = source.receive(pool, burst, ahead);
        if (received == 0) {
            return 0;
        }
        source.first = 0;
        source.count = received;
        switch (mode) {
            case SWITCH -> classifier.classify(source, tick);
            case MACSWAP -> {
                Ethernet.swapAddresses(source.packets, received);
                source.single = source.port.slot;
            }
            case MAC -> {
                final PortSlot target = ports[targetOf(source)];
                Ethernet.setAddresses(source.packets, received, target.peerMac, target.ownMac);
                source.single = target.slot;
            }
            default -> source.single = targetOf(source);
        }
        source.plain = true;
        if ((Delivery.headerBits(source.packets, 0, source.count) & Delivery.PREPARE_BITS) != 0) {
            prepareOffloads(source);
        }
        if (source.count > 0) {
            deliver(source);
        }
        return received;
    }

    /** Where nothing may be lost, packets stay with the guest, or in flight, until they have somewhere to go. */
    private boolean mayReceive(final Source source) {
        return !lossless || source.routes[targetOf(source)] != null;
    }

    /** Packets that were in flight when the front-end went that they are for. */
    private int dropForGone(final Source source) {
        final int slot = targetOf(source);
        if (source.queue.inFlight() == 0 || waitsFor(slot)) {
            return 0;
        }
        final int count = source.queue.pollDequeueCompleted(source.packets, 0, source.packets.length);
        dropNotRunning(source, slot, count);
        pool.freeBurst(source.packets, 0, count);
        return count;
    }

    /** Whether packets for this port, of which no queue runs, are kept until one does. */
    private boolean waitsFor(final int slot) {
        return lossless && !ports[slot].isGone();
    }

    /** In the lossless modes: the slot of the port that all packets go to. */
    private int targetOf(final Source source) {
        return mode == ForwardingMode.MACSWAP ? source.port.slot : partners[source.port.slot];
    }

    private void prepareOffloads(final Source source) {
        final boolean mixed = source.single == Source.MIXED;
        final Outlet outlet = mixed ? null : source.routes[source.single];
        final long features = outlet == null ? -1L : outlet.port.port.features();
        final int found = delivery.prepare(source.packets, source.count, features, malformed);
        if (found > 0) {
            source.port.counters[index].add(PortCounters.MALFORMED, found);
            int kept = 0;
            for (int i = 0; i < source.count; i++) {
                if (malformed[i]) {
                    pool.free(source.packets[i]);
                } else {
                    source.packets[kept] = source.packets[i];
                    source.targets[kept++] = source.targets[i];
                }
            }
            source.count = kept;
        }
        source.plain = (Delivery.headerBits(source.packets, 0, source.count) & Delivery.OFFLOAD_BITS) == 0;
    }

    /** Returns how many packets reached a target, or were dropped. */
    private int deliver(final Source source) {
        return source.single == Source.MIXED ? deliverMixed(source) : deliverSingle(source);
    }

    private int deliverSingle(final Source source) {
        final int slot = source.single;
        final Outlet outlet = source.routes[slot];
        final int count = source.count - source.first;
        final int done;
        if (outlet == null) {
            if (waitsFor(slot)) {
                return 0;
            }
            done = count;
            dropNotRunning(source, slot, count);
            pool.freeBurst(source.packets, source.first, count);
        } else if (outlet.owner == index) {
            done = delivery.offer(outlet, source.packets, source.first, count, source.plain, source.sent, slot, own);
        } else {
            done = crossing.handOver(outlet, source.packets, source.first, count, false);
        }
        if (done == count) {
            source.count = 0;
        } else {
            source.first += done;
        }
        return done;
    }

    /** Sends all packets for one target together, so that bursts stay bursts and no target waits for another. */
    private int deliverMixed(final Source source) {
        int moved = 0;
        long waiting = 0;
        for (int i = 0; i < source.count; i++) {
            waiting |= source.targets[i];
        }
        for (; waiting != 0; waiting &= waiting - 1) {
            moved += deliverTo(source, Long.numberOfTrailingZeros(waiting));
        }
        releaseServed(source);
        return moved;
    }

    private int deliverTo(final Source source, final int slot) {
        final long bit = 1L << slot;
        int count = 0;
        for (int i = 0; i < source.count; i++) {
            if ((source.targets[i] & bit) != 0) {
                gathered[count] = source.packets[i];
                gatheredFrom[count++] = i;
            }
        }
        final Outlet outlet = source.routes[slot];
        final int done;
        if (outlet == null) {
            if (waitsFor(slot)) {
                return 0;
            }
            done = count;
            dropNotRunning(source, slot, count);
        } else if (outlet.owner == index) {
            done = delivery.offer(outlet, gathered, 0, count, source.plain, source.sent, slot, crossing.counted);
        } else {
            done = crossing.handOver(outlet, gathered, 0, count, true);
        }
        for (int i = 0; i < done; i++) {
            source.targets[gatheredFrom[i]] &= ~bit;
        }
        return done;
    }

    private void dropNotRunning(final Source source, final int slot, final int count) {
        source.sent[slot] = 0;
        ports[slot].counters[index].add(PortCounters.NOT_RUNNING, count);
    }

    /** Lets go of the packets of a mixed burst that have no targets left. */
    private void releaseServed(final Source source) {
        int kept = 0;
        for (int i = 0; i < source.count; i++) {
            if (source.targets[i] == 0) {
                crossing.release(source.packets[i]);
            } else {
                source.packets[kept] = source.packets[i];
                source.targets[kept++] = source.targets[i];
            }
        }
        source.count = kept;
    }

    /** A queue of this worker's has started or stopped, or there are others. */
    private void publishRunning() {
        queueEpoch = worker.queueEpoch();
        boolean news = false;
        for (Outlet outlet : outlets) {
            news |= outlet.refreshRunning();
        }
        activeSources = Arrays.stream(sources)
                .filter(source -> source.queue.isRunning() || source.isPending() || source.queue.inFlight() > 0)
                .toArray(Source[]::new);
        ahead = Source.ahead(burst, activeSources.length);
        activeOutlets = Arrays.stream(outlets).filter(Outlet::isRunning).toArray(Outlet[]::new);
        if (news) {
            runningEpoch.incrementAndGet();
            crossing.wakeOthers();
        }
    }

    // Going to sleep

    @Override
    public int beforeSleep() {
        crossing.fallAsleep();
        boolean work = runningEpoch.get() != routedEpoch || crossing.hasNews() || sender.isBusy();
        boolean pending = crossing.isPending();
        if (mode == ForwardingMode.TXONLY) {
            for (Outlet outlet : outlets) {
                work |= wantKick(outlet);
            }
        } else {
            for (Source source : sources) {
                if (source.isPending()) {
                    pending = true;
                } else if (mayReceive(source)) {
                    work |= source.queue.inFlight() > 0 || wantKick(source);
                }
            }
        }
        if (pending) {
            for (Outlet outlet : outlets) {
                if (outlet.blocked) {
                    // Some buffers may be there and not enough of them: so no look at whether there are any.
                    wantKick(outlet);
                }
            }
        }
        if (work) {
            return 0;
        }
        return pending ? PENDING_MILLIS : -1;
    }

    private static boolean wantKick(final Source source) {
        if (!source.queue.isRunning()) {
            return false;
        }
        source.wantsKick = true;
        source.queue.wantKick(true);
        return source.queue.hasAvailable();
    }

    private static boolean wantKick(final Outlet outlet) {
        if (!outlet.queue.isRunning()) {
            return false;
        }
        outlet.wantsKick = true;
        outlet.queue.wantKick(true);
        return outlet.queue.hasAvailable();
    }

    @Override
    public void afterSleep() {
        crossing.wakeUp();
        turnsToTick = 0;
        for (Source source : sources) {
            if (source.wantsKick) {
                source.wantsKick = false;
                source.queue.wantKick(false);
            }
        }
        for (Outlet outlet : outlets) {
            if (outlet.wantsKick) {
                outlet.wantsKick = false;
                outlet.queue.wantKick(false);
            }
        }
    }

    // Changes, between two turns; these may allocate

    /**
     * Takes over other ports, another mode or other settings. Packets that wait for a port that is gone are dropped. Where
     * packets are in flight from or to one, this waits for them, some milliseconds at most.
     */
    void apply(final Topology next) {
        long kept = 0;
        for (PortSlot port : next.ports()) {
            if (ports[port.slot] == port) {
                kept |= 1L << port.slot;
            }
        }
        topology = next;
        mode = next.settings().mode();
        lossless = mode.isLossless();
        burst = next.settings().burst();
        partners = next.partners();
        delivery.configure(next.settings());
        final boolean forwards = mode != ForwardingMode.RXONLY && mode != ForwardingMode.TXONLY;
        for (Source source : sources) {
            final boolean stays = (kept >>> source.port.slot & 1) != 0 && forwards;
            forget(source, stays ? kept : 0);
            if (!stays) {
                clear(source);
            }
        }
        for (Outlet outlet : outlets) {
            if ((kept >>> outlet.port.slot & 1) == 0) {
                sender.clear(outlet);
            }
        }
        ports = new PortSlot[VhostPorts.MAX_PORTS];
        int total = 0;
        final List<Source> ownSources = new ArrayList<>();
        final List<Outlet> ownOutlets = new ArrayList<>();
        for (PortSlot port : next.ports()) {
            ports[port.slot] = port;
            total += port.outlets.length;
            for (Source source : port.sources) {
                if (source.queue.worker().index() == index) {
                    ownSources.add(source);
                }
            }
            for (Outlet outlet : port.outlets) {
                if (outlet.owner == index) {
                    outlet.unblock();
                    ownOutlets.add(outlet);
                }
            }
        }
        sources = ownSources.toArray(Source[]::new);
        outlets = ownOutlets.toArray(Outlet[]::new);
        sender.connect(outlets.length);
        crossing.connect(ownOutlets, total);
        makeTxPackets();
        turnsToTick = 0;
        publishRunning();
        route();
    }

    /** No worker looks at {@code port} any more: frees what was handed over to it. */
    void abandon(final PortSlot port) {
        crossing.abandon(port);
    }

    /** Drops what waits for other ports than those of the slots in {@code live}. */
    private void forget(final Source source, final long live) {
        if (source.isPending() && source.single != Source.MIXED && (live >>> source.single & 1) == 0) {
            pool.freeBurst(source.packets, source.first, source.count - source.first);
            source.count = 0;
        } else if (source.isPending() && source.single == Source.MIXED) {
            for (int i = 0; i < source.count; i++) {
                source.targets[i] &= live;
            }
            releaseServed(source);
        }
        for (int slot = 0; slot < source.sent.length; slot++) {
            source.sent[slot] = (live >>> slot & 1) == 0 ? 0 : source.sent[slot];
        }
    }

    /** Drops what was taken off the ring and is not here yet. */
    private void clear(final Source source) {
        int count;
        do {
            count = source.queue.clearQueue(gathered, 0, gathered.length);
            pool.freeBurst(gathered, 0, count);
        } while (count > 0);
    }

    private void makeTxPackets() {
        final Settings settings = topology.settings();
        final boolean wanted = mode == ForwardingMode.TXONLY;
        if (txPackets != null
                && !(wanted
                        && txPackets.bytes == settings.txonlyBytes()
                        && txPackets.packets.length == settings.burst())) {
            sender.clearAll();
            txPackets.free();
            txPackets = null;
        }
        if (wanted && txPackets == null) {
            txPackets = new TxPackets(pool, settings.txonlyBytes(), settings.burst());
        }
    }

    /** Finds out for each source which queue of each port its packets go to. */
    private void route() {
        // Read first: what changes from now on routes again.
        routedEpoch = runningEpoch.get();
        final boolean preferOwn = mode == ForwardingMode.SWITCH;
        for (Source source : sources) {
            long others = 0;
            for (int slot = 0; slot < ports.length; slot++) {
                final PortSlot port = ports[slot];
                source.routes[slot] = port == null ? null : port.route(source.pair, index, preferOwn);
                if (source.routes[slot] != null && port != source.port) {
                    others |= 1L << slot;
                }
            }
            source.others = others;
        }
    }
}
