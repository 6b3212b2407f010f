package dma.chaos;

import dma.api.Completions;
import dma.api.CopyBatch;
import dma.api.CopyStatus;
import dma.api.DmaException;
import dma.api.DmaLimits;
import dma.api.DmaOps;
import dma.api.MemoryRegion;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/** One channel of a {@link ChaosEngine}. Calls that come at a time are written down, then made one after the other. */
final class ChaosChannel implements DmaOps {
    private static final int PAGE_BYTES = 4096;
    private static final long ABORT_PAUSE_NANOS = 100_000;

    /** What a code is called that nobody knows. */
    private static final int UNKNOWN_STATUS = -77;

    private static final int LEAST_NONSENSE = -1000;

    /** Most completions reported that never were. */
    private static final int MOST_EXCESS = 4;

    private static final Fault[] STATUS_FAULTS = {
        Fault.STATUS_FAILED, Fault.STATUS_UNREACHABLE, Fault.STATUS_REFUSED, Fault.STATUS_HALTED, Fault.STATUS_UNKNOWN
    };
    private static final int[] STATUSES = {
        CopyStatus.FAILED, CopyStatus.UNREACHABLE, CopyStatus.REFUSED, CopyStatus.HALTED, UNKNOWN_STATUS
    };

    /** An accepted copy. */
    private static final class Copy {
        final long source;
        final long destination;
        final long length;

        int status;

        /** Bytes that are copied before it is reported. */
        long bytes;

        boolean late;
        boolean finished;
        long duePoll;
        long dueNanos;

        Copy(final long source, final long destination, final long length) {
            this.source = source;
            this.destination = destination;
            this.length = length;
            this.bytes = length;
        }

        boolean touches(final long address, final long size) {
            return overlap(source, length, address, size) || overlap(destination, length, address, size);
        }
    }

    private final ChaosEngine engine;
    private final Settings settings;
    private final DmaLimits limits;
    private final String owner;
    private final Dice dice;
    private final AtomicReference<Thread> caller = new AtomicReference<>();
    private final List<MemoryRegion> announced = new ArrayList<>();
    private final ArrayDeque<Copy> inFlight = new ArrayDeque<>();

    /** Copies whose memory was never let go: the core may not use it again. */
    private final List<Copy> lost = new ArrayList<>();

    private long polls;
    private boolean hung;
    private boolean halted;
    private boolean closed;

    ChaosChannel(final ChaosEngine engine, final String owner, final Dice dice) {
        this.engine = engine;
        this.settings = engine.settings();
        this.limits = engine.limits();
        this.owner = owner;
        this.dice = dice;
    }

    @Override
    public int transferData(final CopyBatch batch) {
        final boolean alone = enter("transferData");
        try {
            return transfer(batch);
        } finally {
            leave(alone);
        }
    }

    @Override
    public int completedCopies(final Completions completions) {
        final boolean alone = enter("completedCopies");
        try {
            return complete(completions);
        } finally {
            leave(alone);
        }
    }

    @Override
    public boolean abort() {
        final boolean alone = enter("abort");
        try {
            return giveUp();
        } finally {
            leave(alone);
        }
    }

    @Override
    public void announce(final MemoryRegion region) throws DmaException {
        final boolean alone = enter("announce");
        try {
            add(region);
        } finally {
            leave(alone);
        }
    }

    @Override
    public void withdraw(final MemoryRegion region) throws DmaException {
        final boolean alone = enter("withdraw");
        try {
            remove(region);
        } finally {
            leave(alone);
        }
    }

    @Override
    public void close() {
        final boolean alone = enter("close");
        try {
            end();
        } finally {
            leave(alone);
        }
    }

    private boolean enter(final String call) {
        final Thread me = Thread.currentThread();
        final Thread other = caller.compareAndExchange(null, me);
        if (other != null) {
            violated(call + " by thread " + me.getName() + " while thread " + other.getName() + " is in a call");
        }
        return other == null;
    }

    private void leave(final boolean alone) {
        if (alone) {
            caller.set(null);
        }
    }

    private void violated(final String text) {
        engine.violated(owner + ": " + text);
    }

