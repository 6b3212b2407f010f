package vhost.core.internal.device;

import dma.api.MemoryRegion;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import linux.EventFd;
import linux.Linux;
import linux.LinuxException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import vhost.core.api.PortSpec;
import vhost.core.api.VhostException;
import vhost.core.api.VhostPort;
import vhost.core.api.VhostQueue;
import vhost.core.internal.async.GuestReceive;
import vhost.core.internal.async.GuestTransmit;
import vhost.core.internal.async.InFlight;
import vhost.core.internal.memory.GuestMemory;
import vhost.core.internal.ring.PackedVirtqueue;
import vhost.core.internal.ring.SplitVirtqueue;
import vhost.core.internal.ring.Virtqueue;

/**
 * A virtio-net device: its rings' set-up, its memory, and the commands by which its queues' owners take both over.
 *
 * <p>{@link DeviceControl} is called by the session's thread only, one call at a time; the {@link VhostPort} half by any.
 * A ring runs while it has a size, addresses inside of the memory, a kick (or poll mode) and is enabled
 * (vhost-user, "Ring states"). No mapping is undone before every owner has let go of it.
 */
public final class VhostDevice implements DeviceControl, VhostPort {
    private static final Logger LOG = LoggerFactory.getLogger(VhostDevice.class);

    /** How long an owner may take to let go: far more than a burst, and within a front-end's patience; milliseconds. */
    static final long OWNER_MILLIS = 2000;

    /** How often a ring is looked at that is to stop and has packets in flight. */
    private static final long DRAIN_LOOK_NANOS = 200_000;

    private static final int MAX_RING_SIZE = 32768;

    private final PortSpec spec;
    private final EngineRegistry engines;
    private final VhostQueueImpl[] queues;
    private final RingSetup[] rings;

    private final DeviceMemory memory;

    private volatile long features;
    private volatile int status;
    private volatile int mtu;
    private volatile State state = State.WAITING;
    private volatile long connections;
    private volatile String lastEvent = "";

    /** What the front-end said of one ring. */
    private static final class RingSetup {
        int size;
        boolean addressed;
        long desc;
        long avail;
        long used;
        boolean based;
        int base;
        boolean started;
        boolean enabled;
        RunningRing running;
    }

