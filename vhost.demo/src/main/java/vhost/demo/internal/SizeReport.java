package vhost.demo.internal;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The table of the sizes, and what is wrong with it. */
final class SizeReport {
    private static final String LINE = "%7s %12s %9s %9s %15s %15s %7s %10s %8s%n";

    private final List<Row> rows = new ArrayList<>();

    private record Row(int size, double seconds, Totals totals) {}

    /** What crossed with packets of {@code size} bytes, in so many seconds. */
    void add(final int size, final double seconds, final Totals totals) {
        rows.add(new Row(size, seconds, totals));
    }

    /** Packets of all sizes. */
    long packets() {
        return rows.stream().mapToLong(row -> row.totals.packets()).sum();
    }

    void print(final PrintStream out) {
        out.printf(
                LINE,
                "size",
                "packets",
                "Mpps",
                "Gbit/s",
                "engine copies",
                "core copies",
                "lost",
                "reordered",
                "damaged");
        for (final Row row : rows) {
            final Totals totals = row.totals;
            out.printf(
                    LINE,
                    row.size + " B",
                    totals.packets(),
                    String.format(Locale.ROOT, "%.3f", totals.packets() / row.seconds / 1e6),
                    String.format(Locale.ROOT, "%.2f", totals.bytes() * 8 / row.seconds / 1e9),
                    totals.engineCopies(),
                    totals.coreCopies(),
                    totals.lost(),
                    totals.reordered(),
                    totals.damaged());
        }
    }

    /** What is not as it should be, in words; empty where all is well. */
    List<String> complaints() {
        final boolean good = rows.stream()
                .map(Row::totals)
                .allMatch(row -> row.packets() > 0 && row.lost() == 0 && row.reordered() == 0 && row.damaged() == 0);
        return good ? List.of() : List.of("packets were lost, reordered or damaged, or none crossed");
    }
}
