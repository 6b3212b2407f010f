package dma.chaos;

import java.util.Locale;

/** What a {@link ChaosEngine} can do wrong. Each says at what opportunity its {@link Chance} is taken. */
public enum Fault {
    // Allowed by the contract: the core must merely cope.

    /** Submission: only some of the copies that would fit are accepted, perhaps none. */
    PARTIAL,
    /** Submission: none is accepted. */
    FULL,
    /** Copy: reported {@code FAILED}; made in part or not at all, as with all statuses that follow. */
    STATUS_FAILED,
    /** Copy: reported {@code UNREACHABLE}. */
    STATUS_UNREACHABLE,
    /** Copy: reported {@code REFUSED}. */
    STATUS_REFUSED,
    /** Copy: reported {@code HALTED}, while the channel goes on. */
    STATUS_HALTED,
    /** Submission: the answer is {@code HALTED}, to this and all later calls. What was accepted is never completed. */
    TRANSFER_HALT,
    /** Poll: the answer is {@code HALTED}, to this and all later calls. What was accepted is never completed. */
    COMPLETION_HALT,
    /** Abort: takes {@code abortMillis}. */
    ABORT_SLOW,
    /** Abort: answers false, and the copies are made later: see {@link ChaosEngine#writeLate}. */
    ABORT_FALSE,
    /** Open: a {@code DmaException}. */
    OPEN_REFUSED,
    /** Announce: a {@code DmaException}. */
    ANNOUNCE_REFUSED,
    /** Withdraw: a {@code DmaException}; nothing has changed. */
    WITHDRAW_REFUSED,

    // Against the contract: the core must not be misled.

    /** Submission: nothing is completed from now on, until the channel is aborted. */
    HANG,
    /** Copy: reported with a status that nobody knows. */
    STATUS_UNKNOWN,
    /** Submission: more are said to be accepted than were offered. */
    TRANSFER_EXCESS,
    /** Submission: the copies are accepted, the answer is a negative number that means nothing. */
    TRANSFER_NONSENSE,
    /** Submission: an exception; the copies were accepted, or were not. */
    TRANSFER_THROW,
    /** Poll: more completions than there are copies in flight, if there is room for them. */
    COMPLETION_EXCESS,
    /** Poll: the answer is not the number of completions that were appended. */
    COMPLETION_MISCOUNT,
    /** Poll: the answer is a negative number that means nothing; what has finished stays unreported. */
    COMPLETION_NONSENSE,
    /** Poll: an exception; what has finished stays unreported. */
    COMPLETION_THROW,
    /** Abort: an exception, and the copies are made later: see {@link ChaosEngine#writeLate}. */
    ABORT_THROW,
    /** Open: a {@code RuntimeException}. */
    OPEN_THROW,
    /** Close: a {@code RuntimeException}; the channel is closed all the same. */
    CLOSE_THROW,

    /**
     * Copy: reported {@code FAILED} and made {@code latePolls} later, unless an abort answers true before. No core can
     * survive this one whole: what it has put there since is overwritten.
     */
    LATE_AFTER_FAILURE;

    /** How a configuration calls it: {@code abort.false} for {@link #ABORT_FALSE}. */
    public String key() {
        return name().toLowerCase(Locale.ROOT).replace('_', '.');
    }
}
