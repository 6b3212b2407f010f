package vhost.core.internal.device;

import dma.api.MemoryRegion;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import vhost.core.internal.async.CopyChannel;

/**
 * Looks after every open channel: passes on that one has failed, aborts it off its owner's thread, and closes it when it is
 * released. Owners call {@link #attend}, which only wakes a thread.
 *
 * <p>Aborts and closes are the engine's code and may hang: each abort has a thread of its own and a limit, closes share a
 * few. Nobody waits for either without a limit.
 */
final class ChannelKeeper {
    /** An abort that takes longer counts as one that promises nothing. */
    static final long ABORT_MILLIS = 1000;

    private static final Logger LOG = LoggerFactory.getLogger(ChannelKeeper.class);
    private static final int CLOSERS = 4;
    private static final long IDLE_SECONDS = 10;

    private final Consumer<EngineChannel> failed;
    private final Consumer<EngineChannel> ended;
    private final ExecutorService aborts = new ThreadPoolExecutor(
            0, Integer.MAX_VALUE, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), daemons("vhost-abort"));
    private final ThreadPoolExecutor closes = new ThreadPoolExecutor(
            CLOSERS, CLOSERS, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), daemons("vhost-close"));

    private final Set<EngineChannel> open = new LinkedHashSet<>();
    private final Set<MemoryRegion> quarantined = new LinkedHashSet<>();

    /** Channels that engines may use for ever: what they work with must not be collected. */
    private final List<CopyChannel> kept = new ArrayList<>();

    private volatile Thread thread;
    private volatile boolean wanted;
    private volatile boolean running = true;

    /** Both are called by threads of the keeper, without a lock: {@code failed} once a channel, {@code ended} last of all. */
    ChannelKeeper(final Consumer<EngineChannel> failed, final Consumer<EngineChannel> ended) {
        this.failed = failed;
        this.ended = ended;
        closes.allowCoreThreadTimeOut(true);
    }

    private static ThreadFactory daemons(final String name) {
        return Thread.ofPlatform().daemon().name(name).factory();
    }

    /** Looks after {@code channel} from now on, before it is handed over. */
    synchronized void track(final EngineChannel channel) {
        open.add(channel);
        if (thread == null) {
            thread = Thread.ofPlatform().daemon().name("vhost-channels").start(this::run);
        }
    }

    /** A queue's owner: something is to be done for the channel. Takes no lock and never blocks. */
    void attend(final CopyChannel channel) {
        wanted = true;
        LockSupport.unpark(thread);
    }

    private void run() {
        while (running) {
            if (wanted) {
                wanted = false; // before looking: what comes later wakes us again
                tracked(channel -> true).forEach(this::look);
            } else {
                LockSupport.park(this);
            }
        }
    }

    private void look(final EngineChannel channel) {
        final CopyChannel copies = channel.copies();
        if (copies.isAbortWanted() && !channel.abortBegun) {
            channel.abortBegun = true;
            abort(channel);
        }
        if (copies.failure() != null && !channel.failureTold) {
            channel.failureTold = true;
            failed.accept(channel);
        }
        if (copies.isReleased() && !channel.closeBegun) {
            channel.closeBegun = true;
            closes.execute(() -> end(channel));
        }
    }

    private void abort(final EngineChannel channel) {
        CompletableFuture.supplyAsync(channel::abort, aborts)
                .completeOnTimeout(false, ABORT_MILLIS, TimeUnit.MILLISECONDS)
                .exceptionally(e -> {
                    LOG.warn(
                            "{}: engine {} throws when aborted",
                            channel.queue().name(),
                            channel.offer().name(),
                            e);
                    return false;
                })
                .thenAccept(stopped -> {
                    channel.copies().aborted(stopped);
                    channel.queue().owner().wake();
                });
    }

    private void end(final EngineChannel channel) {
        if (channel.copies().isQuarantined()) {
            quarantine(channel);
        } else {
            channel.close();
        }
        channel.ended();
        synchronized (this) {
            open.remove(channel);
            notifyAll();
        }
        ended.accept(channel);
    }

    private void quarantine(final EngineChannel channel) {
        final List<MemoryRegion> regions = channel.announced();
        synchronized (this) {
            quarantined.addAll(regions);
            kept.add(channel.copies());
        }
        LOG.error(
                "{}: engine {} does not promise to have stopped: the {} memory regions it was given stay mapped until"
                        + " the platform ends, and its channel open",
                channel.queue().name(),
                channel.offer().name(),
                regions.size());
    }

    /** A channel that was never handed over. */
    void discard(final EngineChannel channel) {
        channel.close();
        synchronized (this) {
            open.remove(channel);
            notifyAll();
        }
    }

    /** The open channels that {@code which} picks. */
    synchronized List<EngineChannel> tracked(final Predicate<EngineChannel> which) {
        return open.stream().filter(which).toList();
    }

    /** Waits until none is open that {@code which} picks. Returns those that still are when the time is over. */
    synchronized List<EngineChannel> awaitEnd(final Predicate<EngineChannel> which, final long nanos) {
        final long end = System.nanoTime() + nanos;
        List<EngineChannel> left = tracked(which);
        while (!left.isEmpty() && System.nanoTime() - end < 0) {
            if (!awaitChange(end - System.nanoTime())) {
                break;
            }
            left = tracked(which);
        }
        return left;
    }

    /** Waits until some channel has ended, at most so long. Returns {@code false} where the thread was interrupted. */
    synchronized boolean awaitChange(final long nanos) {
        try {
            TimeUnit.NANOSECONDS.timedWait(this, Math.max(1, nanos));
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Whether an engine may write there for ever. */
    synchronized boolean isQuarantined(final MemoryRegion region) {
        return quarantined.contains(region);
    }

    /** Ends the threads. Channels that are still open stay as they are. */
    void close() {
        running = false;
        LockSupport.unpark(thread);
        aborts.shutdown();
        closes.shutdown();
    }
}
