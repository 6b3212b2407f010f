package bench.internal;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import vhost.core.api.Packet;
import vhost.core.api.PacketPool;
import vhost.core.api.PollTask;
import vhost.core.api.VhostException;
import vhost.core.api.VhostQueue;
import vhost.core.api.VhostWorker;

/**
 * The worker's side of a window: fills or empties a prepared ring as fast as it can, as an application of the core does, and
 * takes the time.
 *
 * <pre>
 *   begin … SETTLING … LEADING_IN … TIMED … COOLING_DOWN … done
 *             others      wakes the            the engine's
 *             fall asleep engine               thread falls asleep
 * </pre>
 *
 * <p>The first packets are not timed: they wake the engine's thread, as it is under load, and all of them are complete when
 * the clock starts. It stops when the last packet is complete and its used entry shown to the guest.
 */
final class WindowTask implements PollTask {
    /** Packets a burst, as the modes of the platform have it. */
    static final int BURST = 64;

    /**
     * Packets before the clock starts. Half a burst: a window has 17 bursts then, so that those that a threshold is learned
     * from, one in 64, do not always fall on the same place in a window.
     */
    static final int LEAD_IN = BURST / 2;

    /** The control thread needs less to fall asleep, and an engine's thread polls for 50 µs before it does. */
    private static final long QUIET_NANOS = 150_000;

    private static final long PATIENCE_SECONDS = 10;

    private enum Phase {
        RESTING,
        SETTLING,
        LEADING_IN,
        TIMED,
        COOLING_DOWN
    }

    private final VhostWorker worker;
    private final PacketPool pool;
    private final int count;
    private final int outstanding;
    private final CacheFlush flush;

    // The worker's, from here on; the control thread reads packets and nanos after it has seen finished.

    /** To the guest: those to send. From the guest: those that came. */
    private final long[] packets;

    /** As they came back from the queue. */
    private final long[] back;

    private Phase phase = Phase.RESTING;
    private VhostQueue queue;
    private boolean enqueue;
    private boolean async;
    private int limit;
    private int submitted;
    private int completed;
    private long phaseNanos;
    private long nanos;

    /** Of these, those that were not spent on waiting. */
    private long coreNanos;

    /** When the last turn of a window ended. */
    private long turnNanos;

    /** Written by the worker last, so that whoever reads true reads everything else. */
    private volatile boolean finished;

    private volatile Thread waiter;

    /**
     * @param count packets a window, as many as the ring has entries
     * @param outstanding packets that are submitted and not complete at most
     * @param flush what takes data of packets out of the caches before a window begins
     */
    WindowTask(final VhostWorker worker, final int count, final int outstanding, final CacheFlush flush) {
        this.worker = worker;
        this.pool = worker.pool();
        this.count = count;
        this.outstanding = outstanding;
        this.flush = flush;
        this.packets = new long[count];
        this.back = new long[count];
    }

    // ---- the control thread ----

    /** Takes packets to send, and writes all of their data but the stamps. */
    void prepare(final Load load, final Payload payload) throws VhostException {
        command(() -> {
            for (int i = 0; i < count; i++) {
                final int length = load.length(i);
                final long packet = pool.take(length);
                if (packet == PacketPool.NONE) {
                    pool.freeBurst(packets, 0, i);
                    throw new IllegalStateException("no packet memory is left after " + i + " packets");
                }
                packets[i] = packet;
                Packet.setLength(packet, length);
                Packet.clearOffloads(packet);
                payload.write(Packet.data(packet), length, i);
            }
        });
    }

    /** Gives all packets back to the pool. */
    void free() throws VhostException {
        command(() -> pool.freeBurst(packets, 0, count));
    }

