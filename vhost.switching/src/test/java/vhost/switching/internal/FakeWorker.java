package vhost.switching.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import vhost.core.api.PollTask;
import vhost.core.api.VhostException;
import vhost.core.api.VhostWorker;

/** A worker whose turns the test makes, or, once started, a thread that sleeps when there is nothing to do. */
final class FakeWorker implements VhostWorker {
    private final AtomicInteger epoch = new AtomicInteger();
    final FakePool pool;
    final AtomicInteger wakes = new AtomicInteger();
    volatile long sleeps;

    private final int index;
    private final List<PollTask> tasks = new ArrayList<>();
    private final List<FakeQueue> queues = new CopyOnWriteArrayList<>();
    private final Copies copies;
    private final Random random = new Random(7);
    private final ArrayBlockingQueue<Runnable> commands = new ArrayBlockingQueue<>(64);
    private volatile Thread thread;
    private volatile boolean stopped;
    private volatile boolean signalled;
    private volatile Throwable failure;

    FakeWorker(int index, FakePool pool, Copies copies) {
        this.index = index;
        this.pool = pool;
        this.copies = copies;
    }

    /** It owns a queue more. */
    void adopt(FakeQueue queue) {
        queue.engine = copies == Copies.ASYNCHRONOUS;
        queues.add(queue);
    }

    boolean isInFlight() {
        for (int i = 0; i < queues.size(); i++) {
            if (queues.get(i).inFlight() > 0) {
                return true;
            }
        }
        return false;
    }

    /** Fails where the worker has a thread and this is another. */
    void check() {
        if (thread != null && Thread.currentThread() != thread) {
            throw new AssertionError("worker " + index + " works on " + Thread.currentThread());
        }
    }

    int turn() {
        changeEngines();
        int moved = 0;
        for (PollTask task : tasks) {
            moved += task.poll();
        }
        return moved;
    }

    /** Where they change, they do so between two turns. */
    void changeEngines() {
        if (copies == Copies.CHANGING) {
            for (int i = 0; i < queues.size(); i++) {
                queues.get(i).changeEngine(random);
            }
        }
    }

    PollTask task() {
        return tasks.getFirst();
    }

    void start() {
        pool.release();
        thread = new Thread(this::run, "worker-" + index);
        thread.start();
    }

    void stop() throws InterruptedException {
        stopped = true;
        wake();
        thread.join();
        thread = null;
        pool.release();
        if (failure != null) {
            throw new AssertionError(failure);
        }
    }

    private void run() {
        try {
            int idle = 0;
            while (!stopped) {
                for (Runnable command = commands.poll(); command != null; command = commands.poll()) {
                    command.run();
                }
                idle = turn() > 0 ? 0 : idle + 1;
                if (idle > 3) {
                    sleep();
                    idle = 0;
                }
            }
        } catch (Throwable e) {
            failure = e;
        }
    }

    private void sleep() {
        int millis = tasks.isEmpty() ? 1 : tasks.getFirst().beforeSleep();
        long deadline = System.nanoTime() + millis * 1_000_000L;
        sleeps = sleeps + 1;
        while (!signalled && (millis < 0 || System.nanoTime() < deadline)) {
            if (millis < 0) {
                LockSupport.park(this);
            } else {
                LockSupport.parkNanos(this, millis * 1_000_000L);
            }
        }
        signalled = false;
        if (!tasks.isEmpty()) {
            tasks.getFirst().afterSleep();
        }
    }

    /** A ring of its queues has started or stopped; the test says so from its own thread. */
    void queueChanged() {
        epoch.incrementAndGet();
    }

    @Override
    public int queueEpoch() {
        return epoch.get();
    }

    @Override
    public int index() {
        return index;
    }

    @Override
    public int cpu() {
        return -1;
    }

    @Override
    public void attach(PollTask task) {
        tasks.add(task);
    }

    @Override
    public void detach(PollTask task) {
        tasks.remove(task);
    }

    @Override
    public void execute(Runnable command, long timeoutMillis) throws VhostException {
        if (thread == null) {
            command.run();
            return;
        }
        CompletableFuture<Void> ran = new CompletableFuture<>();
        commands.add(() -> {
            command.run();
            ran.complete(null);
        });
        wake();
        try {
            ran.get(timeoutMillis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new VhostException("worker " + index + " is stuck: " + failure, e);
        }
    }

    @Override
    public void wake() {
        wakes.incrementAndGet();
        signalled = true;
        LockSupport.unpark(thread);
    }

    @Override
    public FakePool pool() {
        return pool;
    }

    @Override
    public WorkerCounters counters() {
        return new WorkerCounters(0, 0, 0);
    }
}
