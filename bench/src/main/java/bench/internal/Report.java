package bench.internal;

import bench.internal.Results.Case;
import bench.internal.Results.Turn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The results for people, as text or Markdown, and for programs, as CSV. */
final class Report {
    private static final String DOUBTFUL = "~";

    private final Results results;
    private final Plan plan;

    /** What was measured and how, a sentence a line. */
    private final List<String> circumstances;

    private final List<String> conclusions;

    /** A table: the head, then the rows. */
    private record Table(String title, List<List<String>> lines) {}

    Report(final Results results, final Plan plan, final List<String> circumstances, final List<String> conclusions) {
        this.results = results;
        this.plan = plan;
        this.circumstances = circumstances;
        this.conclusions = conclusions;
    }

    private List<Table> tables() {
        final Contender reference = plan.reference();
        return List.of(
                table(
                        "Mpps of the back-end's core, median over rounds",
                        plan.contenders(),
                        (of, contender) -> Conclusions.number(results.rate(of, contender) / 1e6)
                                + (results.isDoubtful(of, contender) ? DOUBTFUL : "")),
                table(
                        "Ratio to " + reference + " in the same round: median (quartiles)",
                        plan.contenders().subList(1, plan.contenders().size()),
                        (of, contender) -> Conclusions.number(results.ratio(of, contender, reference)) + " ("
                                + Conclusions.number(results.ratio(of, contender, reference, 0.25)) + "-"
                                + Conclusions.number(results.ratio(of, contender, reference, 0.75)) + ")"),
                table("Threshold at the end, bytes, and copies made by the engine", learners(), this::learned));
    }

    private List<Contender> learners() {
        return plan.contenders().stream().filter(Contender::isAuto).toList();
    }

    private String learned(final Case of, final Contender contender) {
        final List<Turn> turns = results.turns(of, contender);
        final int threshold = turns.getLast().threshold();
        final long copies = turns.stream().mapToLong(Turn::engineCopies).sum();
        return (threshold == Integer.MAX_VALUE ? "never" : String.valueOf(threshold)) + ", " + copies;
    }

    private Table table(
            final String title, final List<Contender> columns, final BiFunction<Case, Contender, String> cell) {
        final List<List<String>> lines = new ArrayList<>();
        final List<String> head = new ArrayList<>(List.of("ring", "bytes"));
        columns.forEach(column -> head.add(column.toString()));
        lines.add(head);
        for (final Direction direction : plan.directions()) {
            for (final Load load : plan.loads()) {
                final List<String> line = new ArrayList<>(List.of(direction.toString(), load.name()));
                columns.forEach(column -> line.add(cell.apply(new Case(direction, load), column)));
                lines.add(line);
            }
        }
        return new Table(title, lines);
    }

    /** For a terminal. */
    String text() {
        final StringBuilder text = new StringBuilder();
        for (final Table table : tables()) {
            if (table.lines().getFirst().size() > 2) {
                text.append('\n').append(table.title()).append(":\n").append(align(table.lines()));
            }
        }
        text.append('\n');
        circumstances.forEach(line -> text.append(line).append('\n'));
        text.append('\n');
        conclusions.forEach(line -> text.append(line).append('\n'));
        return text.toString();
    }

    private static String align(final List<List<String>> lines) {
        final int[] widths = IntStream.range(0, lines.getFirst().size())
                .map(column -> lines.stream()
                        .mapToInt(line -> line.get(column).length())
                        .max()
                        .orElse(0))
                .toArray();
        final StringBuilder text = new StringBuilder();
        for (final List<String> line : lines) {
            for (int column = 0; column < widths.length; column++) {
                final String cell = line.get(column);
                text.append(column == 0 ? "" : "  ")
                        .append(" ".repeat(widths[column] - cell.length()))
                        .append(cell);
            }
            text.append('\n');
        }
        return text.toString();
    }

    String markdown() {
        final StringBuilder text = new StringBuilder("# Copies: the back-end core alone\n\n");
        circumstances.forEach(line -> text.append("- ").append(line).append('\n'));
        for (final Table table : tables()) {
            if (table.lines().getFirst().size() > 2) {
                text.append("\n## ").append(table.title()).append("\n\n");
                text.append(row(table.lines().getFirst()));
                text.append(
                        row(table.lines().getFirst().stream().map(cell -> "--:").toList()));
                table.lines().stream().skip(1).forEach(line -> text.append(row(line)));
            }
        }
        text.append("\n## Conclusions\n\n");
        conclusions.forEach(line -> text.append("- ").append(line).append('\n'));
        return text.toString();
    }

    private static String row(final List<String> cells) {
        return cells.stream().collect(Collectors.joining(" | ", "| ", " |\n"));
    }

    /** Every turn. */
    String csv() {
        final StringBuilder text = new StringBuilder(
                "round,ring,bytes,contender,pps,windows,dropped,engine_copies,threshold,core_ns,alignment\n");
        for (final Turn turn : results.turns()) {
            text.append(String.format(
                    Locale.ROOT,
                    "%d,%s,%s,%s,%.0f,%d,%d,%d,%d,%.1f,%d%n",
                    turn.round(),
                    turn.of().direction(),
                    turn.of().load().name(),
                    turn.contender(),
                    turn.rate(),
                    turn.windows(),
                    turn.dropped(),
                    turn.engineCopies(),
                    turn.threshold(),
                    turn.coreNanos(),
                    turn.alignment()));
        }
        return text.toString();
    }

    /** CSV where the name says so, otherwise Markdown. */
    void write(final Path file) throws IOException {
        Files.writeString(file, file.toString().endsWith(".csv") ? csv() : markdown());
    }
}