    /** Runs a window and returns how many nanoseconds the timed packets took. */
    long run(final VhostQueue on, final boolean toGuest, final Load load, final int window) throws VhostException {
        finished = false;
        waiter = Thread.currentThread();
        command(() -> begin(on, toGuest, load, window));
        final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!finished) {
            LockSupport.parkNanos(this, TimeUnit.SECONDS.toNanos(1));
            if (!finished && System.nanoTime() - deadline > 0) {
                command(() -> phase = Phase.RESTING);
                throw new IllegalStateException(on.name() + ": " + completed + " of " + count + " packets in "
                        + PATIENCE_SECONDS + " s; the log may say why");
            }
        }
        return nanos;
    }

    /** After a window. What of the time of {@link #run} was not just looking for completions in vain; nanoseconds. */
    long coreNanos() {
        return coreNanos;
    }

    /** Packets of a window. */
    int count() {
        return count;
    }

    /** Packets that are timed. */
    int timed() {
        return count - LEAD_IN;
    }

    /** After a window. Packet {@code i} as it came off the ring. */
    long packet(final int i) {
        return packets[i];
    }

    /** After a window to the guest. Throws where packets did not come back as they were submitted. */
    void checkReturned() {
        for (int i = 0; async && i < count; i++) {
            if (back[i] != packets[i]) {
                throw new IllegalStateException("packet " + i + " came back out of order");
            }
        }
    }

    private void command(final Runnable body) throws VhostException {
        worker.execute(body, TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
    }

    // ---- the worker ----

    private void begin(final VhostQueue on, final boolean toGuest, final Load load, final int window) {
        queue = on;
        enqueue = toGuest;
        async = on.isAsync();
        if (toGuest) {
            for (int i = 0; i < count; i++) {
                Payload.stamp(Packet.data(packets[i]), window, i);
            }
        }
        if (flush.isWanted()) {
            flushPackets(toGuest, load);
        }
        submitted = 0;
        completed = 0;
        limit = LEAD_IN;
        enter(Phase.SETTLING);
    }

    /** The pool gives what came back last first: those that are taken here are those of the window. */
    private void flushPackets(final boolean toGuest, final Load load) {
        for (int i = 0; i < count; i++) {
            final int length = load.length(i);
            back[i] = toGuest ? packets[i] : pool.take(length);
            if (back[i] == PacketPool.NONE) {
                pool.freeBurst(back, 0, i);
                throw new IllegalStateException("no packet memory is left after " + i + " packets");
            }
            flush.flush(Packet.data(back[i]), length);
        }
        if (!toGuest) {
            pool.freeBurst(back, 0, count);
        }
    }

    private void enter(final Phase next) {
        phase = next;
        phaseNanos = System.nanoTime();
    }

    @Override
    public int poll() {
        if (phase == Phase.TIMED) {
            moveTimed();
            return 1;
        }
        return phase == Phase.RESTING ? 0 : pollUntimed();
    }

    private void moveTimed() {
        final int before = submitted + completed;
        move();
        final long now = System.nanoTime();
        if (submitted + completed != before) {
            coreNanos += now - turnNanos;
        }
        turnNanos = now;
        if (completed == limit) {
            nanos = now - phaseNanos;
            enter(Phase.COOLING_DOWN);
        }
    }

    private int pollUntimed() {
        if (phase == Phase.LEADING_IN) {
            move();
            if (completed == limit) {
                limit = count;
                enter(Phase.TIMED);
                coreNanos = 0;
                turnNanos = phaseNanos;
            }
        } else if (System.nanoTime() - phaseNanos > QUIET_NANOS) {
            if (phase == Phase.SETTLING) {
                enter(Phase.LEADING_IN);
            } else {
                phase = Phase.RESTING;
                finished = true;
                LockSupport.unpark(waiter);
            }
        }
        return 1;
    }

    /** One turn's work. */
    private void move() {
        if (async) {
            submitAndPoll();
        } else if (enqueue) {
            completed += queue.enqueueBurst(packets, completed, Math.min(BURST, limit - completed));
        } else {
            final int got = queue.dequeueBurst(pool, back, Math.min(BURST, limit - completed));
            System.arraycopy(back, 0, packets, completed, got);
            completed += got;
        }
    }

    private void submitAndPoll() {
        final int more = Math.min(Math.min(BURST, limit - submitted), outstanding - (submitted - completed));
        if (enqueue) {
            if (more != 0) {
                submitted += queue.submitEnqueueBurst(packets, submitted, more);
            }
            completed += queue.pollEnqueueCompleted(back, completed, limit - completed);
        } else {
            if (more != 0) {
                submitted += queue.submitDequeueBurst(pool, more);
            }
            completed += queue.pollDequeueCompleted(packets, completed, limit - completed);
        }
    }

    @Override
    public int beforeSleep() {
        // Nothing that a guest does is waited for, and commands wake the worker; but no window is slept through.
        return phase == Phase.RESTING ? -1 : 0;
    }

    @Override
    public void afterSleep() {
        // No kicks were asked for.
    }
}
