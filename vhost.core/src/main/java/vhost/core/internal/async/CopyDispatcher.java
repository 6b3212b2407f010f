package vhost.core.internal.async;

import dma.api.Completions;
import dma.api.CopyBatch;
import dma.api.CopyStatus;
import dma.api.DmaOps;
import java.lang.foreign.Arena;
import linux.Memory;

/**
 * Gives each copy of one queue to the processor or to the queue's engine, by its length. The queue's owner only.
 *
 * <p>Copies shorter than the threshold are made at once. The others are collected, handed over with one call a burst by
 * {@link #finish()}, and waited for there: an engine's answer is bounded in time and doubted. What an engine refuses, fails
 * at or does not finish is copied by the processor, so that {@code finish} always leaves every copy made.
 */
public final class CopyDispatcher {
    /** Most copies handed over at once. */
    private static final int BATCH = 256;

    /** How long an engine may take for a burst; far beyond what any of them needs, nanoseconds. */
    private static final long DEADLINE_NANOS = 50_000_000;

    private final CopyBatch batch;
    private final Completions completions = new Completions(BATCH);

    private DmaOps channel;
    private volatile boolean trusted;
    private int threshold = Integer.MAX_VALUE;
    private long maxCopyBytes;
    private int alignmentMask;

    /** Copies of the batch, a prefix, that were made. */
    private int done;

    private long engineCopies;
    private long coreCopies;
    private long redone;

    public CopyDispatcher(final Arena arena) {
        batch = new CopyBatch(arena, BATCH);
    }

    /**
     * Copies of at least {@code threshold} bytes go to {@code channel} from now on; {@code null} takes the engine away.
     * Nothing may be pending.
     */
    public void use(final DmaOps channel, final int threshold, final long maxCopyBytes, final int alignment) {
        this.channel = channel;
        this.threshold = channel == null ? Integer.MAX_VALUE : threshold;
        this.maxCopyBytes = maxCopyBytes;
        this.alignmentMask = alignment - 1;
        this.trusted = true;
    }

    /** The channel in use, or null. */
    public DmaOps channel() {
        return channel;
    }

    /** Whether the channel has behaved: not halted, in time, in bounds. A channel that has not is not used again. */
    public boolean isTrusted() {
        return trusted;
    }

    /** Copies {@code length} &gt; 0 bytes, now or by {@link #finish()}. */
    public void copy(final long source, final long destination, final int length) {
        if (length < threshold) {
            Memory.copy(source, destination, length);
            coreCopies++;
        } else {
            offer(source, destination, length);
        }
    }

    private void offer(final long source, final long destination, final int length) {
        if (length > maxCopyBytes || ((source | destination) & alignmentMask) != 0) {
            Memory.copy(source, destination, length);
            coreCopies++;
            return;
        }
        if (batch.isFull()) {
            finish();
        }
        batch.add(source, destination, length);
    }

    /** Returns when every copy was made and can be seen. */
    public void finish() {
        if (!batch.isEmpty()) {
            transfer();
            batch.clear();
        }
    }

    /**
     * Forgets what was collected: the guest's memory failed in the middle of a burst. Nothing of it may be touched by a
     * later burst, when that memory is no longer mapped.
     */
    public void abandon() {
        if (batch.end() != 0) {
            batch.clear();
            if (channel != null && trusted) {
                trusted = abort();
            }
        }
    }

    private void transfer() {
        done = 0;
        try {
            exchange();
        } catch (RuntimeException e) {
            // Against its contract: what it has not reported is given up with the channel.
        }
        engineCopies += done;
        if (done < batch.end()) {
            giveUp(done, batch.end());
        }
    }

    /** Hands the batch over and waits for it; {@link #done} says how far it came. */
    private void exchange() {
        final int end = batch.end();
        long deadline = 0;
        while (done < end && trusted) {
            if (!batch.isEmpty()) {
                final int accepted = channel.transferData(batch);
                if (accepted < 0 || accepted > end - batch.first()) {
                    break;
                }
                batch.advance(accepted);
            }
            completions.clear();
            final int completed = channel.completedCopies(completions);
            if (completed < 0 || completed != completions.count() || completed > batch.first() - done) {
                break;
            }
            if (completions.failures() != 0) {
                redoFailed(done);
            }
            done += completed;
            if (completed == 0) {
                // One deadline for the whole burst: an engine that completes a copy now and then is too late as well.
                if (deadline == 0) {
                    deadline = System.nanoTime() + DEADLINE_NANOS;
                } else if (System.nanoTime() - deadline > 0) {
                    break;
                }
                Thread.onSpinWait();
            }
        }
    }

    private void redoFailed(final int from) {
        for (int i = 0; i < completions.count(); i++) {
            if (completions.status(i) != CopyStatus.OK) {
                copyAgain(from + i);
                engineCopies--;
            }
        }
    }

    /** The channel broke its contract, halted or is late: nothing of it is believed, all that is open is copied here. */
    private void giveUp(final int from, final int end) {
        trusted = false;
        threshold = Integer.MAX_VALUE;
        abort();
        for (int i = from; i < end; i++) {
            copyAgain(i);
        }
    }

    private boolean abort() {
        try {
            return channel.abort();
        } catch (RuntimeException e) {
            return false;
        }
    }

    private void copyAgain(final int index) {
        Memory.copy(batch.source(index), batch.destination(index), batch.length(index));
        redone++;
        coreCopies++;
    }

    /** Copies that an engine made. Opaque reads of the owner's plain counts: see the queue's counters. */
    public long engineCopies() {
        return engineCopies;
    }

    public long coreCopies() {
        return coreCopies;
    }

    /** Copies made again after an engine failed at them; {@link #coreCopies} holds them too. */
    public long redone() {
        return redone;
    }
}
