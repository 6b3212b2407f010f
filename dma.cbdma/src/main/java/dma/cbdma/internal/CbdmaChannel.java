package dma.cbdma.internal;

import dma.api.Completions;
import dma.api.CopyBatch;
import dma.api.CopyStatus;
import dma.api.DmaException;
import dma.api.DmaOps;
import dma.api.MemoryRegion;
import java.util.ArrayList;
import java.util.List;
import linux.LinuxException;

/**
 * A channel of a CBDMA function, for one virtqueue.
 *
 * <pre>
 *     reported          completed         submitted       reported + ring - 1
 *         | to be reported  | the device's    | free …           |
 * </pre>
 *
 * <p>The owner fills descriptors, then DMACOUNT, a release store, shows them to the device. The device writes data, then the
 * completion word; the owner reads that by an acquire load, then the data.
 *
 * <p>A channel that meets an error halts. The copy it halted at has failed; the data path starts the channel again behind it,
 * a step a call, and publishes once more what is queued there. Meanwhile it accepts nothing. What cannot be started again
 * has halted for good, until {@link #abort}.
 */
final class CbdmaChannel implements DmaOps {
    /** What this channel tells whoever opened it. Any thread. */
    interface Owner {
        /**
         * The channel is closed.
         *
         * @param stopped whether its function can be used again: it writes nothing any more, and is closed
         */
        void closed(CbdmaChannel channel, boolean stopped);
    }

    // What the channel does.
    private static final int RUNNING = 0;
    private static final int STARTING = 1;
    private static final int DEAD = 2;

    /** After how many calls without news the device itself is asked: it may have gone, or may be unable to write the word. */
    private static final int POLLS_PER_LOOK = 4096;

    private final OpenFunction function;
    private final Registers registers;
    private final RingMemory memory;
    private final DescriptorRing ring;
    private final Reach reach;
    private final Start start;
    private final ChannelControl control;
    private final Owner owner;
    private final HaltCount halts = new HaltCount();
    private final List<MemoryRegion> announced = new ArrayList<>();

    private long submitted;
    private long completed;
    private long reported;

    /** What was {@link #submitted} from when CHAINADDR was written last: DMACOUNT counts from there. */
    private long chained;

    private int state = DEAD;
    private int idlePolls;
    private boolean closed;

    /** Once it is closed: whether its function writes nothing any more. */
    private boolean stopped;

    private CbdmaChannel(
            final OpenFunction function,
            final RingMemory memory,
            final int slots,
            final Pacer pacer,
            final Owner owner) {
        this.function = function;
        this.registers = function.registers();
        this.memory = memory;
        this.ring = new DescriptorRing(memory.address(), memory.iova(), slots);
        this.reach = new Reach(ring, function.maxTransfer());
        this.start = new Start(registers, pacer, ring.statusIova());
        this.control = new ChannelControl(registers, pacer);
        this.owner = owner;
    }

    /**
     * Brings the channel of an open function up. It has the function from then on.
     *
     * @throws UnusableException where the device does not do as it is told; the function is closed then
     */
    static CbdmaChannel open(final OpenFunction function, final int slots, final Pacer pacer, final Owner owner)
            throws UnusableException {
        RingMemory memory = null;
        boolean usable = false;
        try {
            memory = RingMemory.allocate(function.addresses(), DescriptorRing.bytes(slots));
            final CbdmaChannel channel = new CbdmaChannel(function, memory, slots, pacer, owner);
            channel.bringUp();
            usable = true;
            return channel;
        } finally {
            if (!usable) {
                function.discard(memory);
            }
        }
    }

    private void bringUp() throws UnusableException {
        if (!control.quiesce()) {
            throw new UnusableException(
                    "the channel does not reset",
                    "end this process, then echo 1 > /sys/bus/pci/devices/"
                            + function.function().address() + "/reset, or restart the host");
        }
        function.clearOldErrors();
        start.beginReset(ring.iova(0));
        ring.prime(-1);
        if (registers.state() == Registers.HALTED) {
            start.begin(registers.error(), ring.iova(0));
        }
        if (!start.complete()) {
            throw new UnusableException(
                    "the channel does not start; CHANSTS 0x" + Long.toHexString(registers.status()) + ", CHANERR "
                            + ChannelError.names(registers.error()),
                    "see dmesg for faults of the IOMMU");
        }
        ring.prime(-1);
        state = RUNNING;
    }

    @Override
    public int transferData(final CopyBatch batch) {
        if (state != RUNNING && !restart()) {
            return state == DEAD ? CopyStatus.HALTED : 0;
        }
        final int first = batch.first();
        final int end = batch.end();
        final long limit = reported + ring.capacity();
        long slot = submitted;
        int next = first;
        while (next < end) {
            final int slots = reach.put(
                    slot, (int) (limit - slot), batch.source(next), batch.destination(next), batch.length(next));
            if (slots == 0) {
                break;
            }
            slot += slots;
            next++;
        }
        if (slot != submitted) {
            submitted = slot;
            registers.publish(submitted - chained);
        }
        return next - first;
    }

    @Override
    public int completedCopies(final Completions completions) {
        if (state == RUNNING) {
            look();
        } else if (state == STARTING) {
            restart();
        }
        final int count = report(completions);
        return count == 0 && state == DEAD ? CopyStatus.HALTED : count;
    }

