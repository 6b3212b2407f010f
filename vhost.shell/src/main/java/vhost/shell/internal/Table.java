package vhost.shell.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Rows in aligned columns, numbers to the right. */
final class Table {
    private static final String GAP = "  ";

    private final List<String> heads;
    private final List<List<String>> rows = new ArrayList<>();
    private final List<Boolean> numeric = new ArrayList<>();
    private final String empty;
    private String foot = "";

    /** With {@code empty} to say where there is no row. */
    Table(String empty, String... heads) {
        this.empty = empty;
        this.heads = List.of(heads);
        for (int i = 0; i < heads.length; i++) {
            numeric.add(true);
        }
    }

    /** Adds a row: a cell for each head. */
    Table row(Object... cells) {
        if (cells.length != heads.size()) {
            throw new IllegalArgumentException(cells.length + " cells for " + heads.size() + " columns");
        }
        List<String> row = new ArrayList<>();
        for (int i = 0; i < cells.length; i++) {
            String text = String.valueOf(cells[i]);
            boolean number = cells[i] instanceof Number || text.equals("-") || text.isEmpty();
            numeric.set(i, numeric.get(i) && number);
            row.add(text.isEmpty() ? "-" : text);
        }
        rows.add(row);
        return this;
    }

    /** A line below the rows. */
    Table foot(String text) {
        foot = text;
        return this;
    }

    @Override
    public String toString() {
        String body = rows.isEmpty() ? empty : aligned();
        return foot.isEmpty() ? body : body + "\n" + foot;
    }

    private String aligned() {
        List<List<String>> lines = new ArrayList<>();
        lines.add(heads);
        lines.addAll(rows);
        int[] widths = new int[heads.size()];
        lines.forEach(line -> {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], line.get(i).length());
            }
        });
        return lines.stream().map(line -> line(line, widths)).collect(Collectors.joining("\n"));
    }

    private String line(List<String> cells, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            String space = " ".repeat(widths[i] - cells.get(i).length());
            line.append(i == 0 ? "" : GAP).append(numeric.get(i) ? space + cells.get(i) : cells.get(i) + space);
        }
        return line.toString().stripTrailing();
    }
}
