package bench.internal;

import bench.internal.Results.Case;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The results as a picture: a chart for each ring, a line for each contender. Mixed loads have no place on the axis. */
final class Plot {
    private final Results results;
    private final Plan plan;
    private final boolean cold;

    /** @param cold whether data was not in the caches */
    Plot(final Results results, final Plan plan, final boolean cold) {
        this.results = results;
        this.plan = plan;
        this.cold = cold;
    }

    String svg() {
        final boolean models = plan.contenders().stream().anyMatch(contender -> !contender.isMeasured());
        final SvgChart chart = new SvgChart(
                "Throughput of the back-end's core by who copies, " + (cold ? "cold" : "cached") + " data"
                        + (models ? " (engines: modelled, no hardware)" : ""),
                "bytes of a packet",
                "Gbit/s, median and quartiles over rounds");
        for (final Direction direction : plan.directions()) {
            chart.panel(direction + ": " + (direction == Direction.RX ? "to the guest" : "from the guest"));
            for (final Contender contender : plan.contenders()) {
                chart.series(contender.toString(), points(direction, contender), !contender.isMeasured());
            }
        }
        return chart.svg();
    }

    private List<SvgChart.Point> points(final Direction direction, final Contender contender) {
        return plan.loads().stream()
                .filter(load -> !load.isMixed())
                .map(load -> {
                    final Case of = new Case(direction, load);
                    final double bits = load.longest() * 8 / 1e9;
                    return new SvgChart.Point(
                            load.longest(),
                            results.rate(of, contender, 0.5) * bits,
                            results.rate(of, contender, 0.25) * bits,
                            results.rate(of, contender, 0.75) * bits);
                })
                .toList();
    }

    void write(final Path file) throws IOException {
        Files.writeString(file, svg());
    }
}
