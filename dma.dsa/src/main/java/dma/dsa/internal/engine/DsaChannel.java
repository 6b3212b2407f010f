package dma.dsa.internal.engine;

import dma.api.Completions;
import dma.api.CopyBatch;
import dma.api.CopyStatus;
import dma.api.DmaException;
import dma.api.DmaOps;
import dma.api.MemoryRegion;
import java.util.concurrent.locks.LockSupport;
import linux.LinuxException;
import linux.Pages;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The copies of one virtqueue on a work queue: {@link Slots} knows where they are, {@link Sender} submits, {@link Settler} looks
 * how they ended.
 */
final class DsaChannel implements DmaOps {
    private static final Logger LOG = LoggerFactory.getLogger(DsaChannel.class);

    /** The core gives an abort a second. */
    private static final long ABORT_NANOS = 900_000_000;

    private static final long ABORT_PAUSE_NANOS = 20_000;

    private final DsaEngine engine;
    private final String owner;
    private final boolean prefault;
    private final long maxCopyBytes;
    private final AnnouncedMemory memory = new AnnouncedMemory();
    private final Slots slots;
    private final Sender sender;
    private final Settler settler;
    private final StatusCounts counts = new StatusCounts();

    /** The queue takes no descriptors any more; errno. */
    private int refusal;

    private boolean quarantined;
    private boolean closed;

    /** {@code ring} is this channel's own from now on. */
    DsaChannel(
            final DsaEngine engine,
            final String owner,
            final OpenQueue.Way way,
            final DsaSettings settings,
            final CopyRing ring) {
        this.engine = engine;
        this.owner = owner;
        this.prefault = settings.prefault();
        this.maxCopyBytes = engine.limits().maxCopyBytes();
        this.slots = new Slots(ring, way.credits(), engine.limits().maxInFlight());
        final Heads heads = new Heads(memory, settings.alignDestinations());
        this.sender = new Sender(slots, way, engine.flags(), engine.batchLimit(), heads, counts);
        this.settler = new Settler(slots, sender, counts, settings.resumeLimit());
    }

    @Override
    public int transferData(final CopyBatch batch) {
        if (refusal != 0 || closed || quarantined || !engine.isServing()) {
            return CopyStatus.HALTED;
        }
        final int first = batch.first();
        final int end = Math.min(batch.end(), first + slots.room());
        int next = first;
        while (next < end) {
            final int run = run(batch, next, end);
            if (run == 0) {
                slots.submittedNothing(CopyStatus.REFUSED);
                next++;
                continue;
            }
            final int taken = sender.send(batch, next, run);
            if (taken < 0) {
                refusal = -taken;
                return next == first ? CopyStatus.HALTED : next - first;
            }
            next += taken;
            if (taken < run) {
                break;
            }
        }
        return next - first;
    }

    /** How many copies from {@code from} on can be asked for in one go: within the limits, their slots side by side. */
    private int run(final CopyBatch batch, final int from, final int end) {
        final int last = Math.min(end, from + slots.untilWrap());
        int at = from;
        while (at < last && isWithinLimits(batch.length(at))) {
            at++;
        }
        return at - from;
    }

    private boolean isWithinLimits(final long length) {
        return length > 0 && length <= maxCopyBytes;
    }

    @Override
    public int completedCopies(final Completions completions) {
        settler.settle();
        final int count = slots.report(completions);
        final boolean over = refusal != 0 || closed || quarantined || !engine.isServing();
        return count == 0 && slots.isEmpty() && over ? CopyStatus.HALTED : count;
    }

    /**
     * User space has no way to take a descriptor back: this waits until the device has dealt with all of them. Where it does
     * not, nothing that the device knows of is freed or used again.
     */
    @Override
    public boolean abort() {
        final long deadline = System.nanoTime() + ABORT_NANOS;
        while (!quarantined && !slots.areAllOver()) {
            if (System.nanoTime() - deadline > 0) {
                quarantined = true;
                LOG.error(
                        "{}: {}: the device does not end its copies; the memory they use is not used again",
                        engine.name(),
                        owner);
            } else {
                LockSupport.parkNanos(ABORT_PAUSE_NANOS);
            }
        }
        if (quarantined) {
            return false;
        }
        slots.forget();
        settler.forget();
        return true;
    }

    @Override
    public void announce(final MemoryRegion region) throws DmaException {
        if (prefault) {
            final int result = Pages.populateForWriting(region.address(), region.length());
            if (result < 0) {
                // Copies may never go there; those that do meet page faults, which are dealt with.
                LOG.warn("{}: {}: {} cannot be made present: errno {}", engine.name(), owner, region, -result);
            }
        }
        memory.add(region);
    }

    @Override
    public void withdraw(final MemoryRegion region) {
        // The device knows addresses from descriptors only; the processor is not to go there any more.
        memory.remove(region);
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        if (!abort()) {
            closed = true;
            return; // as abort says; the queue's file stays open too, since closing it would wait for the device
        }
        closed = true;
        try {
            slots.ring().free();
        } catch (LinuxException e) {
            LOG.warn("{}: {}: {}", engine.name(), owner, e.getMessage());
        }
        engine.closed(this);
    }

    /** Why the queue took no more; empty where it did. */
    String refusal() {
        return refusal == 0 ? "" : "the queue refused descriptors: errno " + refusal;
    }

    String owner() {
        return owner;
    }

    StatusCounts counts() {
        return counts;
    }
}
