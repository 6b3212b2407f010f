package vhost.core.internal.device;

import dma.api.MemoryRegion;
import java.lang.foreign.Arena;
import java.util.List;
import linux.EventFd;
import linux.LinuxException;
import linux.Memory;
import vhost.core.api.PacketPool;
import vhost.core.api.QueueCounters;
import vhost.core.api.VhostEngines;
import vhost.core.api.VhostException;
import vhost.core.api.VhostPort;
import vhost.core.api.VhostQueue;
import vhost.core.api.VhostWorker;
import vhost.core.internal.async.AutoThreshold;
import vhost.core.internal.async.CopyChannel;
import vhost.core.internal.async.CopyDispatcher;
import vhost.core.internal.async.GuestReceive;
import vhost.core.internal.async.GuestTransmit;
import vhost.core.internal.async.InFlight;
import vhost.core.internal.memory.GuestMemory;
import vhost.core.internal.ring.RingFault;
import vhost.core.internal.ring.Virtqueue;

/**
 * One virtqueue of a port. Its owner's fields change only on the owner's thread, by commands of the control plane
 * ({@link Worker#execute}).
 */
public final class VhostQueueImpl implements VhostQueue {
    private final VhostPort port;
    private final Worker worker;
    private final List<MemoryRegion> packetMemory;
    private final EngineRegistry engines;
    private final String name;
    private final boolean receive;
    private final QueueStatistics statistics = new QueueStatistics();
    private final CopyDispatcher copies = new CopyDispatcher();
    private final Leftovers leftovers = new Leftovers();

    // Owner's thread only.
    private Ring ring;

    /** The ring takes no more packets, and stops when nothing is in flight. */
    private boolean stopping;

    /** Its memory is gone: nothing there may be touched. */
    private boolean lost;

    /** An engine may write to buffers of it for ever: they are not given back. */
    private boolean withheld;

    /** The worker's turn in which completions were looked at last. */
    private long reapedTurn;

    /** Whether the worker looks after us each turn. */
    private boolean attended;

    private EventFd kick;
    private EventFd call;
    private EventFd err;
    private int slot;
    private long rarp;
    private boolean rarpPending;

    /** Where a ring stood that has stopped and not been asked for its base, or {@link #NONE}. */
    private long stoppedBase = NONE;

    // Written by the owner, read by anyone.
    private volatile String description = "";
    private volatile String fault = "";
    private volatile boolean holdsQuarantine;
    private volatile boolean withheldUntilReset;

    // Control plane, under the engine registry's lock.
    private volatile CopyChannel serving;
    private volatile boolean learns;
    private volatile int threshold;

    /** What exists only while a ring runs; its native memory lives as long as {@code arena} is referred to. */
    record Ring(
            Arena arena,
            Virtqueue virtqueue,
            GuestMemory memory,
            InFlight inFlight,
            GuestReceive receive,
            GuestTransmit transmit) {}

    VhostQueueImpl(
            final VhostPort port,
            final Worker worker,
            final int index,
            final List<MemoryRegion> packetMemory,
            final EngineRegistry engines) {
        this.port = port;
        this.worker = worker;
        this.packetMemory = packetMemory;
        this.engines = engines;
        this.receive = index % 2 == 0;
        this.name = port.name() + (receive ? "/rx" : "/tx") + index / 2;
    }

    // ---- data path: the owner ----

    @Override
    public boolean isRunning() {
        return ring != null && !stopping;
    }

    @Override
    public boolean isAsync() {
        return copies.isOffloading() || ring != null && ring.inFlight.count() != 0 || !leftovers.isEmpty();
    }

    @Override
    public int enqueueBurst(final long[] packets, final int from, final int count) {
        final Ring now = ring;
        if (now == null || stopping || now.receive == null) {
            return 0;
        }
        if (isAsync()) {
            final int taken = submitEnqueue(now, packets, from, count, true);
            awaitOpen(now);
            return taken;
        }
        try {
            final GuestReceive burst = now.receive;
            final int taken = burst.burst(packets, from, count);
            if (copies.takeQuarantine()) {
                withhold(0);
                return taken;
            }
            if (taken != 0) {
                publish(now.virtqueue, burst.delivered(), burst.bytes(), burst.dropped());
            }
            if (burst.fault() != 0) {
                stopFor(RingFault.describe(burst.fault()));
            }
            return taken;
        } catch (InternalError e) {
            worker.memoryFault(this);
            return 0;
        }
    }

