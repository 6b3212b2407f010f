package dma.dsa.internal.engine;

import dma.api.CopyStatus;
import dma.dsa.internal.wire.CompletionRecord;
import dma.dsa.internal.wire.CompletionStatus;
import dma.dsa.internal.wire.CompletionStatus.Action;
import dma.dsa.internal.wire.Descriptor;
import java.util.Arrays;
import linux.Memory;
import linux.Pages;

/**
 * Looks how submissions ended, in their order, and deals with it. A copy that met a page fault is resumed where it ended, after
 * its pages were made present; after too many faults, or where the queue takes it not at once, the processor makes the
 * rest. Memory that cannot be made present is unreachable. The owner's thread only; allocates nothing.
 */
final class Settler {
    /** Bytes that the processor may make in one call before the owner has its thread back. */
    private static final long FINISH_BYTES = 1 << 20;

    private final Slots slots;
    private final Sender sender;
    private final CopyRing ring;
    private final StatusCounts counts;
    private final int resumeLimit;
    private final byte[] attempts;

    Settler(final Slots slots, final Sender sender, final StatusCounts counts, final int resumeLimit) {
        this.slots = slots;
        this.sender = sender;
        this.ring = slots.ring();
        this.counts = counts;
        this.resumeLimit = resumeLimit;
        this.attempts = new byte[ring.slots()];
    }

    /** Gives an outcome to the oldest, as far as they are over. */
    void settle() {
        long budget = FINISH_BYTES;
        while (!slots.isSettled() && budget > 0) {
            final int slot = slots.oldest();
            if (slots.isDecided(slot)) {
                attempts[slot] = 0;
                slots.settle(1);
            } else if (slots.isUnsent(slot)) {
                budget -= finish(slot);
            } else {
                final int code = slots.code(slot);
                if (code == 0) {
                    return;
                }
                slots.seen(slot);
                budget -= settle(slot, CompletionStatus.of(code));
            }
        }
    }

    /** Returns the bytes that the processor has made. */
    private long settle(final int slot, final CompletionStatus status) {
        if (status == CompletionStatus.SUCCESS) {
            final int copies = slots.width(slot);
            counts.add(status, copies);
            attempts[slot] = 0;
            slots.settle(copies);
            return 0;
        }
        counts.add(status, 1);
        if (slots.isBatch(slot)) {
            unfold(slot, status);
            return 0;
        }
        return recover(slot, status);
    }

    /** Makes single copies of a batch that has failed: each has its own record, or was made, or was never begun. */
    private void unfold(final int first, final CompletionStatus status) {
        final int size = slots.width(first);
        final boolean hasMembers = status == CompletionStatus.BATCH_FAIL || status == CompletionStatus.BATCH_PAGE_FAULT;
        final long dealtWith = hasMembers ? CompletionRecord.completed(ring.headRecord(first)) : 0;
        if (status.action() == Action.REFUSE) {
            sender.endBatches();
        }
        for (int i = 0; i < size; i++) {
            final int slot = first + i;
            if (CompletionRecord.status(ring.record(slot)) != 0) {
                slots.over(slot);
            } else if (i < dealtWith) {
                counts.add(CompletionStatus.SUCCESS, 1);
                slots.decide(slot, CopyStatus.OK);
            } else if (!hasMembers && status.action() == Action.FAIL) {
                slots.decide(slot, CopyStatus.FAILED); // nobody knows how far it came
            } else if (!sender.again(slot)) {
                slots.unsend(slot);
            }
        }
    }

    /** After this the copy has an outcome, or is the device's again. Returns the bytes that the processor has made. */
    private long recover(final int slot, final CompletionStatus status) {
        switch (status.action()) {
            case RESUME:
                return resume(slot);
            case RESUBMIT:
                return againOrFinish(slot);
            case FINISH:
                return finish(slot);
            case REFUSE:
                slots.decide(slot, CopyStatus.REFUSED);
                return 0;
            case UNREACHABLE:
                slots.decide(slot, CopyStatus.UNREACHABLE);
                return 0;
            default:
                slots.decide(slot, CopyStatus.FAILED);
                return 0;
        }
    }

    private long resume(final int slot) {
        final long descriptor = ring.descriptor(slot);
        final long record = ring.record(slot);
        final long made = CompletionRecord.completed(record);
        if (made > Descriptor.length(descriptor)) {
            slots.decide(slot, CopyStatus.FAILED); // what the device says cannot be
            return 0;
        }
        Descriptor.advance(descriptor, made, CompletionRecord.isBackward(record));
        final long left = Descriptor.length(descriptor);
        if (left == 0) {
            slots.decide(slot, CopyStatus.OK);
            return 0;
        }
        if (!isReachable(descriptor)) {
            slots.decide(slot, CopyStatus.UNREACHABLE);
            return 0;
        }
        return againOrFinish(slot);
    }

    /**
     * Makes all that is left of a copy present, not just the page that the device names: the next fault would cost a round
     * trip. Whether that is possible; kernels that cannot say are believed to.
     */
    private static boolean isReachable(final long descriptor) {
        final long length = Descriptor.length(descriptor);
        return !Pages.canPopulate()
                || Pages.populateForReading(Descriptor.source(descriptor), length) == 0
                        && Pages.populateForWriting(Descriptor.destination(descriptor), length) == 0;
    }

    private long againOrFinish(final int slot) {
        if (attempts[slot] < resumeLimit) {
            attempts[slot]++;
            if (sender.again(slot)) {
                return 0;
            }
        }
        return finish(slot);
    }

    /** Makes what is left. An access to memory that is not mapped would end the process: it is asked for first. */
    private long finish(final int slot) {
        final long descriptor = ring.descriptor(slot);
        if (!isReachable(descriptor)) {
            slots.decide(slot, CopyStatus.UNREACHABLE);
            return 0;
        }
        final long length = Descriptor.length(descriptor);
        int outcome = CopyStatus.OK;
        try {
            Memory.copy(Descriptor.source(descriptor), Descriptor.destination(descriptor), length);
            Memory.surfaceFault();
        } catch (InternalError e) {
            outcome = CopyStatus.UNREACHABLE; // a file of guest memory was truncated this moment
        }
        counts.addFinished();
        slots.decide(slot, outcome);
        return length;
    }

    /** Everything was dropped. */
    void forget() {
        Arrays.fill(attempts, (byte) 0);
    }
}