    private synchronized int transfer(final CopyBatch batch) {
        if (closed) {
            violated("transferData after close");
            return CopyStatus.HALTED;
        }
        if (halted || dice.hits(Fault.TRANSFER_HALT)) {
            halted = true;
            return CopyStatus.HALTED;
        }
        final int offered = batch.end() - batch.first();
        int count = Math.min(offered, limits.maxInFlight() - inFlight.size());
        final boolean throwing = dice.hits(Fault.TRANSFER_THROW);
        if (throwing && dice.flip() || dice.hits(Fault.FULL)) {
            count = 0;
        }
        if (count > 0 && dice.hits(Fault.PARTIAL)) {
            count = dice.between(0, count - 1);
        }
        if (dice.hits(Fault.HANG)) {
            hung = true;
        }
        for (int i = batch.first(); i < batch.first() + count; i++) {
            accept(new Copy(batch.source(i), batch.destination(i), batch.length(i)));
        }
        if (throwing) {
            throw new IllegalStateException("chaos: transferData");
        }
        if (dice.hits(Fault.TRANSFER_EXCESS)) {
            return offered + dice.between(1, MOST_EXCESS);
        }
        return dice.hits(Fault.TRANSFER_NONSENSE) ? nonsense() : count;
    }

    private void accept(final Copy copy) {
        copy.status = check(copy);
        if (copy.status != CopyStatus.OK) {
            copy.bytes = 0; // nothing that is wrong is touched
        } else {
            draw(copy);
        }
        copy.duePoll = polls + 1 + dice.between(settings.minDelayPolls(), settings.maxDelayPolls());
        if (settings.maxDelayMicros() > 0) {
            copy.dueNanos = engine.now() + dice.between(settings.minDelayMicros(), settings.maxDelayMicros()) * 1000;
        }
        final Copy last = inFlight.peekLast();
        if (!settings.reorder() && last != null) {
            copy.duePoll = Math.max(copy.duePoll, last.duePoll);
            copy.dueNanos = copy.dueNanos - last.dueNanos < 0 ? last.dueNanos : copy.dueNanos;
        }
        inFlight.add(copy);
    }

    /** What becomes of a copy that is right. */
    private void draw(final Copy copy) {
        for (int i = 0; i < STATUSES.length && copy.status == CopyStatus.OK; i++) {
            if (dice.hits(STATUS_FAULTS[i])) {
                copy.status = STATUSES[i];
                copy.bytes = dice.flip() ? 0 : dice.between(0, copy.length - 1);
            }
        }
        if (copy.status == CopyStatus.OK && dice.hits(Fault.LATE_AFTER_FAILURE)) {
            copy.status = CopyStatus.FAILED;
            copy.late = true;
            copy.bytes = 0;
        }
    }

    /** {@link CopyStatus#OK}, or what is reported of a copy that the core should not have asked for. */
    private int check(final Copy copy) {
        if (copy.length < 1 || copy.length > limits.maxCopyBytes()) {
            violated("copy of " + copy.length + " bytes; 1 to " + limits.maxCopyBytes() + " are allowed");
            return CopyStatus.REFUSED;
        }
        if (((copy.source | copy.destination) & limits.alignment() - 1) != 0) {
            violated("copy " + text(copy) + " is not aligned to " + limits.alignment() + " bytes");
            return CopyStatus.REFUSED;
        }
        if (limits.needsMapping()
                && !(isAnnounced(copy.source, copy.length) && isAnnounced(copy.destination, copy.length))) {
            violated("copy " + text(copy) + " is outside of the memory that was announced");
            return CopyStatus.UNREACHABLE;
        }
        for (final Copy old : lost) {
            if (old.touches(copy.source, copy.length) || old.touches(copy.destination, copy.length)) {
                violated("copy " + text(copy) + " uses memory of " + text(old) + ", which no abort has let go");
                return CopyStatus.UNREACHABLE;
            }
        }
        return CopyStatus.OK;
    }

    private boolean isAnnounced(final long address, final long length) {
        for (final MemoryRegion region : announced) {
            final long offset = address - region.address();
            if (offset >= 0 && offset <= region.length() - length) {
                return true;
            }
        }
        return false;
    }

    private synchronized int complete(final Completions completions) {
        if (closed) {
            violated("completedCopies after close");
            return CopyStatus.HALTED;
        }
        if (completions.count() != 0) {
            violated("completedCopies with completions that were not cleared");
        }
        polls++;
        engine.writeLate(this, polls);
        if (halted || dice.hits(Fault.COMPLETION_HALT)) {
            halted = true;
            return CopyStatus.HALTED;
        }
        if (!hung) {
            makeDue();
        }
        if (dice.hits(Fault.COMPLETION_THROW)) {
            throw new IllegalStateException("chaos: completedCopies");
        }
        if (dice.hits(Fault.COMPLETION_NONSENSE)) {
            return nonsense();
        }
        return report(completions);
    }

