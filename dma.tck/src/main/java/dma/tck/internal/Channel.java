package dma.tck.internal;

import dma.api.Completions;
import dma.api.CopyBatch;
import dma.api.CopyStatus;
import dma.api.DmaOps;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * A channel as the core uses it, with every answer looked at. One thread at a time. The data path allocates nothing, so that
 * what is allocated is the engine's.
 */
final class Channel extends ControlPath {
    /** Copies a batch holds. */
    static final int BATCH = 64;

    private static final int ROOM = 256;

    /** They take turns, and stay as they were meanwhile: one rule alone is to find who looks at a batch too late. */
    private static final int BATCHES = 16;

    private static final long PAUSE_AFTER_NANOS = 2_000_000;

    /** How long one waits for bytes that should be there already, and for reports that should never come. */
    private static final long LATE_NANOS = 300_000_000;

    private static final long EXCESS_NANOS = 20_000_000;

    /** The contract grants a second; a busy machine adds to what it takes. */
    private static final long ABORT_NANOS = 3_000_000_000L;

    private final int maxInFlight;
    private final CopyBatch[] batches = new CopyBatch[BATCHES];
    private final Completions completions = new Completions(ROOM);
    private CopyBatch batch;
    private int turn;
    private List<Integer> statuses;
    private Memory last;
    private long lastAt;
    private long accepted;
    private long reported;
    private boolean refused;
    private boolean filled;
    private boolean aborted;

    Channel(final Lab lab, final DmaOps ops) {
        super(lab, ops);
        this.maxInFlight = lab.limits().maxInFlight();
        for (int i = 0; i < BATCHES; i++) {
            batches[i] = new CopyBatch(lab.arena(), BATCH);
        }
        this.batch = batches[0];
    }

    CopyBatch batch() {
        return batch;
    }

    /** What was in the batch is not wanted any more; another one is begun. */
    void clear() {
        turn = (turn + 1) % BATCHES;
        batch = batches[turn];
        batch.clear();
    }

    /** Accepted and not reported. */
    long inFlight() {
        return accepted - reported;
    }

    long reported() {
        return reported;
    }

    /** From now on failures are no surprise; each outcome is added to the list that is returned. */
    List<Integer> expectFailures() {
        statuses = new ArrayList<>();
        return statuses;
    }

    /** From now on failures are a surprise again. */
    void expectSuccess() {
        statuses = null;
    }

    /** Adds a copy to the batch. */
    void add(final Memory memory, final long at, final long length) {
        batch.add(memory.source(at), memory.destination(at), length);
        last = memory;
        lastAt = at;
    }

    /** As {@link #submit}, after which the batch is empty; how many were accepted. */
    int submitAndClear() {
        final int count = submit();
        clear();
        return count;
    }

    /** Submits the batch and drops from it what was accepted; how many those are. */
    int submit() {
        final int first = batch.first();
        final int end = batch.end();
        final int count = transfer();
        if (batch.first() != first || batch.end() != end) {
            throw new Violation(
                    Names.BATCH_KEPT,
                    "transferData moved the batch from " + first + ".." + end + " to " + batch.first() + ".."
                            + batch.end());
        }
        if (count > end - first) {
            throw new Violation(Names.RANGE, "transferData accepted " + count + " of " + (end - first) + " copies");
        }
        if (count < 0) {
            throw failed("transferData", count);
        }
        refused |= count < end - first;
        filled |= count < end - first && inFlight() + count > 0;
        accepted += count;
        if (inFlight() > maxInFlight) {
            throw new Violation(
                    Names.IN_FLIGHT,
                    inFlight() + " copies were accepted and not reported, the limit is " + maxInFlight);
        }
        batch.advance(count);
        return count;
    }

    private int transfer() {
        lab.calls("transferData");
        try {
            return ops.transferData(batch);
        } catch (RuntimeException | Error e) {
            throw new Violation(Names.THROWS, "transferData threw " + Text.of(e));
        } finally {
            lab.calls("");
        }
    }

    private Violation failed(final String call, final int status) {
        if (aborted && status >= CopyStatus.HALTED) {
            return new Violation(Names.USABLE, "after an abort " + call + " returned " + CopyStatus.name(status));
        }
        return status < CopyStatus.HALTED
                ? new Violation(call.equals("transferData") ? Names.RANGE : Names.COUNT, call + " returned " + status)
                : new Violation(Names.HEALTHY, call + " returned " + CopyStatus.name(status));
    }

    /** Asks once what has finished; how many. */
    int poll() {
        completions.clear();
        return poll(completions);
    }

    /** As {@link #poll()}, behind what {@code completions} holds already. */
    int poll(final Completions into) {
        final int before = into.count();
        final int failuresBefore = into.failures();
        final int room = into.room();
        final int count = ask(into, room);
        if (count < 0) {
            throw failed("completedCopies", count);
        }
        if (count != into.count() - before) {
            throw new Violation(
                    Names.COUNT, "completedCopies returned " + count + " and appended " + (into.count() - before));
        }
        if (count > inFlight()) {
            throw excess(count);
        }
        look(into, before, into.failures() - failuresBefore);
        reported += count;
        return count;
    }

    private int ask(final Completions into, final int room) {
        lab.calls("completedCopies");
        try {
            return ops.completedCopies(into);
        } catch (ArrayIndexOutOfBoundsException e) {
            throw new Violation(
                    into.room() <= 0 ? Names.ROOM : Names.THROWS,
                    "with room for " + room + " completedCopies threw " + Text.of(e));
        } catch (RuntimeException | Error e) {
            throw new Violation(Names.THROWS, "completedCopies threw " + Text.of(e));
        } finally {
            lab.calls("");
        }
    }

