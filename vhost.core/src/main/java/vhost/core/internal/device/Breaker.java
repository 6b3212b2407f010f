package vhost.core.internal.device;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Whether one engine is used: after a failure it is out for a while, then one queue tries it, then all have it again. Each
 * failure doubles the while, up to a minute; a minute without one forgets that. Guarded by the registry's lock.
 *
 * <pre>
 *            failure                time is up
 *     OK ---------------> OUT ---------------------> PROBATION
 *      ^                   ^        failure             |  |
 *      |                   +----------------------------+  |
 *      +------- enough copies, or a second with some ------+
 * </pre>
 */
final class Breaker {
    static final long FIRST_NANOS = TimeUnit.SECONDS.toNanos(1);
    static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(60);

    /** So many copies on probation are enough. */
    static final long PROOF_COPIES = 1000;

    /** Or so long, with at least one copy. */
    static final long PROOF_NANOS = TimeUnit.SECONDS.toNanos(1);

    private enum State {
        OK,
        OUT,
        PROBATION
    }

    private final LongSupplier nanoClock;
    private State state = State.OK;

    /** When it got into {@link #state}; on probation, when the queue that tries it now began. */
    private long since;

    /** When the last probation began: what was opened before says nothing new. */
    private long probation;

    private long backOffNanos;
    private String reason = "";
    private String trial = "";

    Breaker(final LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
        since = nanoClock.getAsLong();
    }

    /**
     * A channel failed that was opened at {@code opened}.
     *
     * @return whether that is news: not where the engine is out already, or a channel of before the probation failed late
     */
    boolean failed(final String why, final long opened) {
        final long now = nanoClock.getAsLong();
        if (state == State.OUT || state == State.PROBATION && opened - probation < 0) {
            return false;
        }
        final boolean lately = backOffNanos != 0 && (state == State.PROBATION || now - since < LONGEST_NANOS);
        backOffNanos = lately ? Math.min(2 * backOffNanos, LONGEST_NANOS) : FIRST_NANOS;
        state = State.OUT;
        since = now;
        reason = why;
        trial = "";
        return true;
    }

    boolean isOk() {
        return state == State.OK;
    }

    /** Whether the time has come to try it again, by {@link #tryOn}. */
    boolean isDue() {
        return state == State.OUT && nanoClock.getAsLong() - since >= backOffNanos;
    }

    boolean isOnProbation() {
        return state == State.PROBATION;
    }

    /** How long it is out, nanoseconds. */
    long backOffNanos() {
        return backOffNanos;
    }

    /** Lets one queue try it; the empty name lets none. */
    void tryOn(final String queue) {
        since = nanoClock.getAsLong();
        if (state != State.PROBATION) {
            probation = since;
        }
        state = State.PROBATION;
        trial = queue;
    }

    /** The queue that tries it; empty where none does. */
    String trial() {
        return trial;
    }

    /** Whether this queue has tried it for long enough to tell, or to let another one try. */
    boolean isTrialOver() {
        return nanoClock.getAsLong() - since >= PROOF_NANOS;
    }

    /** On probation: {@code copies} were made since {@link #tryOn}. Returns whether it is all right again. */
    boolean proves(final long copies) {
        if (copies < PROOF_COPIES && (copies == 0 || !isTrialOver())) {
            return false;
        }
        state = State.OK;
        trial = "";
        since = nanoClock.getAsLong();
        return true;
    }

    /** Whether the queue may use it now. */
    boolean admits(final String queue) {
        return state == State.OK || state == State.PROBATION && trial.equals(queue);
    }

    /** {@code ok}, {@code out 3 s: REASON} or {@code probation}. */
    @Override
    public String toString() {
        if (state != State.OUT) {
            return state.name().toLowerCase();
        }
        final long left = Math.max(0, since + backOffNanos - nanoClock.getAsLong());
        return "out " + (left + 999_999_999) / 1_000_000_000 + " s: " + reason;
    }
}
