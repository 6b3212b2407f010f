package dma.model.internal.dsa;

import dma.model.internal.timing.Draw;
import java.lang.foreign.Arena;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A device: its queues, and the thread that is its engines. The thread polls for a while after its last descriptor, then
 * sleeps; a submission wakes it.
 *
 * <p>No lost wake-up: a producer publishes its descriptor, has a full fence, then reads the state; the thread writes {@link
 * #PARKED}, has a full fence, then looks at the queues once more. One of the two sees the other.
 */
final class ModelDevice implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ModelDevice.class);

    /** Descriptors taken from a queue before the next queue has its turn. */
    private static final int TURN = 32;

    /** Below this the thread polls for what is due, nanoseconds; a sleep would be longer. */
    private static final long SHORT = 100_000;

    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private static final int SERVING = 0;
    private static final int PARKED = 1;
    private static final int CLOSING = 2;
    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(ModelDevice.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final DeviceSettings settings;
    private final Mappings mappings;
    private final Runnable changed;
    private final SoftwareError softwareError = new SoftwareError();
    private final Injector injector;
    private final LateWrites late;
    private final Records records;
    private final Dispatcher dispatcher;
    private final ModelQueue[] queues;
    private final Checks[] checks;
    private final long spinNanos;
    private final Thread thread;
    /** What the queues are in: it lives as long as this object, as portals may be used after the end. */
    private final Arena arena = Arena.ofAuto();

    private int state;

    /** Until when, as {@link System#nanoTime}; {@link Long#MAX_VALUE} until it is reset. Valid while {@link #halted}. */
    private volatile long haltedUntil;

    private volatile boolean halted;

    /** @param changed told by the device's thread when SWERR, or whether it is halted, has changed */
    ModelDevice(
            final DsaSettings host, final DeviceSettings settings, final Mappings mappings, final Runnable changed) {
        this.settings = settings;
        this.mappings = mappings;
        this.changed = changed;
        this.spinNanos = host.spinNanos();
        final List<WorkQueueSettings> all = host.queuesOf(settings);
        this.queues = new ModelQueue[all.size()];
        this.checks = new Checks[all.size()];
        int places = settings.maxBatch() + 1;
        for (int i = 0; i < queues.length; i++) {
            queues[i] = new ModelQueue(all.get(i), this, arena);
            checks[i] = new Checks(host, all.get(i));
            places += all.get(i).size();
        }
        this.injector = new Injector(host.faults());
        this.late = new LateWrites(mappings, arena);
        final boolean timed = host.timing().published();
        final int engines =
                settings.engines().stream().mapToInt(Integer::intValue).max().orElse(1);
        this.records =
                new Records(mappings, softwareError, new Draw(host.seed() + settings.number()), timed, engines, places);
        this.dispatcher = new Dispatcher(host, settings, mappings, injector, late, records, arena);
        this.thread = Thread.ofPlatform()
                .daemon()
                .name("dma-model-" + settings.name())
                .unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    DeviceSettings settings() {
        return settings;
    }

    List<ModelQueue> queues() {
        return List.of(queues);
    }

    SoftwareError softwareError() {
        return softwareError;
    }

    /** Any thread. What goes wrong from the next burst on. */
    void change(final DsaFaults faults) {
        injector.change(faults);
        wake();
    }

    DsaFaults faults() {
        return injector.wanted();
    }

    /** Any thread. It was injected by another than the device's thread. */
    void injected(final DsaFault fault) {
        injector.count(fault);
    }

    /** Any thread. */
    long count(final DsaFault fault) {
        return injector.injected(fault);
    }

    boolean isHalted() {
        return halted;
    }

    /** Any thread. Ends a halt and what hangs, and clears SWERR. */
    void reset() {
        haltedUntil = System.nanoTime();
        softwareError.clear();
        for (final ModelQueue queue : queues) {
            queue.resume();
        }
        wake();
    }

    /** After something was published for the thread: wakes it if it sleeps. Any thread. */
    void wake() {
        VarHandle.fullFence();
        if ((int) STATE.getOpaque(this) == PARKED && STATE.compareAndSet(this, PARKED, SERVING)) {
            LockSupport.unpark(thread);
        }
    }

    private boolean isServing() {
        return (int) STATE.getOpaque(this) != CLOSING;
    }

    /** Whether descriptors will ever end. */
    boolean isAlive() {
        return isServing() && thread.isAlive();
    }

    private void run() {
        long idleSince = 0;
        boolean idle = false;
        while (isServing()) {
            if (survive()) {
                idle = false;
            } else if (!idle) {
                idle = true;
                idleSince = System.nanoTime();
            } else if (System.nanoTime() - idleSince >= spinNanos) {
                park();
            } else {
                Thread.onSpinWait();
            }
        }
    }

    /** A turn that no memory can end the thread by, should a fault in it surface late. */
    private boolean survive() {
        try {
            return turn();
        } catch (InternalError e) {
            return true;
        }
    }

    private boolean turn() {
        final long now = System.nanoTime();
        injector.refresh();
        boolean busy = false;
        if (halted && haltedUntil != Long.MAX_VALUE && haltedUntil - now <= 0) {
            recover();
        }
        for (int i = 0; i < queues.length; i++) {
            busy |= serve(queues[i], checks[i], now);
        }
        busy |= records.publish(System.nanoTime());
        busy |= late.write(now);
        if (softwareError.takeChange()) {
            changed.run();
        }
        return busy;
    }

    private boolean serve(final ModelQueue queue, final Checks check, final long now) {
        int served = 0;
        // Faults that were changed hold for what was submitted, and for a hang that was ended, after that: in this
        // order.
        while (served < TURN && queue.hasNext() && queue.hangs(now) == 0 && !injector.hasChanged()) {
            if (halted || queue.state() != ModelQueue.State.ENABLED) {
                queue.take();
                queue.dropped.getAndIncrement();
                queue.ended();
                served++;
                continue;
            }
            if (records.room() <= settings.maxBatch()) {
                break; // the members of a batch might not find room
            }
            if (served == 0) {
                mappings.age(now);
            }
            final Injection hang = injector.next(DsaFault.HANG);
            if (hang != null) {
                queue.hang(now, hang.millis() * 1_000_000);
                break;
            }
            final Injection halt = injector.next(DsaFault.HALT);
            if (halt != null) {
                halt(now, halt.millis());
                break;
            }
            begin(queue, check, queue.take(), now);
            served++;
        }
        return served > 0;
    }

    private void begin(final ModelQueue queue, final Checks check, final long at, final long now) {
        try {
            dispatcher.dispatch(queue, check, at, now);
        } catch (InternalError | RuntimeException e) {
            LOG.error(
                    "{} (model): {}: a descriptor ended the wrong way",
                    DsaModel.NAME,
                    queue.settings().name(),
                    e);
            dispatcher.fail(queue, at, now);
        }
    }

    private void halt(final long now, final long millis) {
        haltedUntil = millis < 0 ? Long.MAX_VALUE : now + millis * 1_000_000;
        halted = true;
        records.forget();
        changed.run();
    }

    private void recover() {
        halted = false;
        changed.run();
    }

    private void park() {
        if (STATE.compareAndSet(this, SERVING, PARKED)) {
            VarHandle.fullFence();
            final long nanos = idleNanos(System.nanoTime());
            if (nanos == Long.MAX_VALUE) {
                LockSupport.park(this);
            } else if (nanos > SHORT) {
                LockSupport.parkNanos(this, nanos - SHORT / 2);
            }
            STATE.compareAndSet(this, PARKED, SERVING);
        }
    }

    /** Nanoseconds until there is something to do, if nobody submits. */
    private long idleNanos(final long now) {
        long nanos = Math.min(records.waits(now), late.waits(now));
        if (halted && haltedUntil != Long.MAX_VALUE) {
            nanos = Math.min(nanos, Math.max(0, haltedUntil - now));
        }
        for (final ModelQueue queue : queues) {
            if (queue.hasNext()) {
                nanos = Math.min(nanos, queue.hangs(now));
            }
        }
        return injector.hasChanged() ? 0 : nanos;
    }

    /** Ends the thread; nothing is written to any memory afterwards. */
    @Override
    public void close() {
        STATE.setVolatile(this, CLOSING);
        LockSupport.unpark(thread);
        boolean interrupted = false;
        boolean ended = false;
        final long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!ended && System.nanoTime() - deadline < 0) {
            try {
                ended = thread.join(PATIENCE);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (!ended) {
            LOG.error("{} (model): {}: its thread hangs in a copy and stays", DsaModel.NAME, settings.name());
        }
    }
}
