package vhost.core.internal.async;

import linux.Memory;
import vhost.core.api.VhostEngines;

/**
 * Gives each copy of one queue to the processor or to the queue's engine, by its length, and follows the channels of engines
 * that serve it: the one in use, and those before it that still have copies under way. The queue's owner only.
 *
 * <p>Copies shorter than the threshold are made at once. The others are collected, and handed over with one call a burst by
 * {@link #finish}. Whatever becomes of the engine, every copy is made: see {@link CopyChannel}.
 */
public final class CopyDispatcher {
    /** Channels that may be on their way out at a time. */
    private static final int MAX_DRAINING = 16;

    private final CopyCounts counts = new CopyCounts();
    private final CopyChannel[] draining = new CopyChannel[MAX_DRAINING];
    private int drainingCount;

    private CopyChannel active;
    private boolean offloads;
    private int threshold = Integer.MAX_VALUE;

    /** Where the threshold is learned; null where it is given. */
    private AutoThreshold auto;

    /** Kept while the threshold is given. */
    private AutoThreshold learner;

    private String learnedEngine;

    /** Whether somebody waits for the copies to end. */
    private boolean hurried;

    /** Whether a channel was quarantined that {@link #takeQuarantine} has not told of. */
    private boolean quarantined;

    /**
     * Copies of at least {@code bytes} go to {@code next} from now on; {@code null} takes the engine away. The channel before
     * keeps what it has and is released when that is done.
     *
     * @param bytes or {@link VhostEngines#AUTO}
     * @return false where too many channels are still on their way out; nothing has changed then
     */
    public boolean use(final CopyChannel next, final int bytes) {
        if (next != active) {
            if (active != null) {
                if (drainingCount == MAX_DRAINING) {
                    return false;
                }
                active.drain();
                if (!active.isReleased()) {
                    draining[drainingCount++] = active;
                }
            }
            if (next != null) {
                next.begin(counts);
                next.hurry(hurried);
            }
        }
        active = next;
        offloads = next != null && next.offloads();
        learn(next, bytes);
        threshold = next == null ? Integer.MAX_VALUE : auto != null ? auto.threshold() : bytes;
        return true;
    }

    /** What was learned of an engine is forgotten when another one comes; what was of the processor stays. */
    private void learn(final CopyChannel next, final int bytes) {
        if (next == null || bytes != VhostEngines.AUTO) {
            auto = null;
            return;
        }
        if (learner == null) {
            learner = new AutoThreshold();
        } else if (!next.engine().equals(learnedEngine)) {
            learner.forgetEngine();
        }
        learnedEngine = next.engine();
        auto = learner;
    }

    /** What is learned, where the threshold is; or null. */
    public AutoThreshold auto() {
        return auto;
    }

    /** Copies of at least this many bytes go to the engine, as far as is learned; 0 where the threshold is given. */
    public int learnedThreshold() {
        return auto == null ? 0 : auto.threshold();
    }

    /** A burst begins. */
    void beginBurst() {
        if (auto != null && active.failure() == null) {
            threshold = auto.begin();
        }
    }

    /** Whether the burst is timed: {@link #sampled} wants the lengths of its packets. */
    boolean isSampling() {
        return auto != null && auto.isSampling();
    }

    /** A packet of a timed burst. */
    void sampled(final int length) {
        auto.packet(length);
    }

    /** Whether an engine that copies beside the processor is in use. */
    public boolean isOffloading() {
        return offloads;
    }

    /** Whether an engine is to make a copy of this length. */
    boolean isForEngine(final int length) {
        return length >= threshold;
    }

    /** Between bursts: whether copies of the last one wait for room in the engine. */
    boolean isBlocked() {
        return offloads && active.isBlocked();
    }

    /** The caller has made copies itself that were not {@link #isForEngine for an engine}. */
    void made(final int copies) {
        counts.core += copies;
    }

    /** Copies {@code length} &gt; 0 bytes, now or by {@link #finish}; the caller waits for that. */
    void copy(final long source, final long destination, final int length) {
        if (length < threshold) {
            Memory.copy(source, destination, length);
            counts.core++;
        } else {
            offer(source, destination, length, CopyChannel.NO_SLOT, null);
        }
    }

