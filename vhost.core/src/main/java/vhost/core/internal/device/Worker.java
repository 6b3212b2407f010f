package vhost.core.internal.device;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import linux.Epoll;
import linux.EventFd;
import linux.Linux;
import linux.LinuxException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import vhost.core.api.PacketPool;
import vhost.core.api.PollTask;
import vhost.core.api.VhostException;
import vhost.core.api.VhostWorker;

/**
 * One thread that polls: commands first, then each task. After a while without packets it asks the guests for kicks and
 * sleeps on them.
 *
 * <p>Nothing is lost on the way to sleep: {@code sleeping} is set before commands and rings are looked at once more, and
 * whoever adds a command sets {@code commanded} before it reads {@code sleeping}; both are volatile.
 */
public final class Worker implements VhostWorker {
    private static final Logger LOG = LoggerFactory.getLogger(Worker.class);
    private static final int TURNS_BETWEEN_CLOCKS = 32;
    private static final int POLL_MODE_SLEEP_MILLIS = 1;
    private static final long STOP_MILLIS = 5000;
    private static final VarHandle COUNTERS = MethodHandles.arrayElementVarHandle(long[].class);

    /** Slots of {@link #counters}, eight apart so that none shares a line with another thread's. */
    private static final int BUSY = 8;

    private static final int IDLE = 9;
    private static final int SLEEPS = 10;

    private final int index;
    private final int cpu;
    private final long idleNanos;
    private final Thread thread;
    private final WorkerPacketPool pool;
    private final Epoll epoll;
    private final EventFd wakeUp;

    private final Queue<Command> commands = new ConcurrentLinkedQueue<>();
    private volatile boolean commanded;
    private volatile boolean sleeping;
    private volatile boolean running = true;

    // Worker's thread only, from here on.
    private PollTask[] tasks = {};
    private VhostQueueImpl[] queues = {};
    private int queueEpoch;
    private long turnNumber;

    /** Queues with copies under way, up to {@code attendedCount}. */
    private VhostQueueImpl[] attended = new VhostQueueImpl[8];

    private int attendedCount;
    private final long[] counters = new long[16];

    /** Starts the thread. {@code cpu} -1 leaves it unbound; it sleeps after {@code idleNanos} without a packet. */
    public static Worker start(final int index, final int cpu, final long idleNanos) throws LinuxException {
        final Worker worker = new Worker(index, cpu, idleNanos);
        worker.thread.start();
        return worker;
    }

    private Worker(final int index, final int cpu, final long idleNanos) throws LinuxException {
        this.index = index;
        this.cpu = cpu;
        this.idleNanos = idleNanos;
        this.pool = new WorkerPacketPool();
        this.epoll = new Epoll();
        this.wakeUp = EventFd.create();
        epoll.add(wakeUp.fd(), -1);
        this.thread = new Thread(this::run, "vhost-worker-" + index);
        thread.setDaemon(true);
    }

    private void run() {
        pin();
        WarmUp.run(pool);
        long idleSince = 0;
        int idleTurns = 0;
        while (running) {
            if (commanded) {
                runCommands();
            }
            if (turn() != 0) {
                COUNTERS.setOpaque(counters, BUSY, counters[BUSY] + 1);
                idleTurns = 0;
                continue;
            }
            COUNTERS.setOpaque(counters, IDLE, counters[IDLE] + 1);
            if (idleTurns++ == 0) {
                idleSince = System.nanoTime();
            } else if (idleTurns % TURNS_BETWEEN_CLOCKS == 0 && System.nanoTime() - idleSince > idleNanos) {
                sleep();
                idleTurns = 0;
            }
        }
        runCommands();
    }

    private void pin() {
        if (cpu >= 0) {
            try {
                Linux.pinCurrentThread(cpu);
            } catch (LinuxException | IllegalArgumentException e) {
                LOG.warn(
                        "worker {} is not bound to cpu {}: {}; choose a cpu that this process may use, or none",
                        index,
                        cpu,
                        e.getMessage());
            }
        }
    }

