package dma.dsa.internal.engine;

import dma.api.Completions;
import dma.api.CopyStatus;
import dma.dsa.internal.wire.CompletionRecord;
import java.util.Arrays;

/**
 * Where the copies of a channel are, slot by slot.
 *
 * <pre>
 *     reported            settled              submitted       reported + capacity
 *         | outcome is known  | the device's       | free …           |
 * </pre>
 *
 * <p>The device completes in any order; the oldest submission that is not over holds back all after it. A submission is a
 * copy with its own record, or a batch whose head's record tells when all of it is over. Of a dedicated queue each holds one
 * credit until its record was seen: by {@link #settle}, or by {@link #reap} where others need it.
 *
 * <p>The channel's threads only; allocates nothing.
 */
final class Slots {
    // What a slot that is not settled is; ENDED is added to the first two when the credit was given back.
    private static final byte COPY = 1;
    private static final byte BATCH = 2;
    /** The outcome is known. */
    private static final byte DECIDED = 4;
    /** Nobody makes it yet. */
    private static final byte UNSENT = 8;

    private static final byte ENDED = 16;

    private final CopyRing ring;
    private final Credits credits;
    private final int capacity;
    private final int mask;
    private final byte[] state;

    /** Of the first slot of a batch: its copies. */
    private final short[] members;

    /** {@link CopyStatus}; 0 but for failures that were not reported. */
    private final byte[] outcome;

    private int failures;
    private long reported;
    private long settled;
    private long submitted;

    Slots(final CopyRing ring, final Credits credits, final int capacity) {
        this.ring = ring;
        this.credits = credits;
        this.capacity = capacity;
        this.mask = ring.slots() - 1;
        this.state = new byte[ring.slots()];
        this.members = new short[ring.slots()];
        this.outcome = new byte[ring.slots()];
    }

    CopyRing ring() {
        return ring;
    }

    /** How many more copies fit. */
    int room() {
        return capacity - (int) (submitted - reported);
    }

    /** Where the next copy goes. */
    int next() {
        return (int) submitted & mask;
    }

    /** How many slots lie side by side from {@link #next} on. */
    int untilWrap() {
        return ring.slots() - next();
    }

    /** The next {@code copies} slots were submitted one by one. */
    void submittedCopies(final int copies) {
        for (int i = 0; i < copies; i++) {
            state[(int) submitted & mask] = COPY;
            submitted++;
        }
    }

    /** The next {@code copies} slots were submitted as a batch. */
    void submittedBatch(final int copies) {
        state[next()] = BATCH;
        members[next()] = (short) copies;
        submitted += copies;
    }

    /** The next slot is a copy that never reaches the device. */
    void submittedNothing(final int status) {
        final int slot = next();
        submitted++;
        decide(slot, status);
    }

    /** A copy that was over is the device's again. */
    void submittedAgain(final int slot) {
        state[slot] = COPY;
    }

    /** A copy that was submitted was not made, and is nobody's. */
    void unsend(final int slot) {
        state[slot] = UNSENT;
    }

    /** A copy of a batch that is over, and has a record of its own. */
    void over(final int slot) {
        state[slot] = COPY | ENDED;
    }

    /** The outcome of a copy is known. */
    void decide(final int slot, final int status) {
        state[slot] = DECIDED;
        fail(slot, status);
    }

    /** A copy will not have been made, however what the device has of it ends; the first failure is the one that counts. */
    void fail(final int slot, final int status) {
        if (status != CopyStatus.OK && outcome[slot] == CopyStatus.OK) {
            outcome[slot] = (byte) status;
            failures++;
        }
    }

    boolean isEmpty() {
        return reported == submitted;
    }

    boolean isSettled() {
        return settled == submitted;
    }

    /** The oldest that is not settled. */
    int oldest() {
        return (int) settled & mask;
    }

    boolean isDecided(final int slot) {
        return state[slot] == DECIDED;
    }

    boolean isUnsent(final int slot) {
        return state[slot] == UNSENT;
    }

    boolean isBatch(final int slot) {
        return (state[slot] & BATCH) != 0;
    }

    /** Copies of the submission that begins at {@code slot}. */
    int width(final int slot) {
        return isBatch(slot) ? members[slot] : 1;
    }

    /** The status code that the device has written, 0 where it has not; acquire. */
    int code(final int slot) {
        return CompletionRecord.status(isBatch(slot) ? ring.headRecord(slot) : ring.record(slot));
    }

    /** The record of a submission was seen. */
    void seen(final int slot) {
        if ((state[slot] & ENDED) == 0) {
            state[slot] |= ENDED;
            credits.giveBack(1);
        }
    }

    /** The oldest {@code copies} have their outcomes. */
    void settle(final int copies) {
        settled += copies;
    }

    /** Gives back the credits of what is over behind what is not. */
    void reap() {
        for (long at = settled; at < submitted; at += width((int) at & mask)) {
            final int slot = (int) at & mask;
            if (isHeldByDevice(slot) && code(slot) != 0) {
                seen(slot);
            }
        }
    }

    private boolean isHeldByDevice(final int slot) {
        return (state[slot] & (DECIDED | UNSENT | ENDED)) == 0;
    }

    /** Whether the device has ended all that it was given. */
    boolean areAllOver() {
        for (long at = settled; at < submitted; at += width((int) at & mask)) {
            final int slot = (int) at & mask;
            if (isHeldByDevice(slot) && code(slot) == 0) {
                return false;
            }
        }
        return true;
    }

    /** Drops everything; all of it is over. */
    void forget() {
        reap();
        Arrays.fill(outcome, (byte) CopyStatus.OK);
        failures = 0;
        settled = submitted;
        reported = submitted;
    }

    /** Appends the outcomes of the oldest, as many as fit; how many. */
    int report(final Completions completions) {
        final int count = (int) Math.min(settled - reported, completions.room());
        if (failures == 0) {
            completions.succeeded(count);
        } else {
            reportEach(completions, count);
        }
        reported += count;
        return count;
    }

    private void reportEach(final Completions completions, final int count) {
        for (int i = 0; i < count; i++) {
            final int slot = (int) (reported + i) & mask;
            if (outcome[slot] == CopyStatus.OK) {
                completions.succeeded(1);
            } else {
                completions.failed(outcome[slot]);
                outcome[slot] = CopyStatus.OK;
                failures--;
            }
        }
    }
}
