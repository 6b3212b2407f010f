package launcher;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import launcher.Platform.Setting;
import launcher.Session.Kind;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "bench", description = "Measure the back-end core alone, on two processors and prepared rings.")
final class Bench implements Callable<Integer> {
    private static final String COPIES = "copies";

    /** The worker never sleeps: nothing that wakes is to be measured. */
    private static final long IDLE_MICROS = 1_000_000_000;

    /** The longest: an engine's thread that a busy machine does not let run has not failed, its window is dropped. */
    private static final int DEADLINE_MILLIS = 500;

    /** Of packets, with models: the core copies what goes beyond 512, and its own time would not be an engine's any more. */
    private static final int OUTSTANDING = 256;

    @Parameters(
            index = "0",
            paramLabel = "WHAT",
            description = {"what is measured:", "  copies   packets a second by who copies, at several lengths"})
    private String what;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "30",
            description = "turns of each contender (default: ${DEFAULT-VALUE})")
    private int rounds;

    @Option(names = "--sizes", paramLabel = "B,...", description = "lengths of packets, bytes")
    private String sizes;

    @Option(
            names = "--engines",
            paramLabel = "E[@T],...",
            description = "engines with their thresholds, a number of bytes or auto; ratios are to the first")
    private String contenders;

    @Option(
            names = "--direction",
            paramLabel = "D",
            defaultValue = "both",
            description = "rx: into the guest's memory, tx: out of it, or both (default: ${DEFAULT-VALUE})")
    private String direction;

    @Option(names = "--packed", description = "packed rings instead of split ones")
    private boolean packed;

    @Option(
            names = "--cpu",
            paramLabel = "N,M",
            split = ",",
            description = "processors of the worker, and of all else (default: the first two)")
    private List<Integer> cpus;

    @Option(
            names = "--cold",
            description = {
                "flush data from the caches before each window, for figures that stand beside those published",
                "for engines; without it data that fits stays in the caches"
            })
    private boolean cold;

    @Option(names = "--out", paramLabel = "FILE", description = "write a report: .csv for every turn, else Markdown")
    private Path out;

    @Option(names = "--plot", paramLabel = "FILE", description = "draw a chart of packets of one length, .svg")
    private Path plot;

    @Option(
            names = "--timing",
            paramLabel = "LINE",
            defaultValue = "published=true charge=true",
            description = {
                "the pace of DSA's model, which is started where an engine is named dsa-model...;",
                "empty: as fast as its thread can (default: ${DEFAULT-VALUE})"
            })
    private String timing;

    @Mixin
    private LogOption log;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        check();
        Home home = Home.find();
        // Its table is not to be interrupted.
        log.apply(home, LogOption.Level.WARN);
        String name = "bench-" + ProcessHandle.current().pid();
        Session session = Session.open(home, name, Kind.PASSING, home.startLevels(levels()), settings());
        try {
            return session.platform().call("bench");
        } finally {
            session.close();
        }
    }

    private void check() {
        if (!what.equals(COPIES)) {
            throw wrong("unknown measurement '" + what + "', use " + COPIES);
        }
        if (rounds < 1) {
            throw wrong("--rounds " + rounds + ": use 1 or more");
        }
        if (plot != null && !plot.toString().endsWith(".svg")) {
            throw wrong("--plot " + plot + ": charts are SVG, use a name that ends with .svg");
        }
        List<Integer> usable = Processors.usable();
        if (cpus == null) {
            cpus = usable.subList(0, Math.min(2, usable.size()));
        }
        if (cpus.size() != 2 || cpus.get(0).equals(cpus.get(1)) || !usable.containsAll(cpus)) {
            throw wrong("two processors are needed, one for the worker; this process may use " + usable);
        }
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    /** The switch would serve the queues that are measured. */
    private Map<String, Integer> levels() {
        Map<String, Integer> levels =
                new HashMap<>(Map.of("vhost.switching", Platform.NEVER, "bench", Platform.DEFAULT_LEVEL));
        if (usesModels()) {
            levels.put("dma.model", Platform.DEFAULT_LEVEL);
        }
        return levels;
    }

    private boolean usesModels() {
        return contenders != null && contenders.contains("-model");
    }

    private List<Setting> settings() {
        Map<String, Object> bench = new HashMap<>();
        bench.put("rounds", rounds);
        bench.put("direction", direction);
        bench.put("packed", packed);
        bench.put("cold", cold);
        bench.put("cpu", cpus.get(1));
        if (usesModels()) {
            bench.put("outstanding", OUTSTANDING);
        }
        if (sizes != null) {
            bench.put("sizes", sizes);
        }
        if (contenders != null) {
            bench.put("engines", contenders);
        }
        if (out != null) {
            bench.put("out", out.toAbsolutePath().normalize().toString());
        }
        if (plot != null) {
            bench.put("plot", plot.toAbsolutePath().normalize().toString());
        }
        Map<String, Object> workers =
                Map.of("count", 1, "cpus", String.valueOf(cpus.get(0)), "idle.micros", IDLE_MICROS);
        Map<String, Object> engines = Map.of("engine", "builtin", "deadline.millis", DEADLINE_MILLIS);
        return List.of(
                new Setting("vhost.workers", null, workers),
                new Setting("vhost.engines", null, engines),
                new Setting("dma.model.dsa", null, Map.of("timing", timing)),
                new Setting("bench", null, bench));
    }
}
