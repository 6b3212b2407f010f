package bench.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Line charts side by side, both axes logarithmic, as SVG. Whoever shows it has the fonts: nothing is measured here, and
 * neither a display nor a font is needed to write one.
 */
final class SvgChart {
    private static final int WIDTH = 460;
    private static final int HEIGHT = 400;
    private static final int LEFT = 70;
    private static final int TOP = 70;
    private static final int GAP = 60;
    private static final int LEGEND_LINE = 18;

    /** Okabe and Ito's, which people who see few colours can tell apart. */
    private static final List<String> COLOURS =
            List.of("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8B4513");

    /** A place on a line, and how far it may be off. */
    record Point(double x, double y, double low, double high) {}

    private record Series(String name, List<Point> points, boolean dashed) {}

    private record Panel(String title, List<Series> series) {}

    /** An axis from a to b on pixels from start to end. */
    private record Axis(double a, double b, double start, double end) {
        double at(final double value) {
            return start + (end - start) * Math.log(value / a) / Math.log(b / a);
        }
    }

    private final String title;
    private final String xLabel;
    private final String yLabel;
    private final List<Panel> panels = new ArrayList<>();
    private final StringBuilder svg = new StringBuilder();

    SvgChart(final String title, final String xLabel, final String yLabel) {
        this.title = title;
        this.xLabel = xLabel;
        this.yLabel = yLabel;
    }

    /** What follows is drawn into another one. */
    void panel(final String name) {
        panels.add(new Panel(name, new ArrayList<>()));
    }

    /** A line into the last panel. Names that come again have the same colour. */
    void series(final String name, final List<Point> points, final boolean dashed) {
        panels.getLast().series.add(new Series(name, points, dashed));
    }

    String svg() {
        final List<Series> legend = panels.getFirst().series;
        final int width = LEFT + panels.size() * (WIDTH + GAP);
        final int height = TOP + HEIGHT + 60 + LEGEND_LINE * ((legend.size() + 1) / 2) + 10;
        svg.setLength(0);
        line(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\""
                        + " font-family=\"sans-serif\" font-size=\"12\">",
                width, height, width, height);
        line("<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>");
        text(width / 2.0, 26, "middle", title, " font-size=\"17\"");
        line(
                "<text transform=\"translate(18 %d) rotate(-90)\" text-anchor=\"middle\">%s</text>",
                TOP + HEIGHT / 2, escape(yLabel));
        for (int i = 0; i < panels.size(); i++) {
            draw(panels.get(i), LEFT + i * (WIDTH + GAP));
        }
        for (int i = 0; i < legend.size(); i++) {
            final double x = LEFT + (i % 2) * (width - LEFT) / 2.0;
            final double y = TOP + HEIGHT + 65 + LEGEND_LINE * (i / 2);
            line(
                    "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" stroke-width=\"2\"%s/>",
                    x, y - 4, x + 34, y - 4, colour(i), dash(legend.get(i)));
            text(x + 42, y, "start", legend.get(i).name, "");
        }
        return svg.append("</svg>\n").toString();
    }

    private void draw(final Panel panel, final int left) {
        final List<Point> all = panels.stream()
                .flatMap(each -> each.series.stream())
                .flatMap(each -> each.points.stream())
                .toList();
        final Axis x = new Axis(
                all.stream().mapToDouble(Point::x).min().orElse(1) / 1.15,
                all.stream().mapToDouble(Point::x).max().orElse(10) * 1.15,
                left,
                left + WIDTH);
        final Axis y = new Axis(
                all.stream().mapToDouble(Point::low).min().orElse(1) / 1.1,
                all.stream().mapToDouble(Point::high).max().orElse(10) * 1.1,
                TOP + HEIGHT,
                TOP);
        text(left + WIDTH / 2.0, TOP - 12, "middle", panel.title, " font-size=\"14\"");
        text(left + WIDTH / 2.0, TOP + HEIGHT + 40, "middle", xLabel, "");
        all.stream().mapToDouble(Point::x).distinct().sorted().forEach(value -> {
            grid(x.at(value), TOP, x.at(value), TOP + HEIGHT);
            text(x.at(value), TOP + HEIGHT + 16, "middle", number(value), " font-size=\"10\"");
        });
        for (double decade = 1e-3; decade < 1e6; decade *= 10) {
            for (final int step : new int[] {1, 2, 5}) {
                final double value = decade * step;
                if (value >= y.a && value <= y.b) {
                    grid(left, y.at(value), left + WIDTH, y.at(value));
                    text(left - 6, y.at(value) + 4, "end", number(value), "");
                }
            }
        }
        line(
                "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"none\" stroke=\"#444\"/>",
                left, TOP, WIDTH, HEIGHT);
        for (int i = 0; i < panel.series.size(); i++) {
            draw(panel.series.get(i), colour(i), x, y);
        }
    }

    private void draw(final Series series, final String colour, final Axis x, final Axis y) {
        final StringBuilder path = new StringBuilder();
        final StringBuilder band = new StringBuilder();
        for (final Point point : series.points) {
            path.append(pair(x.at(point.x), y.at(point.y)));
            band.append(pair(x.at(point.x), y.at(point.high)));
        }
        for (final Point point : series.points.reversed()) {
            band.append(pair(x.at(point.x), y.at(point.low)));
        }
        line("<g><title>%s</title>", escape(series.name));
        line(
                "<polygon points=\"%s\" fill=\"%s\" fill-opacity=\"0.12\"/>",
                band.toString().strip(), colour);
        line(
                "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"%s/>",
                path.toString().strip(), colour, dash(series));
        line("</g>");
    }

    private void grid(final double x1, final double y1, final double x2, final double y2) {
        line("<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/>", x1, y1, x2, y2);
    }

    private void text(final double x, final double y, final String anchor, final String text, final String more) {
        line("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\"%s>%s</text>", x, y, anchor, more, escape(text));
    }

    private void line(final String format, final Object... arguments) {
        svg.append(String.format(Locale.ROOT, format, arguments)).append('\n');
    }

    private static String pair(final double x, final double y) {
        return String.format(Locale.ROOT, "%.1f,%.1f ", x, y);
    }

    private static String colour(final int series) {
        return COLOURS.get(series % COLOURS.size());
    }

    private static String dash(final Series series) {
        return series.dashed ? " stroke-dasharray=\"7 4\"" : "";
    }

    private static String number(final double value) {
        return value >= 1 ? String.valueOf(Math.round(value)) : String.format(Locale.ROOT, "%.3f", value);
    }

    private static String escape(final String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