    private int turn() {
        int work = 0;
        turnNumber++;
        final PollTask[] all = tasks;
        for (int i = 0; i < all.length; i++) {
            try {
                work += all[i].poll();
            } catch (InternalError e) {
                // A fault in a mapped file may surface late, outside of the burst that caused it.
                memoryFault(null);
            } catch (RuntimeException | Error e) {
                drop(all[i], e);
            }
        }
        if (attendedCount != 0) {
            reapAttended();
        }
        return work;
    }

    /** Looks after copies under way for all queues whose application has not done so in this turn. */
    private void reapAttended() {
        for (int i = attendedCount - 1; i >= 0; i--) {
            final VhostQueueImpl queue = attended[i];
            queue.reapOnceATurn();
            if (!queue.isBusy()) {
                attendedCount--;
                attended[i] = attended[attendedCount];
                attended[attendedCount] = null;
                queue.unattended();
            }
        }
    }

    /** Worker's thread. Looks after the queue each turn, and stays awake, until it is not busy any more. */
    void attend(final VhostQueueImpl queue) {
        if (attendedCount == attended.length) {
            attended = Arrays.copyOf(attended, 2 * attendedCount); // at most as often as queues are opened
        }
        attended[attendedCount++] = queue;
    }

    /** Worker's thread. Another number each turn. */
    long turnNumber() {
        return turnNumber;
    }

    /** A task must not throw; one that does would do it each turn. */
    private void drop(final PollTask task, final Throwable e) {
        LOG.error(
                "worker {}: {} failed and is polled no more",
                index,
                task.getClass().getName(),
                e);
        remove(task);
    }

    /** Stops every ring whose memory shrank; {@code suspect}'s where none did. */
    void memoryFault(final VhostQueueImpl suspect) {
        boolean found = false;
        for (final VhostQueueImpl queue : queues) {
            if (queue != null && queue.isRunning() && !queue.memory().isIntact()) {
                queue.memoryLost();
                found = true;
            }
        }
        if (!found && suspect != null) {
            suspect.memoryLost();
        }
    }

    private void sleep() {
        sleeping = true;
        int timeout = -1;
        for (final PollTask task : tasks) {
            timeout = shorter(timeout, beforeSleep(task));
        }
        for (final VhostQueueImpl queue : queues) {
            if (queue != null && queue.isRunning() && queue.kick() == null) {
                timeout = shorter(timeout, POLL_MODE_SLEEP_MILLIS);
            }
        }
        if (!commanded && running && timeout != 0 && attendedCount == 0) {
            COUNTERS.setOpaque(counters, SLEEPS, counters[SLEEPS] + 1);
            final int ready = epoll.await(timeout);
            for (int i = 0; i < ready; i++) {
                woken((int) epoll.data(i));
            }
        }
        sleeping = false;
        for (final PollTask task : tasks) {
            afterSleep(task);
        }
    }

    private int beforeSleep(final PollTask task) {
        try {
            return task.beforeSleep();
        } catch (InternalError e) {
            memoryFault(null);
        } catch (RuntimeException | Error e) {
            drop(task, e);
        }
        return 0;
    }

    private void afterSleep(final PollTask task) {
        try {
            task.afterSleep();
        } catch (InternalError e) {
            memoryFault(null);
        } catch (RuntimeException | Error e) {
            drop(task, e);
        }
    }

    private void woken(final int queue) {
        if (queue < 0) {
            wakeUp.drain();
        } else if (queue < queues.length && queues[queue] != null) {
            queues[queue].kicked();
        }
    }

    private static int shorter(final int a, final int b) {
        return a < 0 ? b : b < 0 ? a : Math.min(a, b);
    }

    private void runCommands() {
        // Cleared before the queue is emptied: a command that comes later sets it again.
        commanded = false;
        Command command;
        while ((command = commands.poll()) != null) {
            command.run();
        }
    }

    @Override
    public void execute(final Runnable body, final long timeoutMillis) throws VhostException {
        if (Thread.currentThread() == thread) {
            body.run();
            return;
        }
        final Command command = new Command(body);
        commands.add(command);
        commanded = true;
        wake();
        command.await(timeoutMillis, this);
    }

    @Override
    public void wake() {
        if (sleeping) {
            wakeUp.signal();
        }
    }

    @Override
    public void attach(final PollTask task) {
        command(() -> {
            tasks = Arrays.copyOf(tasks, tasks.length + 1);
            tasks[tasks.length - 1] = task;
        });
    }

