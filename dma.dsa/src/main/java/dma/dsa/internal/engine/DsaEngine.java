package dma.dsa.internal.engine;

import dma.api.DmaEngine;
import dma.api.DmaException;
import dma.api.DmaLimits;
import dma.api.DmaOps;
import dma.dsa.device.DsaHost;
import dma.dsa.internal.sysfs.WorkQueue;
import dma.dsa.internal.wire.Flag;
import java.util.LinkedHashSet;
import java.util.Set;
import linux.LinuxException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A work queue as an engine. Costs nothing but its object until the first channel is opened. */
public final class DsaEngine implements DmaEngine {
    private static final Logger LOG = LoggerFactory.getLogger(DsaEngine.class);

    private final DsaHost host;
    private final WorkQueue queue;
    private final DsaSettings settings;
    private final String name;
    private final OpenQueue file;
    private final DmaLimits limits;

    /** Under its own lock: the channels that are open, and the counts of those that were. */
    private final Set<DsaChannel> channels = new LinkedHashSet<>();

    private final StatusCounts past = new StatusCounts();
    private volatile boolean serving = true;

    public DsaEngine(final DsaHost host, final WorkQueue queue, final DsaSettings settings) {
        this.host = host;
        this.queue = queue;
        this.settings = settings;
        this.name = nameOf(host, queue);
        this.file = new OpenQueue(host, queue, name, settings.submission());
        // A dedicated queue takes as many submissions as it has entries; each may be a batch, where there are any.
        final long most = queue.dedicated() ? (long) queue.size() * Math.max(1, batchLimit()) : settings.inFlight();
        this.limits = new DmaLimits(
                queue.maxCopyBytes(), (int) Math.min(most, settings.inFlight()), 1, true, false);
    }

    /** The name of the engine that a queue becomes, such as {@code dsa0/wq0.1}. */
    public static String nameOf(final DsaHost host, final WorkQueue queue) {
        return host.name() + queue.device().number() + "/" + queue.name();
    }

    public String name() {
        return name;
    }

    public WorkQueue queue() {
        return queue;
    }

    public boolean isModel() {
        return host.isModel();
    }

    @Override
    public DmaLimits limits() {
        return limits;
    }

    @Override
    public DmaOps open(final String owner) throws DmaException {
        if (!serving) {
            throw new DmaException(name + " is gone; take another engine, or mend it with: accel-config enable-wq "
                    + queue.path());
        }
        final OpenQueue.Way way = file.acquire();
        final CopyRing ring;
        try {
            ring = new CopyRing(slots(limits.maxInFlight()));
        } catch (LinuxException e) {
            file.release();
            throw new DmaException(name + ": no memory for a channel: " + e.getMessage(), e);
        }
        final DsaChannel channel = new DsaChannel(this, owner, way, settings, ring);
        synchronized (channels) {
            channels.add(channel);
        }
        return channel;
    }

    /**
     * Opens the queue, tries how descriptors reach the device, and closes it.
     *
     * @return how they do
     */
    public String tryOut() throws DmaException {
        final String way = file.acquire().submitter().name();
        file.release();
        return way;
    }

    private static int slots(final int capacity) {
        return capacity == 1 ? 1 : Integer.highestOneBit(capacity - 1) << 1;
    }

    /** A channel has ended, and nothing of it is in flight. */
    void closed(final DsaChannel channel) {
        synchronized (channels) {
            channels.remove(channel);
            past.add(channel.counts());
        }
        if (channel.counts().hasFailures() || !channel.refusal().isEmpty()) {
            LOG.info(
                    "{}: {} closed: {}{}",
                    name,
                    channel.owner(),
                    channel.counts(),
                    channel.refusal().isEmpty() ? "" : "; " + channel.refusal());
        }
        file.release();
    }

    /** Takes no copies any more; what channels have in flight they finish. */
    public void end() {
        serving = false;
    }

    boolean isServing() {
        return serving;
    }

    /** Flags of every copy. */
    int flags() {
        return (queue.device().hasCacheControl() ? Flag.CACHE_CONTROL : 0)
                | (queue.blockOnFault() && settings.blockOnFault() ? Flag.BLOCK_ON_FAULT : 0);
    }

    /** The most copies of a batch, where the way takes batches. */
    int batchLimit() {
        final boolean hasInstruction = queue.dedicated() ? host.hasMovdir64b() : host.hasEnqcmd();
        return settings.submission() == DsaSettings.Submission.WRITE || !hasInstruction ? 0 : queue.batchLimit();
    }

    /** What all channels have counted, those that are closed too; one line. */
    public String counts() {
        final StatusCounts all = new StatusCounts();
        synchronized (channels) {
            all.add(past);
            channels.forEach(channel -> all.add(channel.counts()));
        }
        return all.toString();
    }

    @Override
    public String toString() {
        return name;
    }
}