    @Override
    public int submitEnqueueBurst(final long[] packets, final int from, final int count) {
        final Ring now = ring;
        if (now == null || stopping || now.receive == null) {
            return 0;
        }
        final int taken = submitEnqueue(now, packets, from, count, false);
        statistics.add(QueueStatistics.SUBMITTED, taken);
        return taken;
    }

    private int submitEnqueue(
            final Ring now, final long[] packets, final int from, final int count, final boolean waited) {
        final GuestReceive burst = now.receive;
        try {
            final int taken = burst.submit(packets, from, count, waited);
            publishBurst(now, burst.delivered(), burst.bytes(), burst.dropped());
            if (burst.fault() != 0) {
                stopFor(RingFault.describe(burst.fault()));
            }
            return taken;
        } catch (InternalError e) {
            final int taken = burst.taken();
            worker.memoryFault(this);
            return taken;
        }
    }

    @Override
    public int pollEnqueueCompleted(final long[] packets, final int from, final int max) {
        return receive ? pollCompleted(packets, from, max) : 0;
    }

    @Override
    public int dequeueBurst(final PacketPool pool, final long[] packets, final int max) {
        final Ring now = ring;
        if (now == null || stopping || now.transmit == null) {
            return 0;
        }
        if (isAsync()) {
            submitDequeueBurst(pool, max);
            awaitOpen(now);
            return pollDequeueCompleted(packets, 0, max);
        }
        if (rarpPending) {
            packets[0] = announcement(pool);
            return packets[0] == PacketPool.NONE ? 0 : 1;
        }
        final GuestTransmit burst = now.transmit;
        try {
            final int count = burst.burst(pool, packets, max);
            if (copies.takeQuarantine()) {
                withhold(count);
                return 0;
            }
            if (count != 0 || burst.dropped() != 0) {
                publish(now.virtqueue, count, burst.bytes(), burst.dropped());
            }
            if (burst.fault() != 0) {
                stopFor(RingFault.describe(burst.fault()));
            }
            return count;
        } catch (InternalError e) {
            burst.abandon(packets);
            worker.memoryFault(this);
            return 0;
        }
    }

    @Override
    public int submitDequeueBurst(final PacketPool pool, final int max) {
        final Ring now = ring;
        if (now == null || stopping || now.transmit == null) {
            return 0;
        }
        final GuestTransmit burst = now.transmit;
        int announced = 0;
        if (rarpPending && max > 0 && now.inFlight.room() > 0) {
            announced = announce(now, pool);
        }
        int count = 0;
        try {
            count = burst.submit(pool, max - announced);
            publishBurst(now, burst.delivered(), burst.bytes(), burst.dropped());
            if (burst.fault() != 0) {
                stopFor(RingFault.describe(burst.fault()));
            }
        } catch (InternalError e) {
            burst.abandon(null);
            count = burst.count();
            worker.memoryFault(this);
        }
        statistics.add(QueueStatistics.SUBMITTED, announced + count);
        return announced + count;
    }

    @Override
    public int pollDequeueCompleted(final long[] packets, final int from, final int max) {
        return receive ? 0 : pollCompleted(packets, from, max);
    }

    private int pollCompleted(final long[] packets, final int from, final int max) {
        reapOnceATurn();
        int count = leftovers.take(packets, from, max);
        final Ring now = ring;
        if (now != null && count < max) {
            count += now.inFlight.take(packets, from + count, max - count);
        }
        if (count != 0) {
            statistics.add(QueueStatistics.COMPLETED, count);
        }
        return count;
    }

