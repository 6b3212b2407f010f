package vhost.core.internal.device;

import java.lang.foreign.Arena;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import linux.EventFd;
import linux.Linux;
import linux.LinuxException;
import vhost.core.api.VhostException;
import vhost.core.internal.async.GuestReceive;
import vhost.core.internal.async.GuestTransmit;
import vhost.core.internal.async.InFlight;
import vhost.core.internal.memory.GuestMemory;
import vhost.core.internal.ring.Virtqueue;

/**
 * One ring of a device: its state as vhost-user has it, and the commands by which its queue's owner takes it over, and lets it
 * go. The session's thread only.
 */
final class DeviceRing {
    /** How often a ring is looked at that is to stop and has packets in flight. */
    private static final long DRAIN_LOOK_NANOS = 200_000;

    private final String port;
    private final int index;
    private final VhostQueueImpl queue;
    private RingSetup setup;
    private boolean started;
    private boolean enabled;
    private RunningRing running;

    DeviceRing(final String port, final int index, final VhostQueueImpl queue) {
        this.port = port;
        this.index = index;
        this.queue = queue;
        setup = new RingSetup(port, index);
    }

    boolean isRunning() {
        return running != null;
    }

    // ---- what the front-end says ----

    void size(final int size, final long features) throws DeviceException {
        refuseWhileRunning("SET_VRING_NUM");
        setup.size(size, features);
    }

    void addresses(final long desc, final long used, final long avail, final GuestMemory memory, final long features)
            throws DeviceException {
        refuseWhileRunning("SET_VRING_ADDR");
        setup.addresses(desc, used, avail, memory, features);
    }

    void base(final int base) throws DeviceException {
        refuseWhileRunning("SET_VRING_BASE");
        setup.base(base);
    }

    private void refuseWhileRunning(final String request) throws DeviceException {
        if (running != null && queue.fault().isEmpty()) {
            throw new DeviceException("ring " + index + " is running; stop it with GET_VRING_BASE before " + request);
        }
    }

    void enabled(final boolean next) {
        enabled = next;
    }

    /** GET_VRING_BASE. Returns all 32 bits of its base. */
    int stopForBase() throws DeviceException {
        stop();
        started = false;
        setup.forgetAddresses();
        replaceKick(null);
        replace(queue::call, null);
        return setup.base();
    }

    /** The driver has reset the device. */
    void deviceReset() throws DeviceException {
        stop();
        queue.deviceReset();
        started = false;
    }

    /** RESET_DEVICE. */
    void reset() throws DeviceException {
        deviceReset();
        enabled = false;
        setup.reset();
    }

    /** The front-end is gone, and the ring has stopped. */
    void forget() throws DeviceException {
        closeDescriptors();
        queue.deviceReset();
        setup = new RingSetup(port, index);
        started = false;
        enabled = false;
        running = null;
    }

    // ---- descriptors ----

    /** {@code fd} -1: no kicks will come, poll. */
    void kick(final int fd) throws DeviceException {
        replaceKick(adopt("kick", fd));
        started = true;
    }

    private void replaceKick(final EventFd next) throws DeviceException {
        final EventFd[] old = new EventFd[1];
        final LinuxException[] failure = new LinuxException[1];
        onOwner(() -> {
            try {
                old[0] = queue.kick(next);
            } catch (LinuxException e) {
                failure[0] = e;
            }
        });
        close(old[0]);
        if (failure[0] != null) {
            close(next);
            throw new DeviceException(
                    "ring " + index + ": the kick descriptor cannot be waited for: " + failure[0].getMessage()
                            + "; send an eventfd",
                    failure[0]);
        }
    }

    /** {@code fd} -1: the guest wants no calls. */
    void call(final int fd) throws DeviceException {
        replace(queue::call, adopt("call", fd));
    }

    /** {@code fd} -1: errors are not to be signalled. */
    void err(final int fd) throws DeviceException {
        replace(queue::err, adopt("error", fd));
    }

