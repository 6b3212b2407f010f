package dma.dsa.internal.engine;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * The entries of a dedicated work queue that are free: the device drops what exceeds them and tells nobody. All channels of
 * the queue take from here and give back what they have seen completed. A shared queue counts for itself and has no limit
 * here. Any thread, no locks.
 */
final class Credits {
    private static final int UNLIMITED = -1;

    private final AtomicInteger free;

    private Credits(final int entries) {
        free = new AtomicInteger(entries);
    }

    static Credits of(final int entries) {
        return new Credits(entries);
    }

    static Credits unlimited() {
        return new Credits(UNLIMITED);
    }

    /** Takes {@code wanted} or as many as there are. */
    int take(final int wanted) {
        while (true) {
            final int there = free.getAcquire();
            if (there == UNLIMITED) {
                return wanted;
            }
            final int taken = Math.min(there, wanted);
            if (taken == 0 || free.compareAndSet(there, there - taken)) {
                return taken;
            }
        }
    }

    /** After the completion was seen, or nothing was submitted. */
    void giveBack(final int entries) {
        if (entries != 0 && free.getOpaque() != UNLIMITED) {
            free.getAndAdd(entries);
        }
    }
}
