package bench.internal;

import bench.internal.Results.Case;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;

/**
 * What is wanted of an engine with its published timing, and whether that is so: with a threshold no worse than the CPU where
 * the engine alone does not pay, and much better where packets are large.
 */
final class ModelVerdicts {
    private static final double WANTED_BELOW = 0.97;
    private static final double WANTED_LARGE = 1.5;
    private static final int LARGE_BYTES = 2048;

    private final Results results;
    private final Plan plan;
    private final Conclusions conclusions;

    /** @param plan with the contenders that are modelled */
    ModelVerdicts(final Results results, final Plan plan) {
        this.results = results;
        this.plan = plan;
        this.conclusions = new Conclusions(results, plan);
    }

    /** A sentence a line. */
    List<String> lines() {
        final List<String> lines = new ArrayList<>();
        for (final Direction direction : plan.directions()) {
            for (final Contender always : plan.contenders()) {
                if (!always.isMeasured() && always.threshold() == 1) {
                    lines.add(conclusions.crossing(direction, always));
                    final Predicate<Load> pays = load -> ratio(direction, load, always) >= 1;
                    plan.contenders().stream()
                            .filter(contender -> !contender.isMeasured()
                                    && contender.engine().equals(always.engine()))
                            .forEach(contender -> {
                                if (contender != always) {
                                    least(
                                            lines,
                                            direction,
                                            contender,
                                            pays.negate(),
                                            "where @1 does not pay",
                                            WANTED_BELOW);
                                }
                                least(
                                        lines,
                                        direction,
                                        contender,
                                        load -> load.longest() >= LARGE_BYTES,
                                        "at " + LARGE_BYTES + " B and above",
                                        WANTED_LARGE);
                            });
                }
            }
        }
        return lines;
    }

    private double ratio(final Direction direction, final Load load, final Contender contender) {
        return results.ratio(new Case(direction, load), contender, plan.reference());
    }

    private void least(
            final List<String> lines,
            final Direction direction,
            final Contender contender,
            final Predicate<Load> of,
            final String where,
            final double wanted) {
        plan.loads().stream()
                .filter(load -> !load.isMixed())
                .filter(of)
                .min(Comparator.comparingDouble(load -> ratio(direction, load, contender)))
                .ifPresent(load -> {
                    final double ratio = ratio(direction, load, contender);
                    lines.add(direction + ": " + contender + " / " + plan.reference() + " " + where + ": at least "
                            + Conclusions.number(ratio) + " (" + load.name() + " B): "
                            + Conclusions.verdict(ratio, wanted));
                });
    }
}