    private void replace(final UnaryOperator<EventFd> which, final EventFd next) throws DeviceException {
        final EventFd[] old = new EventFd[1];
        onOwner(() -> old[0] = which.apply(next));
        close(old[0]);
    }

    private void closeDescriptors() throws DeviceException {
        replaceKick(null);
        final EventFd[] old = new EventFd[2];
        onOwner(() -> {
            old[0] = queue.call(null);
            old[1] = queue.err(null);
        });
        close(old[0]);
        close(old[1]);
    }

    private static void close(final EventFd descriptor) {
        if (descriptor != null) {
            descriptor.close();
        }
    }

    private EventFd adopt(final String what, final int fd) throws DeviceException {
        if (fd < 0) {
            return null;
        }
        try {
            return EventFd.adopt(fd);
        } catch (LinuxException e) {
            Linux.close(fd);
            throw new DeviceException("ring " + index + ": " + what + " descriptor: " + e.getMessage(), e);
        }
    }

    // ---- the owner ----

    /** Starts or stops it as its state asks. */
    void refresh(final GuestMemory memory, final long features) throws DeviceException {
        final boolean wanted =
                started && enabled && setup.isComplete() && !memory.regions().isEmpty();
        if (wanted && running == null) {
            start(memory, features);
        } else if (!wanted) {
            stop();
        }
    }

    private void start(final GuestMemory memory, final long features) throws DeviceException {
        setup.checkLayout(features); // they may have changed since
        if (queue.isWithheld()) {
            throw new DeviceException("ring " + index
                    + ": an engine may still write to buffers of it; reset the device, then start it again");
        }
        try {
            final RunningRing next = create(memory, features);
            onOwner(() -> queue.start(next));
            running = next;
        } catch (InternalError e) {
            drain(); // it may surface late, when the owner has the ring already
            throw new DeviceException("ring " + index + ": the front-end truncated its memory file", e);
        }
        queue.worker().wake();
    }

    private RunningRing create(final GuestMemory memory, final long features) throws DeviceException {
        // The collector frees it: closing a shared arena halts every thread, all workers included. The ring refers to
        // it.
        final Arena arena = Arena.ofAuto();
        final boolean receive = queue.isReceive();
        final Virtqueue virtqueue = setup.create(arena, memory, features, receive);
        final InFlight inFlight = new InFlight(setup.size());
        return new RunningRing(
                arena,
                virtqueue,
                memory,
                inFlight,
                receive ? new GuestReceive(arena, virtqueue, queue.copies(), inFlight, features) : null,
                receive ? null : new GuestTransmit(arena, virtqueue, queue.copies(), inFlight, features));
    }

    /** Stops it where it runs, and keeps where it stood. */
    void stop() throws DeviceException {
        if (running == null) {
            return;
        }
        final long base = drain();
        running = null;
        if (base >= 0) {
            setup.base((int) base);
        }
    }

    /** Returns the ring's base once nothing of it is in flight, or a negative value where it did not run. */
    private long drain() throws DeviceException {
        final long[] base = {QueueControl.STOPPING};
        // The owner goes on between two looks: neighbours on its thread do not wait for our engine.
        final long start = System.nanoTime();
        while (base[0] == QueueControl.STOPPING) {
            onOwner(() -> base[0] = queue.stop());
            if (base[0] == QueueControl.STOPPING) {
                if (System.nanoTime() - start > VhostDevice.OWNER_MILLIS * 1_000_000) {
                    throw new DeviceException("ring " + index + ": " + queue.inFlight()
                            + " packets are in flight still, " + VhostDevice.OWNER_MILLIS + " ms after it was stopped");
                }
                LockSupport.parkNanos(DRAIN_LOOK_NANOS);
            }
        }
        return base[0];
    }

    /** The owner executes this; returns when it has. */
    void onOwner(final Runnable command) throws DeviceException {
        try {
            queue.owner().execute(command, VhostDevice.OWNER_MILLIS);
        } catch (VhostException e) {
            throw new DeviceException("ring " + index + ": " + e.getMessage(), e);
        }
    }
}