    /** More were reported than are in flight. */
    Violation excess(final int count) {
        final String seen = count + " completions for " + inFlight() + " copies in flight";
        if (accepted == 0) {
            return new Violation(Names.NONE_IDLE, seen);
        }
        if (aborted) {
            return new Violation(Names.ABORTED, seen + ", after others were aborted");
        }
        return new Violation(refused ? Names.ONLY_ACCEPTED : Names.ONCE, seen);
    }

    private void look(final Completions into, final int from, final int failures) {
        int failed = 0;
        for (int i = from; i < into.count(); i++) {
            final int status = into.status(i);
            if (status > CopyStatus.OK || status < CopyStatus.HALTED) {
                throw new Violation(Names.STATUS, "the status of a copy is " + status);
            }
            if (status != CopyStatus.OK) {
                failed++;
            }
            if (statuses != null) {
                statuses.add(status);
            } else if (status != CopyStatus.OK) {
                throw new Violation(Names.SUCCEEDS, "a copy that could be made is " + CopyStatus.name(status));
            }
        }
        if (failed != failures) {
            throw new Violation(Names.STATUS, failures + " copies failed, of which only " + failed + " have a status");
        }
    }

    /** So many were accepted from somebody who submitted without this object. */
    void submittedElsewhere(final long count) {
        accepted += count;
        clear();
    }

    /** So many were reported to somebody who asked without this object. */
    void reportedElsewhere(final long count) {
        reported += count;
    }

    /** Submits all of the batch, making room by asking. */
    void submitAll() {
        long begin = System.nanoTime();
        while (!batch.isEmpty()) {
            if (submit() > 0 || poll() > 0) {
                begin = System.nanoTime();
            } else {
                if (System.nanoTime() - begin > lab.subject().patienceNanos()) {
                    clear();
                    throw inFlight() == 0 ? vain(stuck()) : missing();
                }
                pause(begin);
            }
        }
        clear();
    }

    private Violation stuck() {
        return filled
                ? new Violation(Names.RECOVERS, "it was full, all was reported, and it still accepts none")
                : new Violation(Names.ACCEPTS, "nothing was in flight, and nothing was accepted for long");
    }

    /** Asks until nothing is in flight. */
    void awaitAll() {
        await(0);
    }

    /** Asks until at most so many are in flight. */
    void await(final long most) {
        long begin = System.nanoTime();
        while (inFlight() > most) {
            if (poll() > 0) {
                begin = System.nanoTime();
            } else {
                if (System.nanoTime() - begin > lab.subject().patienceNanos()) {
                    throw missing();
                }
                pause(begin);
            }
        }
    }

    /** Leaves the processor to the engine's threads, where waiting takes longer. */
    private static void pause(final long begin) {
        if (System.nanoTime() - begin > PAUSE_AFTER_NANOS) {
            Thread.yield();
        } else {
            Thread.onSpinWait();
        }
    }

    /** Copies that are not reported: would they be if there were more? */
    private Violation missing() {
        final long lost = inFlight();
        final Violation violation = new Violation(
                Names.EVERY_COPY, lost + " of " + accepted + " accepted copies were not reported for long");
        vain(violation);
        final long other = lastAt == 0 ? Memory.PAGE / 2 : 0;
        if (last == null || lost >= maxInFlight) {
            return violation;
        }
        clear();
        last.clear(lastAt, 1);
        final long before = reported;
        batch.add(last.source(other), last.destination(other), 1);
        submitAndClear();
        final long begin = System.nanoTime();
        while (reported - before < lost
                && System.nanoTime() - begin < lab.subject().patienceNanos()) {
            poll();
            pause(begin);
        }
        return reported - before < lost || !last.isCopied(lastAt, 1)
                ? violation
                : new Violation(
                        Names.DOORBELL, lost + " accepted copies were reported only after another transferData");
    }

    /**
     * What is held against an engine where bytes are not there although their copies were reported.
     *
     * @param rule broken if they never come, and not too many copies were reported either; else it was the report that was wrong
     */
    Violation notMade(final String rule, final String seen, final BooleanSupplier made) {
        final long begin = System.nanoTime();
        while (!made.getAsBoolean()) {
            if (System.nanoTime() - begin > LATE_NANOS) {
                return new Violation(rule, seen);
            }
            Thread.yield();
        }
        final long late = System.nanoTime() - begin;
        while (System.nanoTime() - begin - late < EXCESS_NANOS) {
            poll();
        }
        return new Violation(Names.VISIBLE, seen + " when it was reported, but " + late / 1000 + " us later");
    }

    private Violation vain(final Violation violation) {
        lab.subject().waitedInVain();
        return violation;
    }

    /** Gives up what is in flight, which must succeed. */
    void abort() {
        final long begin = System.nanoTime();
        final String rule = inFlight() == 0 ? Names.ABORT_IDLE : Names.ABORT_TRUE;
        lab.calls("abort");
        final boolean stopped;
        try {
            stopped = ops.abort();
        } catch (RuntimeException | Error e) {
            throw new Violation(rule, "abort threw " + Text.of(e));
        } finally {
            lab.calls("");
        }
        final long took = System.nanoTime() - begin;
        if (!stopped) {
            throw new Violation(rule, "abort returned false after " + took / 1_000_000 + " ms, and nothing was wrong");
        }
        if (took > ABORT_NANOS) {
            throw new Violation(rule, "abort took " + took / 1_000_000 + " ms");
        }
        forget();
    }

    /** Nothing is in flight any more. */
    void forget() {
        aborted |= inFlight() > 0;
        clear();
        reported = accepted;
    }

    /** What the core does at the end. */
    void end() {
        if (!isClosed()) {
            if (inFlight() > 0) {
                abort();
            }
            withdrawAll();
            close();
        }
    }
}
