package vhost.core.internal.async;

import dma.api.Completions;
import dma.api.CopyBatch;
import dma.api.CopyStatus;
import dma.api.DmaLimits;
import dma.api.DmaOps;
import java.lang.foreign.Arena;
import java.util.function.Consumer;
import linux.Memory;

/**
 * One channel of an engine as its queue uses it: what was handed over and is not finished, in the order of submission, and
 * whether the engine is still believed.
 *
 * <pre>
 *      finished          accepted            collected
 *         | the engine's    | in the batch      | free …
 * </pre>
 *
 * <p>Nothing that the engine says is taken for granted. A count out of bounds, an exception, a negative code, too many failed
 * copies or one that is not finished in time end its use ({@link #failure}): it is given nothing any more, and what it
 * holds is aborted by the control plane, since that may take long. Then the owner makes those copies itself; or, where the
 * engine cannot promise that it has stopped, leaves their memory alone for good ({@link #isQuarantined}).
 *
 * <p>Threads: the owner of the queue, but for what says <em>any thread</em>. The control plane hands it over, and gets it
 * back when {@link #isReleased}.
 */
public final class CopyChannel {
    /** What happens to copies that the engine has no room for. */
    public enum Overflow {
        /** The processor makes them at once. */
        CPU,
        /** They wait, and no further packets are taken meanwhile. */
        WAIT
    }

    /** Of a copy that its submitter waits for. */
    static final int NO_SLOT = -1;

    /** Copies collected at most before they are handed over. */
    static final int BATCH = 256;

    /** Copies under way at most, whatever the engine would take. */
    private static final int MAX_IN_FLIGHT = 512;

    /** A failed copy adds, a good one takes one away: 32 failures in a row are too many, and so is one in 17. */
    private static final int FAILURE_WEIGHT = 16;

    private static final int FAILURE_LIMIT = 512;

    /** The clock is looked at this often while completions come. */
    private static final int POLLS_A_CLOCK = 64;

    /** Owners that poll look more often than this. */
    private static final long LONGEST_LOOK_NANOS = 1_000_000;

    private static final int NO_ABORT = 0;
    private static final int ABORT_WANTED = 1;
    private static final int STOPPED = 2;
    private static final int NOT_STOPPED = 3;

    private final String engine;
    private final DmaOps ops;
    private final DmaLimits limits;
    private final Overflow overflow;
    private final long deadlineNanos;
    private final Consumer<CopyChannel> attention;
    private final int capacity;
    private final long maxCopyBytes;
    private final int alignmentMask;

    private final CopyBatch batch;
    private final Completions completions = new Completions(BATCH);
    private final int mask;
    private final long[] source;
    private final long[] destination;
    private final int[] length;
    private final int[] slot;
    private final long[] acceptedAt;

    private int finished;
    private int accepted;
    private int collected;
    private int failureScore;
    private boolean refusing;
    private long refusedAt;
    private int polls;
    private long lookedAt;
    private long awayNanos;
    private boolean hurried;
    private boolean draining;
    private boolean quarantineTold;
    private CopyCounts counts;
    private long copiesMade;
    private long bytesMade;

    private volatile String failure;
    private volatile int abort = NO_ABORT;
    private volatile boolean released;
    private volatile long releasedNanos;
    private volatile boolean quarantined;

    /**
     * Control plane.
     *
     * @param arena lives at least until the channel is released
     * @param deadlineNanos how long a copy may take
     * @param attention called by the owner, must not block: the channel has failed, wants to be aborted or is released
     */
    public CopyChannel(
            final Arena arena,
            final String engine,
            final DmaOps ops,
            final DmaLimits limits,
            final Overflow overflow,
            final long deadlineNanos,
            final Consumer<CopyChannel> attention) {
        this.engine = engine;
        this.ops = ops;
        this.limits = limits;
        this.overflow = overflow;
        this.deadlineNanos = deadlineNanos;
        this.attention = attention;
        this.capacity = Math.min(limits.maxInFlight(), MAX_IN_FLIGHT);
        this.maxCopyBytes = limits.maxCopyBytes();
        this.alignmentMask = limits.alignment() - 1;
        this.batch = new CopyBatch(arena, BATCH);
        final int slots = Integer.highestOneBit(capacity * 2 - 1);
        this.mask = slots - 1;
        this.source = new long[slots];
        this.destination = new long[slots];
        this.length = new int[slots];
        this.slot = new int[slots];
        this.acceptedAt = new long[slots];
    }

    // ---- any thread ----

    /** The engine's name. */
    public String engine() {
        return engine;
    }

    /** The engine's side; the control plane calls it only before it hands the channel over and after it has it back, and to abort. */
    public DmaOps ops() {
        return ops;
    }

