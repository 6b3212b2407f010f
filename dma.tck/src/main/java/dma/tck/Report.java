package dma.tck;

import dma.api.DmaLimits;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * What became of an engine.
 *
 * @param engine its name
 * @param backing {@code software}, {@code hardware} or {@code model}
 * @param limits what it states
 * @param time when the first rule began
 * @param results one for each rule
 */
public record Report(String engine, String backing, DmaLimits limits, Instant time, List<Result> results) {
    public Report {
        results = List.copyOf(results);
    }

    /** Whether no rule was broken. */
    public boolean isPassed() {
        return count(Verdict.FAILED) == 0;
    }

    /** How many rules have that verdict. */
    public long count(final Verdict verdict) {
        return results.stream().filter(result -> result.verdict() == verdict).count();
    }

    /** A table, with a line above it that names the engine and one below it that sums up; no line break at the end. */
    public String text() {
        final int width = results.stream()
                .mapToInt(result -> result.rule().name().length())
                .max()
                .orElse(0);
        final StringBuilder text = new StringBuilder(head()).append("\n\n");
        final String row = "%-" + Math.max(width, 4) + "s  %-14s  %-7s  %6s  %s";
        line(text, row.formatted("RULE", "CHAPTER", "VERDICT", "MILLIS", "DETAIL"));
        for (final Result result : results) {
            line(
                    text,
                    row.formatted(
                            result.rule().name(),
                            result.rule().chapter().title(),
                            result.verdict().text(),
                            millis(result),
                            result.verdict() == Verdict.FAILED
                                    ? result.detail() + "; asked: "
                                            + result.rule().statement()
                                    : result.detail()));
        }
        return text.append('\n').append(summary()).toString();
    }

    private String head() {
        return "engine " + engine + (isModel() ? " (a model: says nothing about hardware)" : " (" + backing + ")")
                + " against the contract of dma.api, " + time.truncatedTo(ChronoUnit.SECONDS) + "\n"
                + "states: longest copy " + limits.maxCopyBytes() + " bytes, at most " + limits.maxInFlight()
                + " in flight, alignment " + limits.alignment() + ", "
                + (limits.offloads() ? "offloads" : "copies in the call")
                + ", " + (limits.needsMapping() ? "needs memory announced" : "needs no announcement");
    }

    private boolean isModel() {
        return backing.equals("model");
    }

    /** One line. */
    public String summary() {
        return engine + (isModel() ? " (model)" : "") + ": " + (isPassed() ? "passed" : "FAILED") + ", "
                + count(Verdict.PASSED) + " rules passed, " + count(Verdict.FAILED) + " failed, "
                + count(Verdict.NOT_APPLICABLE) + " not applicable";
    }

    /** For programs: a line for each rule; engine, backing, rule, chapter, verdict, milliseconds, detail; tabs between. */
    public String table() {
        final StringBuilder text = new StringBuilder("engine\tbacking\trule\tchapter\tverdict\tmillis\tdetail\n");
        for (final Result result : results) {
            text.append(String.join(
                            "\t",
                            engine,
                            backing,
                            result.rule().name(),
                            result.rule().chapter().name(),
                            result.verdict().name(),
                            millis(result),
                            result.detail().replaceAll("\\s+", " ")))
                    .append('\n');
        }
        return text.toString();
    }

    private static String millis(final Result result) {
        return String.valueOf(result.nanos() / 1_000_000);
    }

    private static void line(final StringBuilder text, final String line) {
        text.append(line.stripTrailing()).append('\n');
    }
}
