package dma.dsa.internal.engine;

import dma.api.CopyBatch;
import dma.api.CopyStatus;
import dma.dsa.internal.wire.CompletionRecord;
import dma.dsa.internal.wire.Descriptor;
import dma.dsa.internal.wire.Flag;
import dma.dsa.internal.wire.Opcode;
import java.lang.invoke.VarHandle;

/**
 * Writes descriptors and hands them over: alone, or in batches where the way takes them. Members of a batch write a record only
 * where they fail, so that one look finds a whole batch made. No fences: copies do not depend on each other.
 *
 * <p>A descriptor is that of a whole copy, or of all but its head ({@link Heads}). The head is made once the rest was taken: a
 * copy that was not is not this channel's to touch, and the device works meanwhile.
 *
 * <p>Descriptors and cleared records are written plain, then a release fence, then the submission. The owner's thread only;
 * allocates nothing.
 */
final class Sender {
    private static final int HEAD_FLAGS = Flag.RECORD_ADDRESS_VALID | Flag.REQUEST_RECORD;

    private final Slots slots;
    private final CopyRing ring;
    private final Submitter submitter;
    private final Credits credits;
    private final StatusCounts counts;
    private final Heads heads;
    private final int singleFlags;
    private final int memberFlags;

    /** Less than 2 where there are no batches, or the device has refused one. */
    private int batchLimit;

    /** Of the descriptors that were prepared last, those that are not of a whole copy. */
    private int headless;

    /** {@code flags} are those that all copies have beside those of their records. */
    Sender(
            final Slots slots,
            final OpenQueue.Way way,
            final int flags,
            final int batchLimit,
            final Heads heads,
            final StatusCounts counts) {
        this.slots = slots;
        this.ring = slots.ring();
        this.submitter = way.submitter();
        this.credits = way.credits();
        this.heads = heads;
        this.counts = counts;
        this.memberFlags = flags | Flag.RECORD_ADDRESS_VALID;
        this.singleFlags = memberFlags | Flag.REQUEST_RECORD;
        this.batchLimit = submitter.takesBatches() ? batchLimit : 0;
    }

    /**
     * Submits {@code count} copies of {@code batch} from {@code from} on; their slots lie side by side.
     *
     * @return how many were taken; or a negative errno where none was and none will be
     */
    int send(final CopyBatch batch, final int from, final int count) {
        int done = 0;
        while (done < count) {
            final int size = batchLimit < 2 ? count - done : Math.min(count - done, batchLimit);
            final int taken = batchLimit < 2 || size < 2
                    ? sendCopies(batch, from + done, size)
                    : sendBatch(batch, from + done, size);
            if (taken < size) {
                return taken > 0 || done > 0 ? done + Math.max(0, taken) : taken;
            }
            done += taken;
        }
        return done;
    }

    private int sendCopies(final CopyBatch batch, final int from, final int count) {
        final int slot = slots.next();
        final int allowed = takeCredits(count);
        if (allowed == 0) {
            return 0;
        }
        headless = 0;
        for (int i = 0; i < allowed; i++) {
            prepare(batch, from + i, slot + i, singleFlags);
        }
        VarHandle.releaseFence();
        final int taken = submitter.submit(ring.descriptor(slot), allowed);
        credits.giveBack(allowed - Math.max(0, taken));
        slots.submittedCopies(Math.max(0, taken));
        if (headless != 0) {
            makeHeads(batch, from, slot, taken);
        }
        return taken;
    }

    private int sendBatch(final CopyBatch batch, final int from, final int size) {
        final int slot = slots.next();
        if (takeCredits(1) == 0) {
            return 0;
        }
        headless = 0;
        for (int i = 0; i < size; i++) {
            prepare(batch, from + i, slot + i, memberFlags);
        }
        final long record = ring.headRecord(slot);
        CompletionRecord.clear(record);
        Descriptor.write(ring.head(slot), Opcode.BATCH, HEAD_FLAGS, record, ring.descriptor(slot), 0, size);
        VarHandle.releaseFence();
        final int taken = submitter.submit(ring.head(slot), 1);
        if (taken <= 0) {
            credits.giveBack(1);
            return taken;
        }
        slots.submittedBatch(size);
        counts.addBatch();
        if (headless != 0) {
            makeHeads(batch, from, slot, size);
        }
        return size;
    }

    private void prepare(final CopyBatch batch, final int index, final int slot, final int flags) {
        final long record = ring.record(slot);
        CompletionRecord.clear(record);
        final long source = batch.source(index);
        final long destination = batch.destination(index);
        final long length = batch.length(index);
        final int head = heads.length(source, destination, length);
        headless += head == 0 ? 0 : 1;
        Descriptor.write(
                ring.descriptor(slot), Opcode.MEMMOVE, flags, record, source + head, destination + head, length - head);
    }

    /** Of {@code count} copies whose descriptors were taken. */
    private void makeHeads(final CopyBatch batch, final int from, final int slot, final int count) {
        int made = 0;
        for (int i = 0; i < count; i++) {
            final long destination = batch.destination(from + i);
            final int head = (int) (Descriptor.destination(ring.descriptor(slot + i)) - destination);
            if (head == 0) {
                continue;
            }
            made++;
            if (!Heads.make(batch.source(from + i), destination, head)) {
                slots.fail(slot + i, CopyStatus.UNREACHABLE); // whatever becomes of its rest
            }
        }
        counts.addHeads(made);
    }

    private int takeCredits(final int wanted) {
        final int taken = credits.take(wanted);
        if (taken == wanted) {
            return taken;
        }
        slots.reap();
        return taken + credits.take(wanted - taken);
    }

    /** Submits what the descriptor of {@code slot} says now, alone; whether it was taken. Never waits for a credit. */
    boolean again(final int slot) {
        if (credits.take(1) == 0) {
            return false;
        }
        CompletionRecord.clear(ring.record(slot));
        Descriptor.writeFlags(ring.descriptor(slot), singleFlags);
        VarHandle.releaseFence();
        if (submitter.submit(ring.descriptor(slot), 1) != 1) {
            credits.giveBack(1);
            return false;
        }
        counts.addResubmitted();
        slots.submittedAgain(slot);
        return true;
    }

    /** The device refuses batches: from now on there are none. */
    void endBatches() {
        batchLimit = 0;
    }
}
