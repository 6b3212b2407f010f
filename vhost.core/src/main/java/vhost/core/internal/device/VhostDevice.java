package vhost.core.internal.device;

import dma.api.MemoryRegion;
import java.util.List;
import java.util.function.BiConsumer;
import linux.Linux;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import vhost.core.api.PortSpec;
import vhost.core.api.VhostPort;
import vhost.core.api.VhostQueue;
import vhost.core.internal.memory.GuestMemory;

/**
 * A virtio-net device: its features, its memory and its rings, which {@link DeviceRing} starts and stops.
 *
 * <p>{@link DeviceControl} is called by the session's thread only, one call at a time; the {@link VhostPort} half by any.
 * A ring runs while it has a size, addresses inside of the memory, a kick (or poll mode) and is enabled
 * (vhost-user, "Ring states"). No mapping is undone before every owner has let go of it.
 */
public final class VhostDevice implements DeviceControl, VhostPort {
    private static final Logger LOG = LoggerFactory.getLogger(VhostDevice.class);

    /** How long an owner may take to let go: far more than a burst, and within a front-end's patience; milliseconds. */
    static final long OWNER_MILLIS = 2000;

    private final PortSpec spec;
    private final EngineRegistry engines;
    private final VhostQueueImpl[] queues;
    private final DeviceRing[] rings;

    private final DeviceMemory memory;

    private volatile long features;
    private volatile int status;
    private volatile int mtu;
    private volatile State state = State.WAITING;
    private volatile long connections;
    private volatile String lastEvent = "";

    /** A device with a queue for each ring; pair {@code p} of port {@code n} belongs to worker {@code (n + p) mod workers}. */
    public VhostDevice(
            final PortSpec spec, final int ordinal, final List<Worker> workers, final EngineRegistry engines) {
        this.spec = spec;
        this.engines = engines;
        this.mtu = spec.mtu();
        this.queues = new VhostQueueImpl[2 * spec.queuePairs()];
        this.rings = new DeviceRing[queues.length];
        final List<MemoryRegion> packetMemory =
                workers.stream().map(worker -> worker.packets().memory()).toList();
        for (int i = 0; i < queues.length; i++) {
            queues[i] =
                    new VhostQueueImpl(this, workers.get((ordinal + i / 2) % workers.size()), i, packetMemory, engines);
            rings[i] = new DeviceRing(spec.name(), i, queues[i]);
            queues[i].owner().adopt(queues[i]);
        }
        engines.added(List.of(queues));
        this.memory = new DeviceMemory(spec.name(), engines, List.of(queues));
    }

    /** Ends the device; its session is over. */
    public void close() {
        state = State.CLOSED;
        for (final VhostQueueImpl queue : queues) {
            engines.removed(queue);
            queue.owner().disown(queue);
        }
    }

    // ---- session ----

    @Override
    public void connected() {
        connections = connections + 1;
        state = State.CONNECTED;
    }

    @Override
    public void disconnected(final String why) {
        lastEvent = why;
        try {
            stopAll();
            for (final DeviceRing ring : rings) {
                ring.forget();
            }
            memory.replace(GuestMemory.NONE);
        } catch (DeviceException e) {
            // An owner that does not let go may still write: what it uses stays mapped and open for good.
            LOG.error("{}: {}; its guest memory stays mapped", spec.name(), e.getMessage());
            memory.abandon();
        }
        features = 0;
        status = 0;
        mtu = spec.mtu();
        state = State.WAITING;
        for (final VhostQueueImpl queue : queues) {
            queue.owner().wake(); // applications let go of packets that they kept for this front-end
        }
    }

    @Override
    public long offeredFeatures() {
        return Features.offered(spec);
    }

    @Override
    public void setFeatures(final long next) throws DeviceException {
        if (next != features && anyRunning()) {
            throw new DeviceException("features 0x" + Long.toHexString(next) + " differ from 0x"
                    + Long.toHexString(features) + " while queues run; stop them with GET_VRING_BASE first");
        }
        features = next;
    }

