package dma.model.internal.dsa;

import dma.dsa.device.DsaHost;
import dma.dsa.device.WorkQueueFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import linux.Errno;
import linux.LinuxException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A host with DSA devices, in software. {@link #start} makes one; what it keeps, threads and a temporary folder, goes with
 * {@link #close}. Any thread.
 */
public final class DsaModel implements DsaHost, AutoCloseable {
    /** What its engines' names begin with. */
    public static final String NAME = "dsa-model";

    private static final Logger LOG = LoggerFactory.getLogger(DsaModel.class);

    private final DsaSettings settings;
    private final Mappings mappings;
    private final Sysfs sysfs;
    private final List<ModelDevice> devices;

    /** Written by a thread of a device as well. */
    private volatile boolean closed;

    private DsaModel(final DsaSettings settings) throws IOException {
        this.settings = settings;
        this.mappings = new Mappings(settings.mappingsNanos());
        this.sysfs = new Sysfs(settings);
        this.devices = settings.devices().stream().map(this::device).toList();
    }

    private ModelDevice device(final DeviceSettings device) {
        final ModelDevice[] made = new ModelDevice[1];
        made[0] = new ModelDevice(settings, device, mappings, () -> show(made[0]));
        return made[0];
    }

    /**
     * A model that can be used at once.
     *
     * @throws UncheckedIOException where there is no temporary folder to be had
     */
    public static DsaModel start(final DsaSettings settings) {
        try {
            final DsaModel model = new DsaModel(settings);
            model.devices.forEach(model.sysfs::write);
            model.devices.forEach(ModelDevice::start);
            return model;
        } catch (IOException e) {
            throw new UncheckedIOException("model: no folder for its sysfs tree: " + e.getMessage(), e);
        }
    }

    /** What it was started with. */
    public DsaSettings settings() {
        return settings;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public boolean isModel() {
        return true;
    }

    @Override
    public Path sysfs() {
        return sysfs.sysfs();
    }

    @Override
    public Path devices() {
        return sysfs.devices();
    }

    @Override
    public boolean hasMovdir64b() {
        return settings.movdir64b();
    }

    @Override
    public boolean hasEnqcmd() {
        return settings.enqcmd();
    }

    @Override
    public synchronized WorkQueueFile open(final String workQueue) throws LinuxException {
        final String call = "open model " + workQueue;
        final ModelQueue queue = find(workQueue);
        if (closed
                || queue == null
                || queue.state() != ModelQueue.State.ENABLED
                || !queue.settings().type().equals("user")) {
            throw LinuxException.of(call, Errno.ENOENT);
        }
        if (queue.settings().dedicated() && queue.opens.get() > 0) {
            throw LinuxException.of(call, Errno.EBUSY);
        }
        if (!queue.device().settings().pasid()) {
            throw LinuxException.of(call, Errno.EINVAL);
        }
        queue.opens.incrementAndGet();
        sysfs.clients(queue);
        return new ModelFile(queue, settings, mappings, () -> closed(queue));
    }

    private synchronized void closed(final ModelQueue queue) {
        queue.opens.decrementAndGet();
        if (!closed) {
            sysfs.clients(queue);
        }
    }

    /** {@code accel-config disable-wq}: what the queue has is lost, and it takes nothing. */
    public void disable(final String workQueue) {
        become(workQueue, ModelQueue.State.DISABLED);
    }

    /** {@code accel-config enable-wq}. */
    public void enable(final String workQueue) {
        become(workQueue, ModelQueue.State.ENABLED);
    }

    /** As if it had never been configured; {@link #enable} brings it back. */
    public void remove(final String workQueue) {
        become(workQueue, ModelQueue.State.REMOVED);
    }

    private synchronized void become(final String workQueue, final ModelQueue.State state) {
        final ModelQueue queue = find(workQueue);
        if (queue == null) {
            throw new IllegalArgumentException("model: there is no work queue " + workQueue + "; it has "
                    + settings.queues().stream().map(WorkQueueSettings::name).toList());
        }
        queue.become(state);
        sysfs.write(queue);
    }

    /** Ends a halt and what hangs, and clears SWERR, of all devices. */
    public void reset() {
        devices.forEach(ModelDevice::reset);
    }

    /** What goes wrong from now on. */
    public void change(final DsaFaults faults) {
        devices.forEach(device -> device.change(faults));
    }

    /** Lets the devices look anew at what this process has mapped; see {@link Mappings}. */
    public void renewMappings() {
        mappings.renew();
    }

    /** How often it was injected, into all devices together. */
    public long injected(final DsaFault fault) {
        return devices.stream().mapToLong(device -> device.count(fault)).sum();
    }

    /** Devices, queues, counters, errors and faults, a line each. */
    public String show() {
        return Report.of(devices);
    }

    /** As {@link dma.model.pace.DevicePace#takeAlignment}. */
    int takeAlignment(final String engine) {
        return devices.stream()
                .flatMap(device -> device.queues().stream())
                .filter(queue -> engine.equals(NAME + queue.settings().device() + "/"
                        + queue.settings().name()))
                .mapToInt(ModelQueue::takeAlignment)
                .findFirst()
                .orElse(0);
    }

    List<ModelDevice> all() {
        return devices;
    }

    /** Null where there is none of that name. */
    ModelQueue find(final String workQueue) {
        for (final ModelDevice device : devices) {
            for (final ModelQueue queue : device.queues()) {
                if (queue.settings().name().equals(workQueue)) {
                    return queue;
                }
            }
        }
        return null;
    }

    /** A device's thread. */
    private void show(final ModelDevice device) {
        try {
            sysfs.update(device);
        } catch (UncheckedIOException e) {
            LOG.warn(
                    "{} (model): {}: its sysfs tree does not show what happened: {}",
                    NAME,
                    device.settings().name(),
                    e.getMessage());
        }
    }

    /** Ends the threads: nothing is written afterwards, and files that are closed then wait for nothing. */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        devices.forEach(ModelDevice::close);
        sysfs.close();
    }
}