    @Override
    public int clearQueue(final long[] packets, final int from, final int max) {
        final Ring now = ring;
        if (now != null) {
            awaitOpen(now);
        }
        return pollCompleted(packets, from, max);
    }

    /** Until every packet in flight is complete. The engines' deadlines bound it. */
    private void awaitOpen(final Ring now) {
        while (ring == now && now.inFlight.open() != 0) {
            reap();
            Thread.onSpinWait();
        }
    }

    /** The worker, after each turn. */
    void reapOnceATurn() {
        if (reapedTurn != worker.turnNumber()) {
            reap();
        }
    }

    /** Looks what the engines have finished, and shows the guest the packets that are complete. */
    void reap() {
        reapedTurn = worker.turnNumber();
        final Ring now = ring;
        if (now == null) {
            copies.reap(null, true);
            return;
        }
        if (now.inFlight.open() == 0 && !copies.isBusy() && !stopping) {
            return;
        }
        try {
            copies.reap(now.inFlight, lost);
            if (!lost) {
                publishBurst(now, 0, 0, 0);
            }
            Memory.surfaceFault();
        } catch (InternalError e) {
            worker.memoryFault(this);
        }
        if (stopping && ring != null) {
            finishStop();
        }
    }

    /** Whether {@link #reap} may have something to do. */
    boolean isBusy() {
        return stopping || copies.isBusy() || ring != null && ring.inFlight.open() != 0;
    }

    /** Shows what a burst has pushed, and what is complete by now of the bursts before. */
    private void publishBurst(final Ring now, final int count, final long bytes, final int dropped) {
        if (copies.takeQuarantine()) {
            withhold(0);
            return;
        }
        final boolean pushed = now.inFlight.publish(now.virtqueue);
        final int published = now.inFlight.publishedPackets();
        if (pushed || count + published + dropped != 0) {
            publish(now.virtqueue, count + published, bytes + now.inFlight.publishedBytes(), dropped);
        }
        if (now.inFlight.open() != 0) {
            attend();
        }
    }

    private void attend() {
        if (!attended) {
            attended = true;
            worker.attend(this);
        }
    }

    /** The worker: nothing is under way any more. */
    void unattended() {
        attended = false;
    }

    private void publish(final Virtqueue virtqueue, final int count, final long bytes, final int dropped) {
        if (virtqueue.publish()) {
            final EventFd to = call;
            if (to != null) {
                to.signal();
                statistics.add(QueueStatistics.CALLS, 1);
            }
        } else {
            statistics.add(QueueStatistics.SUPPRESSED, 1);
        }
        statistics.add(QueueStatistics.PACKETS, count);
        statistics.add(QueueStatistics.BYTES, bytes);
        if (dropped != 0) {
            statistics.add(QueueStatistics.DROPPED, dropped);
        }
        statistics.set(QueueStatistics.ENGINE_COPIES, copies.engineCopies());
        statistics.set(QueueStatistics.CORE_COPIES, copies.coreCopies());
        statistics.set(QueueStatistics.REDONE, copies.redone());
        statistics.set(QueueStatistics.OVERFLOWED, copies.overflowed());
        statistics.set(QueueStatistics.LEARNED, copies.learnedThreshold());
        Memory.surfaceFault(); // of what was read and written to show it
    }

    private long announcement(final PacketPool pool) {
        final long packet = pool.take(Rarp.BYTES);
        if (packet != PacketPool.NONE) {
            rarpPending = false;
            Rarp.write(packet, rarp);
        }
        return packet;
    }

    private int announce(final Ring now, final PacketPool pool) {
        final long packet = announcement(pool);
        if (packet == PacketPool.NONE) {
            return 0;
        }
        now.transmit.submitMade(packet);
        return 1;
    }

    @Override
    public boolean hasAvailable() {
        final Ring now = ring;
        try {
            return now != null && !stopping && (rarpPending || now.virtqueue.hasAvailable());
        } catch (InternalError e) {
            worker.memoryFault(this);
            return false;
        }
    }