    private int report(final Completions completions) {
        final int before = completions.count();
        while (!inFlight.isEmpty() && inFlight.peek().finished && completions.room() > 0) {
            final Copy copy = inFlight.remove();
            if (copy.status == CopyStatus.OK) {
                completions.succeeded(1);
            } else {
                completions.failed(copy.status);
            }
            if (copy.late) {
                late(copy, polls + settings.latePolls());
            }
        }
        if (completions.room() >= inFlight.size() + MOST_EXCESS && dice.hits(Fault.COMPLETION_EXCESS)) {
            completions.succeeded(inFlight.size() + dice.between(1, MOST_EXCESS));
        }
        final int appended = completions.count() - before;
        if (dice.hits(Fault.COMPLETION_MISCOUNT)) {
            return appended > 0 && dice.flip() ? appended - 1 : appended + 1;
        }
        return appended;
    }

    private void makeDue() {
        final long now = settings.maxDelayMicros() > 0 ? engine.now() : 0;
        final List<Copy> due = new ArrayList<>();
        for (final Copy copy : inFlight) {
            if (!copy.finished && copy.duePoll <= polls && now - copy.dueNanos >= 0) {
                due.add(copy);
            }
        }
        while (!due.isEmpty()) {
            make(due.remove(settings.reorder() ? dice.between(0, due.size() - 1) : 0));
        }
    }

    private void make(final Copy copy) {
        if (copy.bytes > 0) {
            ChaosEngine.copy(copy.source, copy.destination, copy.bytes);
        }
        if (copy.status == CopyStatus.OK) {
            engine.made();
        }
        copy.finished = true;
    }

    private void late(final Copy copy, final long duePoll) {
        engine.addLate(new ChaosEngine.Late(this, copy.source, copy.destination, copy.length, duePoll));
    }

    private int nonsense() {
        return dice.flip() ? Integer.MIN_VALUE : LEAST_NONSENSE - dice.between(0, -LEAST_NONSENSE);
    }

    private synchronized boolean giveUp() {
        if (dice.hits(Fault.ABORT_SLOW)) {
            final long since = engine.now();
            while (engine.now() - since < settings.abortMillis() * 1_000_000) {
                LockSupport.parkNanos(ABORT_PAUSE_NANOS);
            }
        }
        hung = false;
        final boolean throwing = dice.hits(Fault.ABORT_THROW);
        if (throwing || dice.hits(Fault.ABORT_FALSE)) {
            for (final Copy copy : inFlight) {
                if (!copy.finished && (copy.bytes > 0 || copy.late)) {
                    late(copy, Long.MAX_VALUE);
                }
            }
            lost.addAll(inFlight);
            inFlight.clear();
            if (throwing) {
                throw new IllegalStateException("chaos: abort");
            }
            return false;
        }
        inFlight.clear();
        lost.clear();
        engine.forgetLate(this);
        return true;
    }

    private synchronized void add(final MemoryRegion region) throws DmaException {
        if (closed) {
            violated("announce after close");
        }
        if (region.length() <= 0 || ((region.address() | region.length()) & PAGE_BYTES - 1) != 0) {
            violated("announce of " + text(region) + ", which are no pages");
        }
        for (final MemoryRegion other : announced) {
            if (overlap(other.address(), other.length(), region.address(), region.length())) {
                violated("announce of " + text(region) + ", while " + text(other) + " is announced");
                return;
            }
        }
        if (dice.hits(Fault.ANNOUNCE_REFUSED)) {
            throw new DmaException("chaos: " + text(region) + " cannot be reached; try again");
        }
        announced.add(region);
    }

    private synchronized void remove(final MemoryRegion region) throws DmaException {
        if (closed) {
            violated("withdraw after close");
        }
        if (!announced.contains(region)) {
            violated("withdraw of " + text(region) + ", which is not announced");
            return;
        }
        for (final Copy copy : inFlight) {
            if (copy.touches(region.address(), region.length())) {
                violated("withdraw of " + text(region) + " with copy " + text(copy) + " in flight");
                throw new DmaException("chaos: copies are in flight in " + text(region) + "; wait or abort");
            }
        }
        if (dice.hits(Fault.WITHDRAW_REFUSED)) {
            throw new DmaException("chaos: " + text(region) + " stays; try again");
        }
        announced.remove(region);
    }

    private synchronized void end() {
        if (closed) {
            return;
        }
        closed = true;
        inFlight.clear();
        engine.closed();
        if (dice.hits(Fault.CLOSE_THROW)) {
            throw new IllegalStateException("chaos: close");
        }
    }

    private static boolean overlap(final long a, final long aLength, final long b, final long bLength) {
        return a < b + bLength && b < a + aLength;
    }

    private static String text(final Copy copy) {
        return "0x" + Long.toHexString(copy.source) + " to 0x" + Long.toHexString(copy.destination) + ", " + copy.length
                + " bytes";
    }

    private static String text(final MemoryRegion region) {
        return "0x" + Long.toHexString(region.address()) + ", " + region.length() + " bytes";
    }
}