    /** Reads the completion word, and now and then the device. */
    private void look() {
        final long word = ring.statusAcquire();
        final int ahead = ring.ahead(word, completed);
        if (ahead != 0) {
            progress(ahead);
        }
        // ACTIVE and IDLE may both be there, whatever the channel does by now.
        if ((word & Registers.STATE) == Registers.HALTED) {
            halted();
        } else if (ahead == 0 && completed != submitted && ++idlePolls == POLLS_PER_LOOK) {
            idlePolls = 0;
            lookAtDevice();
        }
    }

    private void progress(final int ahead) {
        if (ahead < 0 || ahead > submitted - completed) {
            state = DEAD; // it names a descriptor that it was never given
            halts.add(0);
        } else {
            completed += ahead;
            idlePolls = 0;
        }
    }

    private void lookAtDevice() {
        final long status = registers.status();
        if (status == Registers.ABSENT) {
            state = DEAD;
            halts.add(Registers.ABSENT);
        } else if ((status & Registers.STATE) == Registers.HALTED) {
            final int ahead = ring.ahead(status, completed);
            if (ahead != 0) {
                progress(ahead);
            }
            halted();
        }
    }

    /** The channel stands still, at the copy behind the last one that was completed. */
    private void halted() {
        if (state == DEAD) {
            return;
        }
        final int error = registers.error();
        halts.add(error);
        if (ChannelError.isFatal(error)) {
            state = DEAD;
            return;
        }
        if (completed != submitted) {
            final long last = ring.last(completed);
            ring.outcome(last, ChannelError.outcome(error));
            completed = last + 1;
        }
        state = STARTING;
        start.begin(error, ring.iova(completed));
        restart();
    }

    /** One step of a start behind a halt. Whether the channel runs. */
    private boolean restart() {
        if (state == STARTING) {
            final int step = start.step();
            if (step == Start.DONE) {
                running();
            } else if (step == Start.FAILED) {
                state = DEAD;
            }
        }
        return state == RUNNING;
    }

    /** The channel is armed for {@code completed}: shows it what is queued from there on. */
    private void running() {
        ring.prime(completed - 1);
        chained = completed;
        idlePolls = 0;
        state = RUNNING;
        if (submitted != completed) {
            registers.publish(submitted - chained);
        }
    }

    private int report(final Completions completions) {
        if (ring.isPlain()) {
            final int count = (int) Math.min(completed - reported, completions.room());
            completions.succeeded(count);
            reported += count;
            return count;
        }
        return reportEach(completions);
    }

    private int reportEach(final Completions completions) {
        int count = 0;
        while (reported != completed && completions.room() > 0) {
            final long last = ring.last(reported);
            if (last >= completed) {
                break; // its last pieces are under way
            }
            final int outcome = ring.outcome(last);
            if (outcome == CopyStatus.OK) {
                completions.succeeded(1);
            } else {
                completions.failed(outcome);
            }
            for (; reported <= last; reported++) {
                ring.outcome(reported, 0);
            }
            count++;
        }
        return count;
    }

    @Override
    public boolean abort() {
        if (closed) {
            return stopped;
        }
        if (state == RUNNING) {
            look();
        }
        if (state == RUNNING && completed == submitted) {
            forget();
            return true;
        }
        if (!control.stop()) {
            state = DEAD;
            return false;
        }
        forget();
        state = DEAD;
        start.begin(registers.error(), ring.iova(completed));
        if (start.complete()) {
            running();
        }
        return true;
    }

    private void forget() {
        completed = submitted;
        reported = submitted;
        ring.clear();
    }

    @Override
    public void announce(final MemoryRegion region) throws DmaException {
        if (closed) {
            throw new DmaException(function + ": the channel is closed");
        }
        try {
            reach.add(function.addresses().map(region));
            announced.add(region);
        } catch (UnusableException e) {
            throw new DmaException(function + ": " + e.getMessage(), e);
        }
    }

    @Override
    public void withdraw(final MemoryRegion region) throws DmaException {
        if (!announced.contains(region)) {
            throw new DmaException(function + ": " + VfioErrors.describe(region) + " was not announced");
        }
        for (long slot = reported; slot != submitted; slot++) {
            if (ring.names(slot, region.address(), region.address() + region.length())) {
                throw new DmaException(function + ": copies are in flight in " + VfioErrors.describe(region)
                        + "; ask for their completion, or abort them, first");
            }
        }
        try {
            function.addresses().unmap(region);
        } catch (UnusableException e) {
            throw new DmaException(function + ": " + e.getMessage(), e);
        }
        reach.remove(region.address(), region.length());
        announced.remove(region);
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        stopped = control.stop() && isIsolated();
        closed = true;
        state = DEAD;
        if (stopped) {
            forget();
            for (final MemoryRegion region : announced) {
                function.release(region);
            }
            announced.clear();
            function.discard(memory);
        }
        owner.closed(this, stopped);
    }

    private boolean isIsolated() {
        try {
            function.isolate();
            return true;
        } catch (LinuxException e) {
            return false;
        }
    }

    OpenFunction function() {
        return function;
    }

    /** How often it has halted. Any thread. */
    HaltCount halts() {
        return halts;
    }
}
