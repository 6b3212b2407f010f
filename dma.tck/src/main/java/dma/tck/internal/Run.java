package dma.tck.internal;

import java.util.concurrent.TimeUnit;

/** One rule on a thread of its own, which is given up if it does not come back. */
public final class Run {
    /** More than any rule needs, beside the patience with copies. */
    private static final long SPARE_NANOS = TimeUnit.SECONDS.toNanos(15);

    private static final long SPARE_ONCE_BROKEN_NANOS = TimeUnit.SECONDS.toNanos(3);

    private Run() {}

    /**
     * How it ended.
     *
     * @param violation what was broken, or null
     */
    public record Outcome(Violation violation, boolean applicable, String detail) {}

    /** Checks {@code rule}. */
    public static Outcome of(final ContractRule rule, final Subject subject) {
        final Lab lab = new Lab(subject);
        final Outcome[] outcome = new Outcome[1];
        final Thread thread =
                Thread.ofPlatform().daemon().name("dma-tck " + rule.name()).start(() -> outcome[0] = check(rule, lab));
        final long spare = subject.isBroken() ? SPARE_ONCE_BROKEN_NANOS : SPARE_NANOS;
        try {
            thread.join(TimeUnit.NANOSECONDS.toMillis(spare + subject.patienceNanos()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Outcome(null, false, "not judged: interrupted");
        }
        if (thread.isAlive()) {
            return new Outcome(hung(rule, lab), true, "");
        }
        return outcome[0];
    }

    private static Outcome check(final ContractRule rule, final Lab lab) {
        boolean ended = false;
        try {
            rule.check().check(lab);
            lab.end();
            ended = true;
            return new Outcome(null, true, lab.note());
        } catch (NotApplicable e) {
            lab.end();
            ended = true;
            return new Outcome(null, false, e.getMessage());
        } catch (Violation e) {
            return new Outcome(e, true, "");
        } catch (Exception | LinkageError | StackOverflowError | InternalError e) {
            return new Outcome(new Violation(rule.name(), "ended by " + Text.of(e)), true, "");
        } finally {
            if (!ended) {
                lab.abandon();
            }
        }
    }

    private static Violation hung(final ContractRule rule, final Lab lab) {
        final String call = lab.call();
        final String broken = switch (call) {
            case "transferData", "completedCopies" -> Names.BLOCKS;
            case "abort" -> Names.ABORT_TRUE;
            default -> rule.name();
        };
        return new Violation(broken, call.isEmpty() ? "did not come to an end" : call + " did not return");
    }
}