    @Override
    public void wantKick(final boolean wanted) {
        final Ring now = ring;
        if (now != null && !stopping) {
            try {
                now.virtqueue.wantKick(wanted);
            } catch (InternalError e) {
                worker.memoryFault(this);
            }
        }
    }

    // ---- commands: the owner, asked by the control plane ----

    /** Starts to serve a ring. */
    void start(final Ring next) {
        ring = next;
        worker.queueChanged();
        fault = "";
        description = next.virtqueue.describe();
        stoppedBase = NONE;
        wantKick(false);
        if (ring != null && call != null) {
            call.signal(); // a call that was due before a restart is not lost
        }
    }

    /** {@link #stop}: packets are in flight still; ask again. */
    static final long STOPPING = -2;

    /** {@link #stop}: no ring was running. */
    static final long NONE = -1;

    /**
     * Stops it: no packet is taken any more. Returns its base when all that were are complete, or that of a ring which stopped
     * by itself; {@link #STOPPING} or {@link #NONE} otherwise.
     */
    long stop() {
        beginStop();
        if (ring != null) {
            reap();
        }
        if (ring != null) {
            return STOPPING;
        }
        final long base = stoppedBase;
        stoppedBase = NONE;
        return base;
    }

    private void beginStop() {
        if (ring == null || stopping) {
            return;
        }
        stopping = true;
        worker.queueChanged();
        rarpPending = false;
        description = "";
        attend();
    }

    /** Nothing is in flight any more, or it never ends: the ring is let go. Packets that are to be polled are kept. */
    private void finishStop() {
        final Ring last = ring;
        final InFlight inFlight = last.inFlight;
        if (lost || withheld ? copies.outstanding() != 0 : inFlight.open() != 0) {
            return;
        }
        leftovers.keep(inFlight);
        dropOpen(last);
        stoppedBase = last.virtqueue.base() & 0xFFFF_FFFFL;
        ring = null;
        stopping = false;
        lost = false;
        withheld = false;
    }

    /** What is not complete and never will be. Packets to the guest are polled like others, packets from it are freed. */
    private void dropOpen(final Ring last) {
        final InFlight inFlight = last.inFlight;
        statistics.add(QueueStatistics.DROPPED, inFlight.open());
        final int quarantined = inFlight.giveUp();
        statistics.add(QueueStatistics.QUARANTINED, quarantined);
        int neverPolled = quarantined;
        if (receive) {
            leftovers.keep(inFlight);
        } else {
            neverPolled += last.transmit.freeAll();
        }
        statistics.add(QueueStatistics.COMPLETED, neverPolled);
    }

    /** The ring stops for what the driver did; the port goes on to answer its front-end. */
    private void stopFor(final String why) {
        fault = why;
        statistics.add(QueueStatistics.ERRORS, 1);
        if (err != null) {
            err.signal();
        }
        beginStop();
        if (ring != null) {
            finishStop();
        }
    }

    void memoryLost() {
        if (ring == null || lost) {
            return;
        }
        lost = true;
        copies.interrupted(ring.inFlight);
        stopFor("the front-end truncated its memory file");
    }

    /**
     * An engine may go on to write to buffers of this ring, or to our packets: none of them is ever given back, so the ring
     * stops here. {@code packets} of a synchronous burst are lost with it.
     */
    private void withhold(final int packets) {
        withheld = true;
        holdsQuarantine = true;
        withheldUntilReset = true;
        worker.packets().withhold();
        statistics.add(QueueStatistics.QUARANTINED, packets);
        stopFor("an engine does not promise to have stopped; its buffers are withheld until the device is reset");
    }

    /** Control plane. Whether an engine may write for ever to the guest memory that this queue has used. */
    boolean holdsQuarantine() {
        return holdsQuarantine;
    }

    /** Control plane. Whether the driver's buffers are withheld, so that this ring must not start again. */
    boolean isWithheld() {
        return withheldUntilReset;
    }

    /** Control plane. The driver has taken its buffers back; what becomes of them is its own affair. */
    void deviceReset() {
        withheldUntilReset = false;
    }

