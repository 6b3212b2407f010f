package vhost.switching.internal;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import vhost.core.api.VhostQueue;

/** A queue that a guest receives from. Its worker sends; others hand packets over to that worker. */
final class Outlet {
    private static final VarHandle RUNNING;

    static {
        try {
            RUNNING = MethodHandles.lookup().findVarHandle(Outlet.class, "running", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    final PortSlot port;
    final VhostQueue queue;

    /** The index of the worker that sends. */
    final int owner;

    /** Where packets come from, by the index of the worker that hands over; null for the owner itself. */
    final Handover[] inbound;

    /** Owner. What the packets are that the queue has in flight. */
    final InFlightRuns inFlight = new InFlightRuns();

    // Owner. When the guest took something last, if what was offered since then did not all fit.
    boolean blocked;
    long blockedSince;

    /** Owner. Out of patience: what does not fit is dropped at once. */
    boolean stalled;

    /** Owner. Whether kicks were asked for. */
    boolean wantsKick;

    private boolean running;

    Outlet(final PortSlot port, final VhostQueue queue, final int workers) {
        this.port = port;
        this.queue = queue;
        owner = queue.worker().index();
        inbound = new Handover[workers];
        for (int i = 0; i < workers; i++) {
            inbound[i] = i == owner ? null : new Handover(this);
        }
    }

    /** Any worker. Whether the queue ran when its owner last looked. */
    boolean isRunning() {
        return (boolean) RUNNING.getOpaque(this);
    }

    /** Owner. Publishes whether the queue runs; true where that is news. */
    boolean refreshRunning() {
        final boolean runs = queue.isRunning();
        if (runs == running) {
            return false;
        }
        RUNNING.setOpaque(this, runs);
        return true;
    }

    /** Owner. */
    void unblock() {
        blocked = false;
        stalled = false;
    }
}
