package dma.model.internal.cbdma;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that is the hardware: it serves all channels of a model. It starts with the first channel. Without work it polls
 * for a while, then parks.
 *
 * <p>No lost wake-up: a driver posts a register write, has a full fence, then reads the state; the thread writes
 * {@link #PARKED}, has a full fence, then looks at the posted writes once more. One of the two sees the other.
 *
 * <p>Nothing is held across turns: what a turn knows of mappings, of configuration space and of which channels there are it
 * has read within. So whoever took something away and has then seen a turn begin knows that it is not used any more: see
 * {@link #quiesce}.
 */
final class ModelThread {
    /** What {@link Channel#serve} answers where only a register write can give it something to do. */
    static final long NEVER = Long.MAX_VALUE;

    private static final Logger LOG = LoggerFactory.getLogger(ModelThread.class);
    private static final Duration PATIENCE = Duration.ofSeconds(1);
    private static final long PAUSE_NANOS = 5_000;

    // Only the thread goes from SERVING to PARKED.
    private static final int SERVING = 0;
    private static final int PARKED = 1;
    private static final int CLOSING = 2;
    private static final int ENDED = 3;
    private static final VarHandle STATE;
    private static final VarHandle TURNS;

    static {
        try {
            final MethodHandles.Lookup lookup = MethodHandles.lookup();
            STATE = lookup.findVarHandle(ModelThread.class, "state", int.class);
            TURNS = lookup.findVarHandle(ModelThread.class, "turns", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final long spinNanos;
    private final Thread thread;
    private int state;
    private long turns;

    /** Copy on write, under this object's lock. */
    private volatile Channel[] channels = {};

    ModelThread(final long spinNanos) {
        this.spinNanos = spinNanos;
        this.thread = Thread.ofPlatform().daemon().name("dma-model-cbdma").unstarted(this::run);
    }

    synchronized void add(final Channel channel) {
        if (thread.getState() == Thread.State.NEW && isServing()) {
            thread.start();
        }
        final Channel[] more = Arrays.copyOf(channels, channels.length + 1);
        more[channels.length] = channel;
        channels = more;
        wake();
    }

    /** Returns once the thread does not touch that channel any more. */
    void remove(final Channel channel) {
        synchronized (this) {
            channels = Arrays.stream(channels).filter(each -> each != channel).toArray(Channel[]::new);
        }
        quiesce();
    }

    /** After something was posted for the thread: wakes it if it is parked. Any thread; allocates nothing. */
    void wake() {
        VarHandle.fullFence();
        if ((int) STATE.getOpaque(this) == PARKED && STATE.compareAndSet(this, PARKED, SERVING)) {
            LockSupport.unpark(thread);
        }
    }

    /**
     * Waits for the turn of now to end. The caller has published what it took away by a volatile store before: that comes
     * before this read of {@link #turns} in the total order of volatile accesses, so before the thread's next write of it,
     * and before what that turn reads.
     */
    void quiesce() {
        final long turn = (long) TURNS.getVolatile(this);
        wake();
        while (isRunning() && (long) TURNS.getVolatile(this) == turn) {
            wake();
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    private boolean isRunning() {
        return thread.getState() != Thread.State.NEW && (int) STATE.getAcquire(this) != ENDED;
    }

    boolean isServing() {
        return (int) STATE.getOpaque(this) <= PARKED;
    }

    /** For tests and people: whether it sleeps. */
    boolean isParked() {
        return (int) STATE.getOpaque(this) == PARKED;
    }

    void close() {
        synchronized (this) {
            if (thread.getState() == Thread.State.NEW) {
                STATE.setVolatile(this, ENDED);
                return;
            }
            if ((int) STATE.getVolatile(this) == ENDED) {
                return;
            }
            // The thread's own changes are made by compare-and-set, so this one stays, or ENDED comes.
            STATE.setVolatile(this, CLOSING);
        }
        LockSupport.unpark(thread);
        try {
            if (!thread.join(PATIENCE)) {
                LOG.error("cbdma-model (model): its thread hangs in a copy and stays");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            boolean idle = false;
            long idleSince = 0;
            while (isServing()) {
                final long now = System.nanoTime();
                final long wait = turn(now);
                if (wait == 0) {
                    idle = false;
                } else if (!idle) {
                    idle = true;
                    idleSince = now;
                } else if (now - idleSince >= spinNanos) {
                    park(wait);
                } else {
                    Thread.onSpinWait();
                }
            }
        } finally {
            // The last thing it does: no memory is touched after this can be seen.
            STATE.setVolatile(this, ENDED);
        }
    }

    /** Serves each channel once. How long until one has something to do; 0 where one had. */
    private long turn(final long now) {
        TURNS.setVolatile(this, turns + 1);
        long wait = NEVER;
        final Channel[] all = channels;
        for (int i = 0; i < all.length; i++) {
            wait = Math.min(wait, serve(all[i], now));
        }
        return wait;
    }

    /** A channel that no fault in memory can end the thread by, should one surface late. */
    private static long serve(final Channel channel, final long now) {
        try {
            return channel.serve(now);
        } catch (InternalError e) {
            channel.dataError();
            return 0;
        }
    }

    private void park(final long wait) {
        if (STATE.compareAndSet(this, SERVING, PARKED)) {
            VarHandle.fullFence();
            if (nothingIsPosted()) {
                if (wait == NEVER) {
                    LockSupport.park(this);
                } else {
                    LockSupport.parkNanos(this, wait);
                }
            }
            STATE.compareAndSet(this, PARKED, SERVING);
        }
    }

    private boolean nothingIsPosted() {
        final Channel[] all = channels;
        for (int i = 0; i < all.length; i++) {
            if (all[i].isPosted()) {
                return false;
            }
        }
        return true;
    }
}
