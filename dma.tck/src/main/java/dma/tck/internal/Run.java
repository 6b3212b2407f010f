package dma.tck.internal;

/** One rule on a thread of its own, which is given up if it does not come back. */
public final class Run {
    /** So often the longest call: what goes on and on although each call returns. */
    private static final int LONGEST_CALLS = 12;

    private static final long LOOK_MILLIS = 100;

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
        try {
            if (!ends(thread, lab, subject.options().longestCall().toNanos())) {
                return new Outcome(hung(rule, lab), true, "");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Outcome(null, false, "not judged: interrupted");
        }
        return outcome[0];
    }

    /** Waits as long as the engine's calls return. How long the kit takes between them is not the engine's fault. */
    private static boolean ends(final Thread thread, final Lab lab, final long longestNanos)
            throws InterruptedException {
        final long begin = System.nanoTime();
        long calls = -1;
        long since = begin;
        while (thread.isAlive()) {
            thread.join(LOOK_MILLIS);
            final long now = System.nanoTime();
            if (lab.calls() != calls) {
                calls = lab.calls();
                since = now;
            }
            if (now - since > longestNanos || now - begin > LONGEST_CALLS * longestNanos) {
                return false;
            }
        }
        return true;
    }

    private static Outcome check(final ContractRule rule, final Lab lab) {
        boolean ended = false;
        try {
            final String reason = check(rule.check(), lab);
            lab.end();
            ended = true;
            return new Outcome(null, reason.isEmpty(), reason.isEmpty() ? lab.note() : reason);
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

    /** Why it does not apply; empty where it does, and is kept. */
    private static String check(final ContractRule.Check check, final Lab lab) throws Exception {
        try {
            check.check(lab);
            return "";
        } catch (NotApplicable e) {
            return e.getMessage();
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
