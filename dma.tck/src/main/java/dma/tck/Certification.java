package dma.tck;

import dma.api.DmaEngine;
import dma.tck.internal.Contract;
import dma.tck.internal.ContractRule;
import dma.tck.internal.Run;
import dma.tck.internal.Subject;
import dma.tck.internal.Violation;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs the rules of the contract against an engine, on threads of its own, one rule after the other.
 *
 * <p>Where an engine breaks a rule while another one is checked, the result of the broken one says so, and the other counts as
 * not judged. Memory that a rule was broken with is never freed: the engine may still write there.
 */
public final class Certification {
    private final Subject subject;
    private final Options options;
    private final Map<String, Result> failed = new HashMap<>();

    public Certification(final DmaEngine engine, final Options options) {
        this.subject = new Subject(engine, options);
        this.options = options;
    }

    /** All rules, in the order in which they run. */
    public static List<Rule> rules() {
        return List.copyOf(Contract.RULES);
    }

    /** Checks every rule. Once only; the engine's state is not known afterwards. */
    public Report run() {
        final Instant begin = Instant.now();
        final List<Result> results = new ArrayList<>();
        for (final ContractRule rule : Contract.RULES) {
            if (!options.rules().test(rule)) {
                continue;
            }
            final Result result = judge(rule);
            results.add(result);
            options.progress().accept(result);
        }
        subject.end();
        // Some were broken only after they had passed.
        results.replaceAll(result -> failed.getOrDefault(result.rule().name(), result));
        return new Report(options.name(), options.backing(), subject.limits(), begin, results);
    }

    private Result judge(final ContractRule rule) {
        final long begin = System.nanoTime();
        final Run.Outcome outcome = Run.of(rule, subject);
        final long nanos = System.nanoTime() - begin;
        final Violation violation = outcome.violation();
        if (violation == null) {
            final Verdict verdict = outcome.applicable() ? Verdict.PASSED : Verdict.NOT_APPLICABLE;
            return failed.getOrDefault(rule.name(), new Result(rule, verdict, outcome.detail(), nanos));
        }
        subject.broken();
        if (violation.rule().equals(rule.name())) {
            final Result result = new Result(rule, Verdict.FAILED, violation.getMessage(), nanos);
            failed.put(rule.name(), result);
            return result;
        }
        final String seen = violation.getMessage() + " (seen by " + rule.name() + ")";
        failed.putIfAbsent(violation.rule(), new Result(Contract.rule(violation.rule()), Verdict.FAILED, seen, nanos));
        final String cut = "not judged: " + violation.rule() + " was broken here";
        return failed.getOrDefault(rule.name(), new Result(rule, Verdict.NOT_APPLICABLE, cut, nanos));
    }
}