    /** A device with a queue for each ring; pair {@code p} of port {@code n} belongs to worker {@code (n + p) mod workers}. */
    public VhostDevice(
            final PortSpec spec, final int ordinal, final List<Worker> workers, final EngineRegistry engines) {
        this.spec = spec;
        this.engines = engines;
        this.mtu = spec.mtu();
        this.queues = new VhostQueueImpl[2 * spec.queuePairs()];
        this.rings = new RingSetup[queues.length];
        final List<MemoryRegion> packetMemory =
                workers.stream().map(worker -> worker.packets().memory()).toList();
        for (int i = 0; i < queues.length; i++) {
            queues[i] =
                    new VhostQueueImpl(this, workers.get((ordinal + i / 2) % workers.size()), i, packetMemory, engines);
            rings[i] = new RingSetup();
            queues[i].owner().adopt(queues[i]);
            engines.added(queues[i]);
        }
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
            for (int i = 0; i < queues.length; i++) {
                closeDescriptors(i);
                queues[i].deviceReset();
                rings[i] = new RingSetup();
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

    private void closeDescriptors(final int index) throws DeviceException {
        replaceKick(index, null);
        final VhostQueueImpl queue = queues[index];
        final EventFd[] old = new EventFd[2];
        onOwner(index, () -> {
            old[0] = queue.call(null);
            old[1] = queue.err(null);
        });
        closeAll(old);
    }

    private static void closeAll(final EventFd... descriptors) {
        for (final EventFd descriptor : descriptors) {
            if (descriptor != null) {
                descriptor.close();
            }
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
        for (final RingSetup ring : rings) {
            if (ring.running != null) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void enableAllRings() throws DeviceException {
        for (int i = 0; i < rings.length; i++) {
            rings[i].enabled = true;
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
        refuseWhileRunning(index, "SET_VRING_NUM");
        if (size < 1 || size > MAX_RING_SIZE) {
            throw new DeviceException("ring " + index + ": size " + size + "; use 1 to " + MAX_RING_SIZE);
        }
        checkLayout(index, size);
        rings[index].size = size;
    }

    private void checkLayout(final int index, final int size) throws DeviceException {
        if (!isPacked() && Integer.bitCount(size) != 1) {
            throw new DeviceException(
                    "ring " + index + ": size " + size + " is no power of two, as a split ring needs");
        }
    }

    @Override
    public void setRingAddresses(
            final int index, final int flags, final long desc, final long used, final long avail, final long log)
            throws DeviceException {
        refuseWhileRunning(index, "SET_VRING_ADDR");
        final RingSetup ring = rings[index];
        ring.desc = desc;
        ring.avail = avail;
        ring.used = used;
        ring.addressed = true;
        checkAlignment(index, ring);
        if (ring.size != 0 && !memory.isEmpty()) {
            resolve(index, ring);
        }
        refresh(index);
    }

    private void checkAlignment(final int index, final RingSetup ring) throws DeviceException {
        final int availAlignment = isPacked() ? 4 : 2;
        if (ring.desc % 16 != 0 || ring.avail % availAlignment != 0 || ring.used % 4 != 0) {
            ring.addressed = false;
            throw new DeviceException(String.format(
                    "ring %d: addresses desc 0x%x, avail 0x%x, used 0x%x must be multiples of 16, %d and 4",
                    index, ring.desc, ring.avail, ring.used, availAlignment));
        }
    }

    private void refuseWhileRunning(final int index, final String request) throws DeviceException {
        if (rings[index].running != null && queues[index].fault().isEmpty()) {
            throw new DeviceException("ring " + index + " is running; stop it with GET_VRING_BASE before " + request);
        }
    }

    @Override
    public void setRingBase(final int index, final int base) throws DeviceException {
        refuseWhileRunning(index, "SET_VRING_BASE");
        rings[index].base = base;
        rings[index].based = true;
    }

    @Override
    public int stopRing(final int index) throws DeviceException {
        stop(index);
        final RingSetup ring = rings[index];
        ring.started = false;
        ring.addressed = false;
        replaceKick(index, null);
        final EventFd[] old = new EventFd[1];
        onOwner(index, () -> old[0] = queues[index].call(null));
        closeAll(old);
        updateState();
        return ring.base;
    }

    @Override
    public void setKick(final int index, final int fd) throws DeviceException {
        replaceKick(index, adopt(index, "kick", fd));
        rings[index].started = true;
        refresh(index);
    }

    private void replaceKick(final int index, final EventFd next) throws DeviceException {
        final VhostQueueImpl queue = queues[index];
        final EventFd[] old = new EventFd[1];
        final LinuxException[] failure = new LinuxException[1];
        onOwner(index, () -> {
            try {
                old[0] = queue.kick(next);
            } catch (LinuxException e) {
                failure[0] = e;
            }
        });
        closeAll(old);
        if (failure[0] != null) {
            closeAll(next);
            throw new DeviceException(
                    "ring " + index + ": the kick descriptor cannot be waited for: " + failure[0].getMessage()
                            + "; send an eventfd",
                    failure[0]);
        }
    }

    @Override
    public void setCall(final int index, final int fd) throws DeviceException {
        final EventFd next = adopt(index, "call", fd);
        final EventFd[] old = new EventFd[1];
        onOwner(index, () -> old[0] = queues[index].call(next));
        closeAll(old);
    }

    @Override
    public void setErr(final int index, final int fd) throws DeviceException {
        final EventFd next = adopt(index, "error", fd);
        final EventFd[] old = new EventFd[1];
        onOwner(index, () -> old[0] = queues[index].err(next));
        closeAll(old);
    }

    private static EventFd adopt(final int index, final String what, final int fd) throws DeviceException {
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

    @Override
    public void setRingEnabled(final int index, final boolean enabled) throws DeviceException {
        rings[index].enabled = enabled;
        refresh(index);
    }

    /** Starts or stops a ring as its state asks. */
    private void refresh(final int index) throws DeviceException {
        final RingSetup ring = rings[index];
        final boolean wanted = ring.started && ring.enabled && ring.addressed && ring.size != 0 && !memory.isEmpty();
        if (wanted && ring.running == null) {
            start(index);
        } else if (!wanted) {
            stop(index);
        }
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

    private void start(final int index) throws DeviceException {
        final RingSetup ring = rings[index];
        checkLayout(index, ring.size); // the features may have changed since
        if (queues[index].isWithheld()) {
            throw new DeviceException("ring " + index
                    + ": an engine may still write to buffers of it; reset the device, then start it again");
        }
        // The collector frees it: closing a shared arena halts every thread, all workers included. The ring refers to
        // it.
        final Arena arena = Arena.ofAuto();
        final VhostQueueImpl queue = queues[index];
        try {
            final Virtqueue virtqueue = RingFactory.create(
                    arena, index, ring.size, resolve(index, ring), base(index, ring), memory.table(), features);
            final InFlight inFlight = new InFlight(ring.size);
            final RunningRing next = new RunningRing(
                    arena,
                    virtqueue,
                    memory.table(),
                    inFlight,
                    queue.isReceive() ? new GuestReceive(arena, virtqueue, queue.copies(), inFlight, features) : null,
                    queue.isReceive() ? null : new GuestTransmit(arena, virtqueue, queue.copies(), inFlight, features));
            onOwner(index, () -> queue.start(next));
            ring.running = next;
        } catch (InternalError e) {
            drain(index); // it may surface late, when the owner has the ring already
            throw new DeviceException("ring " + index + ": the front-end truncated its memory file", e);
        }
        queue.worker().wake();
    }

    /** Our addresses of a ring's areas: descriptor ring, driver area, device area. */
    private long[] resolve(final int index, final RingSetup ring) throws DeviceException {
        final boolean eventIndex = Features.has(features, Features.RING_EVENT_IDX);
        final long availBytes = isPacked() ? 4 : SplitVirtqueue.availBytes(ring.size, eventIndex);
        final long usedBytes = isPacked() ? 4 : SplitVirtqueue.usedBytes(ring.size, eventIndex);
        final long[] areas = {
            memory.table().translateUser(ring.desc, 16L * ring.size),
            memory.table().translateUser(ring.avail, availBytes),
            memory.table().translateUser(ring.used, usedBytes)
        };
        final int[] alignments = {16, isPacked() ? 4 : 2, 4};
        for (int i = 0; i < areas.length; i++) {
            if (areas[i] == 0) {
                throw new DeviceException(String.format(
                        "ring %d: desc 0x%x, avail 0x%x, used 0x%x of %d entries do not lie in announced memory",
                        index, ring.desc, ring.avail, ring.used, ring.size));
            }
            // Multiples for the front-end; for us only where the region's offset in its file is one as well.
            if (areas[i] % alignments[i] != 0) {
                throw new DeviceException(String.format(
                        "ring %d: desc 0x%x, avail 0x%x, used 0x%x lie in a region whose mmap offset is no multiple of"
                                + " %d",
                        index, ring.desc, ring.avail, ring.used, alignments[i]));
            }
        }
        return areas;
    }

    private int base(final int index, final RingSetup ring) throws DeviceException {
        if (isPacked()) {
            final int base = ring.based ? ring.base : 0x8000;
            if (!PackedVirtqueue.isBase(base, ring.size)) {
                throw new DeviceException(String.format(
                        "ring %d: base 0x%x lies outside of a packed ring of %d", index, base, ring.size));
            }
            return base;
        }
        // A back-end that was killed never told its base: what the used ring shows is where it stopped.
        final long used = memory.table().translateUser(ring.used, SplitVirtqueue.usedBytes(ring.size, false));
        final int shown = used == 0 ? ring.base & 0xFFFF : SplitVirtqueue.usedIndex(used);
        if (shown != (ring.base & 0xFFFF)) {
            LOG.info("{} ring {}: goes on at used index {}, not at base {}", spec.name(), index, shown, ring.base);
        }
        return shown;
    }

    private void stop(final int index) throws DeviceException {
        final RingSetup ring = rings[index];
        if (ring.running == null) {
            return;
        }
        final long base = drain(index);
        ring.running = null;
        if (base >= 0) {
            ring.base = (int) base;
            ring.based = true;
        }
    }

    /** Returns the ring's base once nothing of it is in flight, or a negative value where it did not run. */
    private long drain(final int index) throws DeviceException {
        final long[] base = {QueueControl.STOPPING};
        // The owner goes on between two looks: neighbours on its thread do not wait for our engine.
        final long start = System.nanoTime();
        while (base[0] == QueueControl.STOPPING) {
            onOwner(index, () -> base[0] = queues[index].stop());
            if (base[0] == QueueControl.STOPPING) {
                if (System.nanoTime() - start > OWNER_MILLIS * 1_000_000) {
                    throw new DeviceException("ring " + index + ": " + queues[index].inFlight()
                            + " packets are in flight still, " + OWNER_MILLIS + " ms after it was stopped");
                }
                LockSupport.parkNanos(DRAIN_LOOK_NANOS);
            }
        }
        return base[0];
    }

    private void stopAll() throws DeviceException {
        for (int i = 0; i < rings.length; i++) {
            stop(i);
        }
        updateState();
    }

    private void onOwner(final int index, final Runnable command) throws DeviceException {
        try {
            queues[index].owner().execute(command, OWNER_MILLIS);
        } catch (VhostException e) {
            throw new DeviceException("ring " + index + ": " + e.getMessage(), e);
        }
    }

    private void updateState() {
        state = anyRunning() ? State.RUNNING : state == State.RUNNING ? State.CONNECTED : state;
    }

    private boolean isPacked() {
        return Features.has(features, Features.RING_PACKED);
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
            for (int i = 0; i < rings.length; i++) {
                stop(i);
                queues[i].deviceReset();
                rings[i].started = false;
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
        onOwner(1, () -> queues[1].announce(mac));
    }

    @Override
    public void reset() throws DeviceException {
        for (int i = 0; i < rings.length; i++) {
            stop(i);
            queues[i].deviceReset();
            rings[i].started = false;
            rings[i].enabled = false;
            rings[i].addressed = false;
            rings[i].based = false;
            rings[i].base = 0;
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