    /**
     * Copies {@code length} &gt; 0 bytes for the packet of {@code slot}: now, or it is counted there. For
     * {@link CopyChannel#NO_SLOT} as {@link #copy(long, long, int)}.
     */
    void copy(final long source, final long destination, final int length, final int slot, final InFlight packets) {
        if (length < threshold) {
            Memory.copy(source, destination, length);
            counts.core++;
        } else {
            offer(source, destination, length, slot, packets);
        }
    }

    private void offer(
            final long source, final long destination, final int length, final int slot, final InFlight packets) {
        if (active.isFull()) {
            finish(packets);
        }
        if (active.isFull() || !active.takes(source, destination, length)) {
            Memory.copy(source, destination, length);
            counts.core++;
            return;
        }
        if (slot != CopyChannel.NO_SLOT) {
            packets.copyBegun(slot);
        }
        active.collect(source, destination, length, slot);
    }

    /** The burst is over: hands over what was collected. What an engine makes before it returns is made then. */
    void finish(final InFlight packets) {
        if (active == null) {
            return;
        }
        if (offloads) {
            active.flush(packets, true);
        } else {
            active.flush(packets, false);
            while (active.outstanding() != 0 && !active.isQuarantined()) {
                active.reap(packets, false);
            }
        }
        if (auto != null && auto.isSampling()) {
            auto.end();
        }
        distrust();
    }

    private void distrust() {
        if (active.failure() != null) {
            threshold = Integer.MAX_VALUE;
            quarantined |= active.takeQuarantine();
        }
    }

    /**
     * Takes note of what has finished, on all channels.
     *
     * @param lost whether the ring's memory is gone: nothing is copied any more
     */
    public void reap(final InFlight packets, final boolean lost) {
        for (int i = drainingCount - 1; i >= 0; i--) {
            final CopyChannel channel = draining[i];
            channel.reap(packets, lost);
            quarantined |= channel.takeQuarantine();
            if (channel.isReleased()) {
                drainingCount--;
                draining[i] = draining[drainingCount];
                draining[drainingCount] = null;
            }
        }
        if (active != null) {
            if (auto != null && auto.isReapTimed()) {
                final long start = System.nanoTime();
                active.reap(packets, lost);
                auto.reaped(System.nanoTime() - start);
            } else {
                active.reap(packets, lost);
            }
            distrust();
        }
    }

    /** Whether somebody waits for the copies to end: a deadline is then one of the clock on the wall, however busy the owner. */
    public void hurry(final boolean now) {
        hurried = now;
        for (int i = 0; i < drainingCount; i++) {
            draining[i].hurry(now);
        }
        if (active != null) {
            active.hurry(now);
        }
    }

    /** Whether copies are under way, or a channel has not been released yet. */
    public boolean isBusy() {
        return drainingCount != 0 || active != null && active.outstanding() != 0 && !active.isQuarantined();
    }

    /** Copies that are under way and will end; those of a quarantined channel never do. */
    public int outstanding() {
        int sum = active == null || active.isQuarantined() ? 0 : active.outstanding();
        for (int i = 0; i < drainingCount; i++) {
            sum += draining[i].isQuarantined() ? 0 : draining[i].outstanding();
        }
        return sum;
    }

    /** Whether a channel has been quarantined since the last call. */
    public boolean takeQuarantine() {
        final boolean news = quarantined;
        quarantined = false;
        return news;
    }

    /**
     * The guest's memory failed in the middle of a burst. What was collected is forgotten: nothing of it may be touched by a
     * later burst, when that memory is no longer mapped.
     */
    public void interrupted(final InFlight packets) {
        if (active != null) {
            active.interrupted(packets);
            distrust();
        }
    }

    /** Copies that an engine made. */
    public long engineCopies() {
        return counts.engine;
    }

    /** Copies that the processor made. */
    public long coreCopies() {
        return counts.core;
    }

    /** Copies made again after an engine failed at them; {@link #coreCopies} holds them too. */
    public long redone() {
        return counts.redone;
    }

    /** Copies that the engine had no room for; {@link #coreCopies} holds them too. */
    public long overflowed() {
        return counts.overflowed;
    }
}