    private boolean anyRunning() {
        for (final DeviceRing ring : rings) {
            if (ring.isRunning()) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void enableAllRings() throws DeviceException {
        for (int i = 0; i < rings.length; i++) {
            rings[i].enabled(true);
            refresh(i);
        }
    }

    // ---- memory ----

    @Override
    public int maxMemorySlots() {
        return DeviceMemory.MAX_SLOTS;
    }

    @Override
    public void setMemoryTable(final List<MemorySlot> slots) throws DeviceException {
        if (memory.isCurrent(slots)) {
            slots.forEach(slot -> Linux.close(slot.fd()));
            return;
        }
        change(memory.map(slots));
    }

    @Override
    public void addMemory(final MemorySlot slot) throws DeviceException {
        change(memory.with(slot));
    }

    @Override
    public void removeMemory(final MemorySlot slot) throws DeviceException {
        change(memory.without(slot));
    }

    private void change(final GuestMemory next) throws DeviceException {
        try {
            stopAll();
        } catch (DeviceException e) {
            memory.discard(next);
            throw e;
        }
        memory.replace(next);
        refreshAll();
    }

    // ---- rings ----

    @Override
    public void setRingSize(final int index, final int size) throws DeviceException {
        rings[index].size(size, features);
    }

    @Override
    public void setRingAddresses(
            final int index, final int flags, final long desc, final long used, final long avail, final long log)
            throws DeviceException {
        rings[index].addresses(desc, used, avail, memory.table(), features);
        refresh(index);
    }

    @Override
    public void setRingBase(final int index, final int base) throws DeviceException {
        rings[index].base(base);
    }

    @Override
    public int stopRing(final int index) throws DeviceException {
        final int base = rings[index].stopForBase();
        updateState();
        return base;
    }

    @Override
    public void setKick(final int index, final int fd) throws DeviceException {
        rings[index].kick(fd);
        refresh(index);
    }

    @Override
    public void setCall(final int index, final int fd) throws DeviceException {
        rings[index].call(fd);
    }

    @Override
    public void setErr(final int index, final int fd) throws DeviceException {
        rings[index].err(fd);
    }

    @Override
    public void setRingEnabled(final int index, final boolean enabled) throws DeviceException {
        rings[index].enabled(enabled);
        refresh(index);
    }

    /** Starts or stops a ring as its state asks. */
    private void refresh(final int index) throws DeviceException {
        rings[index].refresh(memory.table(), features);
        updateState();
    }

    private void refreshAll() throws DeviceException {
        DeviceException failure = null;
        for (int i = 0; i < rings.length; i++) {
            try {
                refresh(i);
            } catch (DeviceException e) {
                failure = e; // this ring stays parked until its memory is back; the others go on
            }
        }
        if (failure != null) {
            LOG.warn("{}: {}", spec.name(), failure.getMessage());
        }
    }

    private void stopAll() throws DeviceException {
        for (final DeviceRing ring : rings) {
            ring.stop();
        }
        updateState();
    }

    private void updateState() {
        state = anyRunning() ? State.RUNNING : state == State.RUNNING ? State.CONNECTED : state;
    }

    // ---- the rest of the device ----

    @Override
    public int maxQueuePairs() {
        return spec.queuePairs();
    }

    @Override
    public void setStatus(final int next) throws DeviceException {
        status = next;
        if (next == 0) {
            // The driver reset the device. QEMU says so after the first of several queue pairs, and asks the others for
            // their bases only then: what the rings stand at is kept.
            for (final DeviceRing ring : rings) {
                ring.deviceReset();
            }
            updateState();
        }
    }

    @Override
    public int status() {
        return status;
    }

    @Override
    public void setMtu(final int next) {
        mtu = next;
    }

    @Override
    public void sendRarp(final long mac) throws DeviceException {
        rings[1].onOwner(() -> queues[1].announce(mac));
    }

    @Override
    public void reset() throws DeviceException {
        for (final DeviceRing ring : rings) {
            ring.reset();
        }
        features = 0;
        status = 0;
        updateState();
    }

    @Override
    public PortSpec spec() {
        return spec;
    }

    @Override
    public State state() {
        return state;
    }

    @Override
    public long features() {
        return features;
    }

    @Override
    public int mtu() {
        return mtu;
    }

    @Override
    public VhostQueue receiveq(final int pair) {
        return queues[2 * pair];
    }

    @Override
    public VhostQueue transmitq(final int pair) {
        return queues[2 * pair + 1];
    }

    /** Tells why a queue stopped by itself; empty text where all is well. Any thread. */
    public void forEachFault(final BiConsumer<String, String> report) {
        for (final VhostQueueImpl queue : queues) {
            report.accept(queue.name(), queue.fault().isEmpty() ? "" : "stopped: " + queue.fault());
        }
    }

    /** Keeps what happened last, for people. Any thread. */
    public void note(final String event) {
        lastEvent = event;
    }

    @Override
    public long connections() {
        return connections;
    }

    @Override
    public String lastEvent() {
        return lastEvent;
    }
}
