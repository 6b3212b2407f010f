package vhost.core.internal.device;

import dma.api.DmaException;
import dma.api.DmaOps;
import dma.api.MemoryRegion;
import java.lang.foreign.Arena;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import vhost.core.internal.async.CopyChannel;
import vhost.core.internal.async.CopyChannel.Overflow;

/**
 * One channel of an engine as the control plane sees it: the memory that was announced to it, and its way from opened over
 * replaced to closed. What the owner of the queue does with it is in {@link CopyChannel}.
 *
 * <p>Control threads, one at a time: its own lock sees to it that the engine's calls are never concurrent.
 */
final class EngineChannel {
    private static final Logger LOG = LoggerFactory.getLogger(EngineChannel.class);

    private final Offer offer;
    private final VhostQueueImpl queue;
    private final DmaOps ops;
    private final long opened;
    private final Set<MemoryRegion> announced = new LinkedHashSet<>();
    private CopyChannel copies;

    /** What the queue's owner had to make again before this channel came. */
    private final long redoneBefore;

    // The keeper's thread.
    boolean failureTold;
    boolean abortBegun;
    boolean closeBegun;

    private volatile boolean retiring;
    private SwapLog.Entry entry;
    private long replacedNanos;
    private boolean over;
    private boolean closed;

    private EngineChannel(final Offer offer, final VhostQueueImpl queue, final DmaOps ops, final long opened) {
        this.offer = offer;
        this.queue = queue;
        this.ops = ops;
        this.opened = opened;
        this.redoneBefore = queue.counters().redone();
    }

    /**
     * Opens a channel and announces packet memory and {@code memory} to it.
     *
     * @throws DmaException where the engine refuses either; nothing is open then
     */
    static EngineChannel open(
            final Offer offer,
            final VhostQueueImpl queue,
            final List<MemoryRegion> memory,
            final Overflow overflow,
            final long deadlineNanos,
            final long now,
            final ChannelKeeper keeper)
            throws DmaException {
        final DmaOps ops = offer.engine().open(queue.name());
        if (ops == null) {
            throw new DmaException("it returned null");
        }
        final EngineChannel channel = new EngineChannel(offer, queue, ops, now);
        boolean usable = false;
        try {
            for (final MemoryRegion packets : queue.packetMemory()) {
                channel.announce(packets);
            }
            for (final MemoryRegion region : memory) {
                channel.announce(region);
            }
            // No arena to be closed: closing a shared one halts every thread and throws the compiled frame of a
            // worker away. The collector frees the batch when nothing refers to the channel any more.
            channel.copies = new CopyChannel(
                    Arena.ofAuto(), offer.name(), ops, offer.limits(), overflow, deadlineNanos, keeper::attend);
            usable = true;
            return channel;
        } finally {
            if (!usable) {
                channel.close();
            }
        }
    }

    synchronized void announce(final MemoryRegion region) throws DmaException {
        ops.announce(region);
        announced.add(region);
    }

    /** Takes back what was announced; does nothing where it was not, or the channel is closed. */
    synchronized void withdraw(final MemoryRegion region) throws DmaException {
        if (announced.contains(region)) {
            ops.withdraw(region);
            announced.remove(region);
        }
    }

    /** The queue's owner is done with it, and so is the engine. May be called again. */
    synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            for (final MemoryRegion region : List.copyOf(announced)) {
                withdraw(region);
            }
        } catch (DmaException | RuntimeException e) {
            LOG.warn("{}: engine {} does not let go of memory: {}", queue.name(), offer.name(), e.getMessage());
        }
        try {
            ops.close();
        } catch (RuntimeException e) {
            LOG.warn("{}: the channel of engine {} does not close: {}", queue.name(), offer.name(), e.getMessage());
        }
        announced.clear();
    }

    /** Tells the engine to stop. Returns whether it promises to have. */
    boolean abort() {
        return ops.abort();
    }

    /** From now on another one serves the queue. */
    void retire() {
        retiring = true;
    }

    /** Which entry is to hear how long it took to empty. */
    synchronized void replacedBy(final SwapLog.Entry swap, final long nanos) {
        entry = swap;
        replacedNanos = nanos;
        if (over) {
            tell();
        }
    }

    /** It is closed, or in quarantine for good. */
    synchronized void ended() {
        over = true;
        if (entry != null) {
            tell();
        }
    }

    private void tell() {
        entry.drained(
                copies.releasedNanos() - replacedNanos,
                copies.copiesMade(),
                copies.bytesMade(),
                queue.counters().redone() - redoneBefore,
                copies.failure(),
                copies.isQuarantined());
        entry = null;
    }

    /** What the engine was told of and has not been asked to forget. */
    synchronized List<MemoryRegion> announced() {
        return List.copyOf(announced);
    }

    Offer offer() {
        return offer;
    }

    VhostQueueImpl queue() {
        return queue;
    }

    CopyChannel copies() {
        return copies;
    }

    long opened() {
        return opened;
    }

    boolean isRetiring() {
        return retiring;
    }
}
