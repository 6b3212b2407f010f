package vhost.core.internal.device;

import dma.api.MemoryRegion;
import java.util.List;
import linux.EventFd;
import linux.Memory;
import vhost.core.api.PacketPool;
import vhost.core.api.VhostException;
import vhost.core.api.VhostPort;
import vhost.core.internal.async.GuestReceive;
import vhost.core.internal.async.GuestTransmit;
import vhost.core.internal.ring.RingFault;
import vhost.core.internal.ring.Virtqueue;

/** One virtqueue of a port: its data path, on the owner's thread, over what {@link QueueControl} keeps. */
public final class VhostQueueImpl extends QueueControl {
    private final EngineRegistry engines;

    /** The worker's turn in which completions were looked at last. */
    private long reapedTurn;

    /** Whether the worker looks after us each turn. */
    private boolean attended;

    VhostQueueImpl(
            final VhostPort port,
            final Worker worker,
            final int index,
            final List<MemoryRegion> packetMemory,
            final EngineRegistry engines) {
        super(port, worker, index, packetMemory);
        this.engines = engines;
    }

    @Override
    public boolean isRunning() {
        return ring != null && !stopping;
    }

    @Override
    public boolean isAsync() {
        return copies.isOffloading() || ring != null && ring.inFlight().count() != 0 || !leftovers.isEmpty();
    }

    @Override
    public int enqueueBurst(final long[] packets, final int from, final int count) {
        final RunningRing now = ring;
        if (now == null || stopping || now.receive() == null) {
            return 0;
        }
        if (isAsync()) {
            final int taken = submitEnqueue(now, packets, from, count, true);
            awaitOpen(now);
            return taken;
        }
        try {
            final GuestReceive burst = now.receive();
            final int taken = burst.burst(packets, from, count);
            if (copies.takeQuarantine()) {
                withhold(0);
                return taken;
            }
            if (taken != 0) {
                publish(now.virtqueue(), burst.delivered(), burst.bytes(), burst.dropped());
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
        final RunningRing now = ring;
        if (now == null || stopping || now.receive() == null) {
            return 0;
        }
        final int taken = submitEnqueue(now, packets, from, count, false);
        statistics.add(QueueStatistics.SUBMITTED, taken);
        return taken;
    }

    private int submitEnqueue(
            final RunningRing now, final long[] packets, final int from, final int count, final boolean waited) {
        final GuestReceive burst = now.receive();
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
        final RunningRing now = ring;
        if (now == null || stopping || now.transmit() == null) {
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
        final GuestTransmit burst = now.transmit();
        try {
            final int count = burst.burst(pool, packets, max);
            if (copies.takeQuarantine()) {
                withhold(count);
                return 0;
            }
            if (count != 0 || burst.dropped() != 0) {
                publish(now.virtqueue(), count, burst.bytes(), burst.dropped());
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
        final RunningRing now = ring;
        if (now == null || stopping || now.transmit() == null) {
            return 0;
        }
        final GuestTransmit burst = now.transmit();
        int announced = 0;
        if (rarpPending && max > 0 && now.inFlight().room() > 0) {
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
        final RunningRing now = ring;
        if (now != null && count < max) {
            count += now.inFlight().take(packets, from + count, max - count);
        }
        if (count != 0) {
            statistics.add(QueueStatistics.COMPLETED, count);
        }
        return count;
    }

    @Override
    public int clearQueue(final long[] packets, final int from, final int max) {
        final RunningRing now = ring;
        if (now != null) {
            awaitOpen(now);
        }
        return pollCompleted(packets, from, max);
    }

    /** Until every packet in flight is complete. The engines' deadlines bound it. */
    private void awaitOpen(final RunningRing now) {
        while (ring == now && now.inFlight().open() != 0) {
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

    @Override
    void reap() {
        reapedTurn = worker.turnNumber();
        final RunningRing now = ring;
        if (now == null) {
            copies.reap(null, true);
            return;
        }
        if (now.inFlight().open() == 0 && !copies.isBusy() && !stopping) {
            return;
        }
        try {
            copies.reap(now.inFlight(), lost);
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
        return stopping || copies.isBusy() || ring != null && ring.inFlight().open() != 0;
    }

    /** Shows what a burst has pushed, and what is complete by now of the bursts before. */
    private void publishBurst(final RunningRing now, final int count, final long bytes, final int dropped) {
        if (copies.takeQuarantine()) {
            withhold(0);
            return;
        }
        final boolean pushed = now.inFlight().publish(now.virtqueue());
        final int published = now.inFlight().publishedPackets();
        if (pushed || count + published + dropped != 0) {
            publish(now.virtqueue(), count + published, bytes + now.inFlight().publishedBytes(), dropped);
        }
        if (now.inFlight().open() != 0) {
            attend();
        }
    }

    @Override
    void attend() {
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

    private int announce(final RunningRing now, final PacketPool pool) {
        final long packet = announcement(pool);
        if (packet == PacketPool.NONE) {
            return 0;
        }
        now.transmit().submitMade(packet);
        return 1;
    }

    @Override
    public boolean hasAvailable() {
        final RunningRing now = ring;
        try {
            return now != null && !stopping && (rarpPending || now.virtqueue().hasAvailable());
        } catch (InternalError e) {
            worker.memoryFault(this);
            return false;
        }
    }

    @Override
    public void wantKick(final boolean wanted) {
        final RunningRing now = ring;
        if (now != null && !stopping) {
            try {
                now.virtqueue().wantKick(wanted);
            } catch (InternalError e) {
                worker.memoryFault(this);
            }
        }
    }

    @Override
    public void registerAsyncChannel(final String engine, final int bytes) throws VhostException {
        engines.pin(this, engine, bytes);
    }

    @Override
    public void unregisterAsyncChannel() throws VhostException {
        engines.unpin(this);
    }
}
