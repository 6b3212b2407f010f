package vhost.core.internal.device;

import dma.api.MemoryRegion;
import java.util.List;
import linux.EventFd;
import linux.LinuxException;
import vhost.core.api.QueueCounters;
import vhost.core.api.VhostEngines;
import vhost.core.api.VhostException;
import vhost.core.api.VhostPort;
import vhost.core.api.VhostQueue;
import vhost.core.api.VhostWorker;
import vhost.core.internal.async.AutoThreshold;
import vhost.core.internal.async.CopyChannel;
import vhost.core.internal.async.CopyDispatcher;
import vhost.core.internal.async.InFlight;
import vhost.core.internal.memory.GuestMemory;

/**
 * The half of a queue that the control plane works with: its ring starts and stops, its descriptors and its engine change.
 * The other half is {@link VhostQueueImpl}, the data path. They are one object, so that a burst finds the ring and what
 * becomes of it without a detour.
 *
 * <p>The owner's fields change only on the owner's thread: by its bursts, and by commands ({@link Worker#execute}).
 */
abstract sealed class QueueControl implements VhostQueue permits VhostQueueImpl {
    /** {@link #stop}: packets are in flight still; ask again. */
    static final long STOPPING = -2;

    /** {@link #stop}: no ring was running. */
    static final long NONE = -1;

    final Worker worker;
    final boolean receive;
    final QueueStatistics statistics = new QueueStatistics();
    final CopyDispatcher copies = new CopyDispatcher();
    final Leftovers leftovers = new Leftovers();

    private final VhostPort port;
    private final List<MemoryRegion> packetMemory;
    private final String name;

    // Owner's thread only.
    RunningRing ring;

    /** The ring takes no more packets, and stops when nothing is in flight. */
    boolean stopping;

    /** Its memory is gone: nothing there may be touched. */
    boolean lost;

    /** Signalled when the guest is to be called; or null. */
    EventFd call;

    /** Whether the next burst begins with a RARP of the station {@link #rarp}. */
    boolean rarpPending;

    long rarp;

    /** An engine may write to buffers of it for ever: they are not given back. */
    private boolean withheld;

    private EventFd kick;
    private EventFd err;
    private int slot;

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

    QueueControl(final VhostPort port, final Worker worker, final int index, final List<MemoryRegion> packetMemory) {
        this.port = port;
        this.worker = worker;
        this.packetMemory = packetMemory;
        this.receive = index % 2 == 0;
        this.name = port.name() + (receive ? "/rx" : "/tx") + index / 2;
    }

    // ---- what the data path does for the commands ----

    /** Looks what the engines have finished, and shows the guest the packets that are complete. */
    abstract void reap();

    /** Has the worker look after us each turn. */
    abstract void attend();

    // ---- commands: the owner, asked by the control plane ----

    /** Starts to serve a ring. */
    void start(final RunningRing next) {
        ring = next;
        worker.queueChanged();
        fault = "";
        description = next.virtqueue().describe();
        stoppedBase = NONE;
        wantKick(false);
        if (ring != null && call != null) {
            call.signal(); // a call that was due before a restart is not lost
        }
    }

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
        copies.hurry(true);
        worker.queueChanged();
        rarpPending = false;
        description = "";
        attend();
    }

    /** Nothing is in flight any more, or it never ends: the ring is let go. Packets that are to be polled are kept. */
    final void finishStop() {
        final RunningRing last = ring;
        final InFlight inFlight = last.inFlight();
        if (lost || withheld ? copies.outstanding() != 0 : inFlight.open() != 0) {
            return;
        }
        leftovers.keep(inFlight);
        dropOpen(last);
        stoppedBase = last.virtqueue().base() & 0xFFFF_FFFFL;
        ring = null;
        stopping = false;
        copies.hurry(false);
        lost = false;
        withheld = false;
    }

    /** What is not complete and never will be. Packets to the guest are polled like others, packets from it are freed. */
    private void dropOpen(final RunningRing last) {
        final InFlight inFlight = last.inFlight();
        statistics.add(QueueStatistics.DROPPED, inFlight.open());
        final int quarantined = inFlight.giveUp();
        statistics.add(QueueStatistics.QUARANTINED, quarantined);
        int neverPolled = quarantined;
        if (receive) {
            leftovers.keep(inFlight);
        } else {
            neverPolled += last.transmit().freeAll();
        }
        statistics.add(QueueStatistics.COMPLETED, neverPolled);
    }

    /** The ring stops for what the driver did; the port goes on to answer its front-end. */
    final void stopFor(final String why) {
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
        copies.interrupted(ring.inFlight());
        stopFor("the front-end truncated its memory file");
    }

    /**
     * An engine may go on to write to buffers of this ring, or to our packets: none of them is ever given back, so the ring
     * stops here. {@code packets} of a synchronous burst are lost with it.
     */
    final void withhold(final int packets) {
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
            worker.watch(slot, next);
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
        return ring == null ? GuestMemory.NONE : ring.memory();
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

    // ---- the engine: the control plane ----

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
