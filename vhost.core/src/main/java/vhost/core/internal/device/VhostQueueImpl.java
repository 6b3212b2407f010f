package vhost.core.internal.device;

import dma.api.DmaOps;
import java.lang.foreign.Arena;
import linux.EventFd;
import linux.LinuxException;
import vhost.core.api.PacketPool;
import vhost.core.api.QueueCounters;
import vhost.core.api.VhostEngines;
import vhost.core.api.VhostException;
import vhost.core.api.VhostPort;
import vhost.core.api.VhostQueue;
import vhost.core.api.VhostWorker;
import vhost.core.internal.async.CopyDispatcher;
import vhost.core.internal.async.GuestReceive;
import vhost.core.internal.async.GuestTransmit;
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
    private final String name;
    private final boolean receive;
    private final QueueStatistics statistics = new QueueStatistics();
    private final Arena arena = Arena.ofShared();
    private final CopyDispatcher copies = new CopyDispatcher(arena);

    // Owner's thread only.
    private Ring ring;
    private EventFd kick;
    private EventFd call;
    private EventFd err;
    private int slot;
    private long rarp;
    private boolean rarpPending;

    /** Where a ring stood that stopped by itself, or -1. */
    private long faultedBase = -1;

    // Written by the owner, read by anyone.
    private volatile String description = "";
    private volatile String fault = "";

    // Control plane, under the engine registry's lock.
    private volatile String engine = VhostEngines.BUILTIN;
    private volatile int threshold;

    /** What exists only while a ring runs; its native memory goes with {@code arena}. */
    record Ring(Arena arena, Virtqueue virtqueue, GuestMemory memory, GuestReceive receive, GuestTransmit transmit) {}

    VhostQueueImpl(final VhostPort port, final Worker worker, final int index) {
        this.port = port;
        this.worker = worker;
        this.receive = index % 2 == 0;
        this.name = port.name() + (receive ? "/rx" : "/tx") + index / 2;
    }

    // ---- data path: the owner ----

    @Override
    public boolean isRunning() {
        return ring != null;
    }

    @Override
    public int enqueueBurst(final long[] packets, final int from, final int count) {
        final Ring now = ring;
        if (now == null || now.receive == null) {
            return 0;
        }
        try {
            final GuestReceive burst = now.receive;
            final int taken = burst.burst(packets, from, count);
            if (taken != 0) {
                publish(now.virtqueue, burst.delivered(), burst.bytes(), burst.dropped());
            }
            if (burst.fault() != 0) {
                stopFor(RingFault.describe(burst.fault()));
            }
            return taken;
        } catch (InternalError e) {
            copies.abandon();
            worker.memoryFault(this);
            return 0;
        }
    }

    @Override
    public int dequeueBurst(final PacketPool pool, final long[] packets, final int max) {
        final Ring now = ring;
        if (now == null || now.transmit == null) {
            return 0;
        }
        if (rarpPending) {
            return announce(pool, packets);
        }
        final GuestTransmit burst = now.transmit;
        try {
            final int count = burst.burst(pool, packets, max);
            if (count != 0 || burst.dropped() != 0) {
                publish(now.virtqueue, count, burst.bytes(), burst.dropped());
            }
            if (burst.fault() != 0) {
                stopFor(RingFault.describe(burst.fault()));
            }
            return count;
        } catch (InternalError e) {
            burst.abandon(pool, packets);
            copies.abandon();
            worker.memoryFault(this);
            return 0;
        }
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
    }

    private int announce(final PacketPool pool, final long[] packets) {
        final long packet = pool.take(Rarp.BYTES);
        if (packet == PacketPool.NONE) {
            return 0;
        }
        rarpPending = false;
        Rarp.write(packet, rarp);
        packets[0] = packet;
        return 1;
    }

    @Override
    public boolean isAsync() {
        throw new UnsupportedOperationException();
    }

    @Override
    public int submitEnqueueBurst(final long[] packets, final int from, final int count) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int pollEnqueueCompleted(final long[] packets, final int from, final int max) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int submitDequeueBurst(final PacketPool pool, final int max) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int pollDequeueCompleted(final long[] packets, final int from, final int max) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int clearQueue(final long[] packets, final int from, final int max) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int inFlight() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void registerAsyncChannel(final String engineName, final int bytes) throws VhostException {
        throw new UnsupportedOperationException();
    }

    @Override
    public void unregisterAsyncChannel() throws VhostException {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean hasAvailable() {
        final Ring now = ring;
        try {
            return now != null && (rarpPending || now.virtqueue.hasAvailable());
        } catch (InternalError e) {
            worker.memoryFault(this);
            return false;
        }
    }

    @Override
    public void wantKick(final boolean wanted) {
        final Ring now = ring;
        if (now != null) {
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
        faultedBase = -1;
        wantKick(false);
        if (ring != null && call != null) {
            call.signal(); // a call that was due before a restart is not lost
        }
    }

    /** Stops it. Returns its base, that of a ring which stopped by itself, or -1 where none was running. */
    long stop() {
        final Ring last = ring;
        if (last == null) {
            final long base = faultedBase;
            faultedBase = -1;
            return base;
        }
        ring = null;
        worker.queueChanged();
        rarpPending = false;
        description = "";
        return last.virtqueue.base() & 0xFFFF_FFFFL;
    }

    /** The ring stops for what the driver did; the port goes on to answer its front-end. */
    private void stopFor(final String why) {
        faultedBase = stop();
        fault = why;
        statistics.add(QueueStatistics.ERRORS, 1);
        if (err != null) {
            err.signal();
        }
    }

    void memoryLost() {
        copies.abandon();
        stopFor("the front-end truncated its memory file");
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

    /** The copies of this queue go through {@code next} when this returns. Returns the channel before, or null. */
    DmaOps use(
            final DmaOps next,
            final String engineName,
            final int bytes,
            final long maxCopyBytes,
            final int alignment,
            final long timeoutMillis)
            throws VhostException {
        final DmaOps[] old = new DmaOps[1];
        worker.execute(
                () -> {
                    old[0] = copies.channel();
                    copies.use(next, bytes, maxCopyBytes, alignment);
                },
                timeoutMillis);
        engine = engineName;
        threshold = bytes;
        return old[0];
    }

    /** Whether the engine broke its contract, so that the core copies since. */
    boolean isEngineLost() {
        return !copies.isTrusted() && !engine.equals(VhostEngines.BUILTIN);
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

    void close() {
        arena.close();
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
        return engine;
    }

    @Override
    public int threshold() {
        return threshold;
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