    /** Whether copies run beside the processor. */
    public boolean offloads() {
        return limits.offloads();
    }

    /** Why the engine is not believed any more; null where it is. */
    public String failure() {
        return failure;
    }

    /** Whether the control plane is to call {@link DmaOps#abort} and to tell {@link #aborted}. */
    public boolean isAbortWanted() {
        return abort == ABORT_WANTED;
    }

    /** Control plane: the engine was told to stop; {@code stopped} says whether it promises to have. */
    public void aborted(final boolean stopped) {
        abort = stopped ? STOPPED : NOT_STOPPED;
    }

    /** Whether the owner will never touch the channel again and nothing of it is under way; or it is quarantined. */
    public boolean isReleased() {
        return released;
    }

    /** {@link System#nanoTime} when it was released. */
    public long releasedNanos() {
        return releasedNanos;
    }

    /** Copies that the engine made; once it {@link #isReleased}. */
    public long copiesMade() {
        return copiesMade;
    }

    /** Bytes of {@link #copiesMade}; once it {@link #isReleased}. */
    public long bytesMade() {
        return bytesMade;
    }

    /** Whether the engine may write for ever to memory that it was given: that memory must stay where it is. */
    public boolean isQuarantined() {
        return quarantined;
    }

    // ---- the owner ----

    /** Whether the engine can make this copy, and there is room to collect it. */
    boolean takes(final long from, final long to, final int bytes) {
        return failure == null
                && collected - finished < capacity
                && bytes <= maxCopyBytes
                && ((from | to) & alignmentMask) == 0;
    }

    /** The owner has it now, and counts here. */
    void begin(final CopyCounts sums) {
        counts = sums;
    }

    /** Collects a copy that {@link #takes} said yes to, for a slot of the packets in flight or for {@link #NO_SLOT}. */
    void collect(final long from, final long to, final int bytes, final int forSlot) {
        final int at = collected & mask;
        source[at] = from;
        destination[at] = to;
        length[at] = bytes;
        slot[at] = forSlot;
        batch.add(from, to, bytes);
        collected++;
    }

    /** Whether copies wait for room in the engine: no further packets, please. */
    boolean isBlocked() {
        return collected != accepted;
    }

    /** Whether it was quarantined since the last call. */
    boolean takeQuarantine() {
        final boolean news = quarantined && !quarantineTold;
        quarantineTold |= news;
        return news;
    }

    /** Whether the batch is to be handed over before another copy is collected. */
    boolean isFull() {
        return batch.isFull();
    }

    /** Copies that are not finished. */
    int outstanding() {
        return collected - finished;
    }

    /**
     * Hands over what was collected: one call, one doorbell. What the engine has no room for is made by the processor, or
     * waits where {@link Overflow} says so and {@code mayWait}.
     */
    void flush(final InFlight packets, final boolean mayWait) {
        if (collected == accepted) {
            return;
        }
        if (failure == null) {
            handOver();
        }
        if (failure != null || !mayWait || overflow == Overflow.CPU) {
            takeBack(packets);
        }
        if (collected == accepted) {
            batch.clear();
        }
    }

    private void handOver() {
        final int offered = collected - accepted;
        final long now = now();
        for (int i = 0; i < offered; i++) {
            acceptedAt[accepted + i & mask] = now;
        }
        try {
            final int taken = ops.transferData(batch);
            if (taken >= 0 && taken <= offered) {
                accepted += taken;
                batch.advance(taken);
                if (taken != 0 || accepted != finished) {
                    refusing = false;
                } else if (!refusing) {
                    refusing = true; // others may keep the device busy
                    refusedAt = now;
                } else if (now - refusedAt > deadlineNanos) {
                    fail("has nothing to do and takes no copies");
                }
                return;
            }
            accepted = collected; // it may have begun any of them
            fail(
                    taken < 0
                            ? "refused copies: " + CopyStatus.name(taken)
                            : "accepted " + taken + " copies of " + offered);
        } catch (RuntimeException e) {
            accepted = collected;
            fail("threw " + e);
        }
    }

    /** The processor makes what was collected and not accepted. From the end, so that the places before stay as they are. */
    private void takeBack(final InFlight packets) {
        while (collected != accepted) {
            collected--;
            final int at = collected & mask;
            Memory.copy(source[at], destination[at], length[at]);
            finish(at, packets);
            counts.overflowed++;
            counts.core++;
        }
    }

    private void finish(final int at, final InFlight packets) {
        if (slot[at] != NO_SLOT) {
            packets.copyDone(slot[at]);
        }
    }

