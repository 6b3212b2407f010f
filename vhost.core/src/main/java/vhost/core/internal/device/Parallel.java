package vhost.core.internal.device;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Does the same for many queues, several at a time: their owners take such commands together, between two turns. */
final class Parallel {
    private static final Logger LOG = LoggerFactory.getLogger(Parallel.class);
    private static final int AT_ONCE = 8;

    private Parallel() {}

    /** Returns when all is done. The caller may hold locks: {@code step} must take none of them, nor touch what others do. */
    static void forEach(final Collection<VhostQueueImpl> queues, final Consumer<VhostQueueImpl> step) {
        if (queues.size() < 2) {
            queues.forEach(step);
            return;
        }
        final Queue<VhostQueueImpl> left = new ConcurrentLinkedQueue<>(queues);
        final Runnable work = () -> {
            VhostQueueImpl queue;
            while ((queue = left.poll()) != null) {
                try {
                    step.accept(queue);
                } catch (RuntimeException e) {
                    LOG.error("{}: its engine could not be changed", queue.name(), e);
                }
            }
        };
        final List<Thread> helpers = new ArrayList<>();
        for (int i = 1; i < Math.min(AT_ONCE, queues.size()); i++) {
            helpers.add(Thread.ofPlatform().daemon().name("vhost-engine-change").start(work));
        }
        work.run();
        join(helpers);
    }

    private static void join(final List<Thread> helpers) {
        boolean interrupted = false;
        for (final Thread helper : helpers) {
            while (helper.isAlive()) {
                try {
                    helper.join();
                } catch (InterruptedException e) {
                    interrupted = true; // what was begun is finished: the commands have their own limit
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