    @Override
    public void detach(final PollTask task) {
        command(() -> remove(task));
    }

    private void remove(final PollTask task) {
        tasks = Arrays.stream(tasks).filter(each -> each != task).toArray(PollTask[]::new);
    }

    private void command(final Runnable body) {
        try {
            execute(body, STOP_MILLIS);
        } catch (VhostException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    /** Adds a queue to those that this worker owns. */
    void adopt(final VhostQueueImpl queue) {
        command(() -> {
            int free = 0;
            while (free < queues.length && queues[free] != null) {
                free++;
            }
            if (free == queues.length) {
                queues = Arrays.copyOf(queues, Math.max(8, 2 * free));
            }
            queues[free] = queue;
            queue.slot(free);
        });
    }

    /** Removes a queue whose ring has stopped and whose kick is watched no more. */
    void disown(final VhostQueueImpl queue) {
        command(() -> queues[queue.slot()] = null);
    }

    /** Worker's thread. Wakes the queue in {@code slot} on {@code kick} from now on. */
    void watch(final int slot, final EventFd kick) throws LinuxException {
        epoll.add(kick.fd(), slot);
    }

    /** Worker's thread. Undoes {@link #watch}, before the descriptor is closed. */
    void unwatch(final EventFd kick) {
        try {
            epoll.remove(kick.fd());
        } catch (LinuxException e) {
            LOG.error("worker {}: {}", index, e.getMessage());
        }
    }

    /** Ends the thread; its queues must have stopped. */
    public void close() {
        running = false;
        wakeUp.signal();
        try {
            thread.join(STOP_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (thread.isAlive()) {
            LOG.error("worker {} did not stop within {} ms; its memory stays mapped", index, STOP_MILLIS);
            return;
        }
        epoll.close();
        wakeUp.close();
        try {
            pool.close();
        } catch (LinuxException e) {
            LOG.error("worker {}: {}", index, e.getMessage());
        }
    }

    /** Worker's thread. One of its queues has started or stopped. */
    void queueChanged() {
        queueEpoch++;
    }

    @Override
    public int queueEpoch() {
        return queueEpoch;
    }

    WorkerPacketPool packets() {
        return pool;
    }

    @Override
    public PacketPool pool() {
        return pool;
    }

    @Override
    public int index() {
        return index;
    }

    @Override
    public int cpu() {
        return cpu;
    }

    @Override
    public WorkerCounters counters() {
        return new WorkerCounters(
                (long) COUNTERS.getOpaque(counters, BUSY), (long) COUNTERS.getOpaque(counters, IDLE), (long)
                        COUNTERS.getOpaque(counters, SLEEPS));
    }

    @Override
    public String toString() {
        return "worker " + index;
    }

    /** A command and its outcome; whoever moves {@code state} from WAITING decides whether it runs. */
    private static final class Command {
        private static final int WAITING = 0;
        private static final int STARTED = 1;
        private static final int CANCELLED = 2;

        private final Runnable body;
        private final AtomicInteger state = new AtomicInteger(WAITING);
        private final CountDownLatch done = new CountDownLatch(1);
        private volatile Throwable failure;

        Command(final Runnable body) {
            this.body = body;
        }

        void run() {
            if (!state.compareAndSet(WAITING, STARTED)) {
                return;
            }
            try {
                body.run();
            } catch (RuntimeException | Error e) {
                failure = e; // the caller's; the worker has others to serve
            } finally {
                done.countDown();
            }
        }

        void await(final long millis, final Worker worker) throws VhostException {
            boolean interrupted = false;
            boolean ran = false;
            try {
                ran = done.await(millis, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
            if (!ran && state.compareAndSet(WAITING, CANCELLED)) {
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
                throw new VhostException(worker + " did not take a command within " + millis
                        + " ms; it is stuck in a poll task, see the thread dump (jcmd PID Thread.print)");
            }
            while (!ran) { // it is running now, and short
                try {
                    done.await();
                    ran = true;
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            if (failure instanceof Error error) {
                throw error;
            }
            if (failure != null) {
                throw (RuntimeException) failure;
            }
        }
    }
}
