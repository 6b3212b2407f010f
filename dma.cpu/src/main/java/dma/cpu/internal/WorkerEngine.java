package dma.cpu.internal;

import dma.api.DmaEngine;
import dma.api.DmaException;
import dma.api.DmaLimits;
import dma.api.DmaOps;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A thread as an engine: it makes the copies of all channels beside the threads that own the queues, in software.
 *
 * <p>A channel is a bounded queue with one producer, the owner, and one consumer, the thread. It is short on purpose: an
 * owner that finds it full makes its next copies itself, and both processors work.
 *
 * <p>The thread starts with the first channel. Without copies it polls for a while, then parks; a submission unparks it, and
 * only a parked one. It is not bound to a processor: this bundle makes no system calls.
 *
 * <p>No lost wake-up: an owner publishes its copies, has a full fence, then reads the state; the thread writes
 * {@link #PARKED}, has a full fence, then looks at the queues once more. One of the two sees the other.
 */
class WorkerEngine implements DmaEngine, AutoCloseable {
    /** Most copies that a channel may be configured to hold. */
    static final int MAX_CAPACITY = 65_536;

    /** How long the thread may take to let go of a channel's memory, or to end; a single copy takes far less. */
    static final long PATIENCE_MILLIS = 1000;

    /** How a {@link WorkerEngine} is to be. */
    record Settings(String name, int capacity, long spinNanos, boolean shuffled, long seed) {
        Settings {
            if (capacity < 1 || capacity > MAX_CAPACITY) {
                throw new IllegalArgumentException(
                        name + ": capacity " + capacity + "; use 1 to " + MAX_CAPACITY + " copies");
            }
            if (spinNanos < 0) {
                throw new IllegalArgumentException(name + ": spin.micros is negative; use 0 or more microseconds");
            }
        }
    }

    private static final Logger LOG = LoggerFactory.getLogger(WorkerEngine.class);

    @SuppressWarnings("restricted")
    private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    // The states, in the order in which they can last be taken. Only the thread goes from SERVING to PARKED.
    private static final int SERVING = 0;
    private static final int PARKED = 1;
    private static final int CLOSING = 2;
    private static final int ENDED = 3;
    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(WorkerEngine.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Settings settings;
    private final DmaLimits limits;
    private final Thread thread;
    private int state;

    /** Copy on write, under this object's lock. */
    private volatile WorkerChannel[] channels = {};

    WorkerEngine(final Settings settings) {
        this.settings = settings;
        this.limits = new DmaLimits(Long.MAX_VALUE, settings.capacity(), 1, true, false);
        this.thread =
                Thread.ofPlatform().daemon().name("dma-" + settings.name()).unstarted(this::run);
    }

    /** What a configuration of {@code pid} asks for. */
    static Settings settings(final String pid, final WorkerConfig config) {
        final String name = config.dma_engine_name();
        if (name == null || name.isBlank()) {
            throw new IllegalArgumentException(pid + ": " + NAME + " is missing; give the engine a name");
        }
        final boolean shuffled = config.order().equals("shuffled");
        if (!shuffled && !config.order().equals("in-order")) {
            throw new IllegalArgumentException(
                    name + ": order '" + config.order() + "' is not known; use in-order or shuffled");
        }
        return new Settings(name, config.capacity(), config.spin_micros() * 1000, shuffled, config.seed());
    }

    @Override
    public DmaLimits limits() {
        return limits;
    }

    @Override
    public synchronized DmaOps open(final String owner) throws DmaException {
        if (!isServing()) {
            throw new DmaException(settings.name() + " has been stopped; start it again, or take another engine");
        }
        if (thread.getState() == Thread.State.NEW) {
            thread.start();
        }
        final int count = channels.length;
        final WorkerChannel channel =
                new WorkerChannel(this, settings.capacity(), settings.shuffled(), settings.seed() + count);
        final WorkerChannel[] more = Arrays.copyOf(channels, count + 1);
        more[count] = channel;
        channels = more;
        return channel;
    }

    synchronized void remove(final WorkerChannel channel) {
        channels = Arrays.stream(channels).filter(each -> each != channel).toArray(WorkerChannel[]::new);
    }

    /** Ends the thread, within {@link #PATIENCE_MILLIS}. What is still in flight then is never completed, but can be aborted. */
    @Override
    public void close() {
        final boolean started;
        synchronized (this) {
            started = thread.getState() != Thread.State.NEW;
            if (!started || (int) STATE.getVolatile(this) == ENDED) {
                STATE.setVolatile(this, ENDED);
                return;
            }
            // The thread's own changes are made by compare-and-set, so this one stays, or ENDED comes.
            STATE.setVolatile(this, CLOSING);
        }
        LockSupport.unpark(thread);
        try {
            if (!thread.join(Duration.ofMillis(PATIENCE_MILLIS))) {
                LOG.error("{}: its thread hangs in a copy and stays; the memory of that copy is lost", settings.name());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether submissions will be seen. */
    final boolean isServing() {
        return (int) STATE.getOpaque(this) <= PARKED;
    }

    /** Whether the thread has ended, or never was; whoever sees it sees all that the thread wrote. */
    final boolean hasEnded() {
        return (int) STATE.getAcquire(this) == ENDED;
    }

    /** After something was published for the thread: wakes it if it is parked. Any thread. */
    final void wake() {
        VarHandle.fullFence();
        if ((int) STATE.getOpaque(this) == PARKED && STATE.compareAndSet(this, PARKED, SERVING)) {
            LockSupport.unpark(thread);
        }
    }

    /** Makes one copy; the engine's thread. Tests put something else here. */
    void copy(final long source, final long destination, final long length) {
        MemorySegment.copy(MEMORY, source, MEMORY, destination, length);
    }

    private void run() {
        try {
            long idleSince = 0;
            boolean idle = false;
            while (isServing()) {
                if (survive()) {
                    idle = false;
                } else if (!idle) {
                    idle = true;
                    idleSince = System.nanoTime();
                } else if (System.nanoTime() - idleSince >= settings.spinNanos()) {
                    park();
                    idle = false;
                } else {
                    Thread.onSpinWait();
                }
            }
        } finally {
            // The last thing it does: no memory of a channel is touched after this can be seen.
            STATE.setVolatile(this, ENDED);
        }
    }

    /** A turn that no guest can end the thread by, should a fault in its memory surface late all the same. */
    private boolean survive() {
        try {
            return turn();
        } catch (InternalError e) {
            return true;
        }
    }

    /** Serves each channel once. Whether there was something to do. */
    private boolean turn() {
        boolean busy = false;
        final WorkerChannel[] all = channels;
        for (int i = 0; i < all.length; i++) {
            busy |= all[i].serve();
        }
        return busy;
    }

    private void park() {
        if (STATE.compareAndSet(this, SERVING, PARKED)) {
            VarHandle.fullFence();
            if (nothingToDo()) {
                LockSupport.park(this);
            }
            STATE.compareAndSet(this, PARKED, SERVING);
        }
    }

    private boolean nothingToDo() {
        for (final WorkerChannel channel : channels) {
            if (channel.wantsService()) {
                return false;
            }
        }
        return true;
    }
}
