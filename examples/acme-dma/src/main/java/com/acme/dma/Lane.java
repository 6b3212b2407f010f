package com.acme.dma;

import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * A thread that makes its part of the copies of all channels. Without copies it looks for some a while longer, then sleeps.
 *
 * <p>No wake-up is lost: {@code asleep} and what channels publish are volatile. A lane says that it sleeps, then looks once
 * more; an owner publishes, then looks whether a lane sleeps. One of the two sees the other.
 */
final class Lane {
    private static final long SPIN_NANOS = 50_000;

    private final int index;
    private final List<StripingChannel> channels;
    private final Thread thread;
    private volatile boolean asleep;
    private volatile boolean ending;

    Lane(final int index, final List<StripingChannel> channels) {
        this.index = index;
        this.channels = channels;
        this.thread = Thread.ofPlatform().daemon().name("acme-lane-" + index).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    void wake() {
        if (asleep) {
            LockSupport.unpark(thread);
        }
    }

    boolean isEnding() {
        return ending;
    }

    boolean isAlive() {
        return thread.isAlive();
    }

    /** Ends the thread after the copy that it is at. */
    void end() {
        ending = true;
        LockSupport.unpark(thread);
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        long idleSince = System.nanoTime();
        while (!ending) {
            if (serve()) {
                idleSince = System.nanoTime();
            } else if (System.nanoTime() - idleSince < SPIN_NANOS) {
                Thread.onSpinWait();
            } else {
                sleep();
            }
        }
    }

    /** One copy of each channel that has any. Whether there was one. */
    private boolean serve() {
        boolean busy = false;
        for (final StripingChannel channel : channels) {
            busy |= channel.serve(index);
        }
        return busy;
    }

    private void sleep() {
        asleep = true;
        if (!ending && channels.stream().noneMatch(channel -> channel.hasWork(index))) {
            LockSupport.park(this);
        }
        asleep = false;
    }
}