    /** Control plane. That memory stays mapped for good; another one has taken its place. */
    void leaveQuarantine() {
        holdsQuarantine = false;
    }

    /** Replaces the kick descriptor and returns the old one, to be closed by the caller. */
    EventFd kick(final EventFd next) throws LinuxException {
        final EventFd old = kick;
        if (old != null) {
            worker.unwatch(old);
        }
        kick = null;
        if (next != null) {
            worker.watch(this, next);
        }
        kick = next;
        return old;
    }

    /** Replaces the call descriptor and returns the old one; a signal that was under way is repeated on the new one. */
    EventFd call(final EventFd next) {
        final EventFd old = call;
        call = next;
        if (next != null && ring != null) {
            next.signal();
        }
        return old;
    }

    /** Replaces the error descriptor and returns the old one. */
    EventFd err(final EventFd next) {
        final EventFd old = err;
        err = next;
        return old;
    }

    /** The worker woke on our kick. */
    void kicked() {
        if (kick != null && kick.drain()) {
            statistics.add(QueueStatistics.KICKS, 1);
        }
    }

    /** The next burst begins with a RARP of this station. */
    void announce(final long mac) {
        rarp = mac;
        rarpPending = true;
    }

    GuestMemory memory() {
        return ring == null ? GuestMemory.NONE : ring.memory;
    }

    EventFd kick() {
        return kick;
    }

    int slot() {
        return slot;
    }

    void slot(final int next) {
        slot = next;
    }

    // ---- control plane ----

    /**
     * New copies of this queue go through {@code next} when this returns; {@code null} takes the engine away. The channel
     * before is released when what it holds is done.
     *
     * @throws VhostException where the owner did not answer, or has too many channels to look after still
     */
    void use(final CopyChannel next, final int bytes, final long timeoutMillis) throws VhostException {
        final boolean[] done = new boolean[1];
        worker.execute(
                () -> {
                    done[0] = copies.use(next, bytes);
                    statistics.set(QueueStatistics.LEARNED, copies.learnedThreshold());
                    if (copies.isBusy()) {
                        attend();
                    }
                },
                timeoutMillis);
        if (!done[0]) {
            throw new VhostException(name + ": too many engines are still on their way out; try again");
        }
        serving = next;
        learns = bytes == VhostEngines.AUTO;
        threshold = bytes;
    }

    /** What a threshold is learned from; null where it is given. Not the owner. */
    AutoThreshold.Report explain(final long timeoutMillis) throws VhostException {
        final AutoThreshold.Report[] report = new AutoThreshold.Report[1];
        worker.execute(
                () -> {
                    if (copies.auto() != null) {
                        report[0] = copies.auto().report();
                    }
                },
                timeoutMillis);
        return report[0];
    }

    /** Whether the threshold is learned. */
    boolean learns() {
        return learns;
    }

    /** Where packets may lie that are copied here: workers hand theirs to each other's queues. */
    List<MemoryRegion> packetMemory() {
        return packetMemory;
    }

    CopyDispatcher copies() {
        return copies;
    }

    Worker owner() {
        return worker;
    }

    boolean isReceive() {
        return receive;
    }

    /** Why the ring stopped by itself; empty where it did not. */
    String fault() {
        return fault;
    }

    @Override
    public VhostWorker worker() {
        return worker;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public VhostPort port() {
        return port;
    }

    @Override
    public String engine() {
        final CopyChannel now = serving;
        return now == null ? VhostEngines.BUILTIN : now.engine();
    }

    @Override
    public int inFlight() {
        return statistics.inFlight();
    }

    @Override
    public void registerAsyncChannel(final String engine, final int bytes) throws VhostException {
        engines.pin(this, engine, bytes);
    }

    @Override
    public void unregisterAsyncChannel() throws VhostException {
        engines.unpin(this);
    }

    @Override
    public int threshold() {
        return learns ? statistics.learned() : threshold;
    }

    @Override
    public QueueCounters counters() {
        return statistics.snapshot();
    }

    @Override
    public String ring() {
        return description;
    }

    @Override
    public String toString() {
        return name;
    }
}