    /**
     * Asks the engine what has finished, looks at the clock, and hands over what waits.
     *
     * @param lost whether the ring's memory is gone: nothing is copied any more
     */
    void reap(final InFlight packets, final boolean lost) {
        if (failure == null && accepted != finished) {
            poll(packets, lost);
        }
        if (failure != null) {
            settle(packets, lost);
        }
        if (collected != accepted) {
            if (lost) {
                forgetCollected(packets);
            } else {
                flush(packets, true);
            }
        }
        releaseIfDone();
    }

    /** Whether somebody waits for the copies: then their deadline does not wait for the owner. Owner's thread. */
    void hurry(final boolean now) {
        hurried = now;
    }

    private void poll(final InFlight packets, final boolean lost) {
        final int count = ask();
        if (count < 0) {
            return;
        }
        final int failures = completions.failures();
        for (int i = 0; i < count; i++) {
            final int at = finished & mask;
            finished++;
            if (failures == 0 || completions.status(i) == CopyStatus.OK) {
                counts.engine++;
                copiesMade++;
                bytesMade += length[at];
                finish(at, packets);
            } else {
                again(at, packets, lost);
            }
        }
        failureScore = Math.max(0, failureScore + failures * (FAILURE_WEIGHT + 1) - count);
        if (failureScore > FAILURE_LIMIT) {
            fail("fails too often: " + CopyStatus.name(lastFailure(count)));
        } else if (accepted != finished
                && (count == 0 || ++polls % POLLS_A_CLOCK == 0)
                && now() - acceptedAt[finished & mask] > deadlineNanos) {
            fail("has not finished a copy within " + deadlineNanos / 1_000_000 + " ms");
        }
    }

    /**
     * A clock that stands still while the owner does not look: a processor that others have taken from us, and most likely from
     * an engine in software as well, is not the engine's fault. Where somebody waits for the ring to stop, that does not
     * count: all time is the engine's.
     */
    private long now() {
        final long now = System.nanoTime();
        if (!hurried && now - lookedAt > LONGEST_LOOK_NANOS) {
            awayNanos += now - lookedAt - LONGEST_LOOK_NANOS;
        }
        lookedAt = now;
        return now - awayNanos;
    }

    /** How many copies the engine says it has finished; negative where its word is worth nothing. */
    private int ask() {
        completions.clear();
        try {
            final int count = ops.completedCopies(completions);
            if (count >= 0 && count == completions.count() && count <= accepted - finished) {
                return count;
            }
            fail(
                    count < 0
                            ? "stopped: " + CopyStatus.name(count)
                            : "completed " + Math.max(count, completions.count()) + " copies of "
                                    + (accepted - finished));
        } catch (RuntimeException e) {
            fail("threw " + e);
        }
        return -1;
    }

    private int lastFailure(final int count) {
        int at = count - 1;
        while (completions.status(at) == CopyStatus.OK) {
            at--;
        }
        return completions.status(at);
    }

    private void again(final int at, final InFlight packets, final boolean lost) {
        if (!lost) {
            Memory.copy(source[at], destination[at], length[at]);
            counts.redone++;
            counts.core++;
        }
        finish(at, packets);
    }

    /** The engine has failed: once it has stopped, what it had is copied here. */
    private void settle(final InFlight packets, final boolean lost) {
        if (abort == STOPPED) {
            while (finished != accepted) {
                final int at = finished & mask;
                finished++;
                again(at, packets, lost);
            }
        } else if (abort == NOT_STOPPED && finished != accepted) {
            quarantined = true;
        }
    }

    /** Not believed any more. What an offloading engine holds is aborted by the control plane, since that may take long. */
    private void fail(final String why) {
        if (limits.offloads()) {
            abort = ABORT_WANTED;
        } else {
            abort = abortHere() ? STOPPED : NOT_STOPPED;
        }
        failure = why;
        attention.accept(this);
    }

    private boolean abortHere() {
        try {
            return ops.abort();
        } catch (RuntimeException e) {
            return false;
        }
    }

    /** The ring's memory is gone: what was collected and not handed over is forgotten. */
    void forgetCollected(final InFlight packets) {
        while (collected != accepted) {
            collected--;
            finish(collected & mask, packets);
        }
        batch.clear();
    }

    /**
     * A burst ended in an {@link InternalError}: an engine that copies at once may have made any part of what it was offered,
     * and its own books may be wrong.
     */
    void interrupted(final InFlight packets) {
        forgetCollected(packets);
        if (!limits.offloads() && failure == null && !abortHere()) {
            fail("does not stop");
        }
    }

    /** No further copies: the channel is released when the last one has finished. */
    void drain() {
        draining = true;
        releaseIfDone();
    }

    private void releaseIfDone() {
        if (draining && !released && (collected == finished && abort != ABORT_WANTED || quarantined)) {
            releasedNanos = System.nanoTime();
            released = true;
            attention.accept(this);
        }
    }
}
