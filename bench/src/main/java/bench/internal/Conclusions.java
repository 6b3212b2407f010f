package bench.internal;

import bench.internal.Results.Case;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** What the results say about the engine that is measured, the first that is neither the reference nor the core. */
final class Conclusions {
    /** Issue "Asynchronous copies", what it must show. */
    private static final double WANTED_LARGE = 1.5;

    private static final int LARGE_BYTES = 4096;
    private static final double WANTED_SMALL = 0.97;
    private static final double AUTO_TOLERANCE = 0.05;

    private final Results results;
    private final Plan plan;
    private final Contender reference;

    Conclusions(final Results results, final Plan plan) {
        this.results = results;
        this.plan = plan;
        this.reference = plan.reference();
    }

    /** A sentence a line. */
    List<String> lines() {
        final List<String> lines = new ArrayList<>();
        always().ifPresent(always -> plan.directions().forEach(direction -> {
            lines.add(ratios(direction, always));
            lines.add(crossing(direction, always));
            large(direction, always).ifPresent(lines::add);
        }));
        plan.directions()
                .forEach(direction -> withThreshold().ifPresent(contender -> lines.add(small(direction, contender))));
        auto().ifPresent(auto -> lines.addAll(learned(auto)));
        return lines;
    }

    private List<Contender> measured() {
        return plan.contenders().stream()
                .filter(contender ->
                        !contender.isBuiltin() && !contender.engine().equals(reference.engine()))
                .toList();
    }

    private Optional<Contender> always() {
        return measured().stream()
                .filter(contender -> !contender.isAuto() && contender.threshold() <= Load.MIN_BYTES)
                .findFirst();
    }

    /** The highest threshold that leaves the large packets to the engine. */
    private Optional<Contender> withThreshold() {
        return measured().stream()
                .filter(contender ->
                        contender.threshold() > smallest().longest() && contender.threshold() < LARGE_BYTES)
                .max(Comparator.comparingInt(Contender::threshold));
    }

    private Optional<Contender> auto() {
        return measured().stream().filter(Contender::isAuto).findFirst();
    }

    private List<Load> single() {
        return plan.loads().stream().filter(load -> !load.isMixed()).toList();
    }

    private Load smallest() {
        return plan.loads().stream().min(Comparator.comparingInt(Load::longest)).orElseThrow();
    }

    private double ratio(final Direction direction, final Load load, final Contender contender) {
        return results.ratio(new Case(direction, load), contender, reference);
    }

    private String ratios(final Direction direction, final Contender contender) {
        return direction + ": " + contender + " / " + reference + ": "
                + single().stream()
                        .map(load -> load.name() + " B " + number(ratio(direction, load, contender)))
                        .collect(Collectors.joining(", "));
    }

    /** Where it pays. */
    String crossing(final Direction direction, final Contender contender) {
        final List<Load> sizes = single();
        int first = sizes.size();
        while (first > 0 && ratio(direction, sizes.get(first - 1), contender) >= 1) {
            first--;
        }
        final String where;
        if (first == sizes.size()) {
            where = "does not pay at any of these sizes";
        } else if (first == 0) {
            where = "pays at all of these sizes";
        } else {
            final Load below = sizes.get(first - 1);
            final Load above = sizes.get(first);
            where = "pays from about "
                    + Math.round(cross(
                            below.longest(),
                            ratio(direction, below, contender),
                            above.longest(),
                            ratio(direction, above, contender)))
                    + " B on";
        }
        return direction + ": " + contender + " " + where;
    }

    /** Where the ratio is 1, on a line over the logarithm of the size. */
    static double cross(final int below, final double ratioBelow, final int above, final double ratioAbove) {
        final double part = (1 - ratioBelow) / (ratioAbove - ratioBelow);
        return below * Math.pow((double) above / below, part);
    }

    private Optional<String> large(final Direction direction, final Contender contender) {
        return single().stream()
                .filter(load -> load.longest() >= LARGE_BYTES)
                .min(Comparator.comparingDouble(load -> ratio(direction, load, contender)))
                .map(load -> direction + ": at " + LARGE_BYTES + " B and above at least "
                        + number(ratio(direction, load, contender)) + " (" + load.name() + " B): "
                        + verdict(ratio(direction, load, contender), WANTED_LARGE));
    }

    private String small(final Direction direction, final Contender contender) {
        final double ratio = ratio(direction, smallest(), contender);
        return direction + ": at " + smallest().name() + " B with the threshold on, " + contender + " / " + reference
                + ": " + number(ratio) + ": " + verdict(ratio, WANTED_SMALL);
    }

    static String verdict(final double ratio, final double wanted) {
        return number(wanted) + " is wanted, " + (ratio >= wanted ? "met" : "NOT met");
    }

    private List<String> learned(final Contender auto) {
        final List<String> lines = new ArrayList<>();
        double worst = Double.POSITIVE_INFINITY;
        String worstCase = "";
        for (final Direction direction : plan.directions()) {
            final List<String> parts = new ArrayList<>();
            for (final Load load : plan.loads()) {
                final Case of = new Case(direction, load);
                final Contender best = bestFixed(of, auto);
                final double ratio = results.ofOddRounds().ratio(of, auto, best);
                parts.add(load.name() + " B " + number(ratio) + " (" + best + ")");
                if (!(ratio >= worst)) {
                    worst = ratio;
                    worstCase = direction + " " + load.name() + " B";
                }
            }
            lines.add(direction + ": " + auto + " / best fixed threshold: " + String.join(", ", parts));
        }
        final boolean within = worst >= 1 - AUTO_TOLERANCE;
        lines.add(auto + ": worst " + number(worst) + " of the best fixed threshold (" + worstCase + "): "
                + (within ? "within" : "NOT within") + " 5 %, " + (within ? "may" : "must not")
                + " become the default");
        return lines;
    }

    /**
     * Chosen from other rounds than those in which it is held against what was learned: the best of several that are equal
     * is the luckiest one. The reference stands for a threshold that no packet reaches.
     */
    private Contender bestFixed(final Case of, final Contender auto) {
        final Results choosing = results.ofEvenRounds();
        return plan.contenders().stream()
                .filter(contender ->
                        contender == reference || contender.engine().equals(auto.engine()) && !contender.isAuto())
                .max(Comparator.comparingDouble(contender -> choosing.ratio(of, contender, reference)))
                .orElseThrow();
    }

    static String number(final double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }
}
