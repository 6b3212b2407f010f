package bench.internal;

import bench.internal.Results.Case;
import dma.model.pace.DevicePace;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import linux.Linux;
import linux.LinuxException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.metatype.annotations.Designate;
import vhost.core.api.VhostException;
import vhost.core.api.VhostPorts;
import vhost.core.api.VhostWorker;
import vhost.core.api.VhostWorkers;

/** {@code ./vhost bench copies}: all contenders take turns at each load and direction, round after round. */
@Component(
        service = Callable.class,
        property = "vhost.main=bench",
        configurationPid = "bench",
        configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = BenchConfig.class)
public final class Benchmark implements Callable<Integer> {
    /** Entries of a ring, packets of a window: no more than there are large packets in the pool. */
    private static final int RING = 1024;

    private final BenchConfig config;
    private final VhostPorts ports;
    private final VhostWorker worker;
    private final PrintStream out = System.out;

    /** Of models that run here, if any do. */
    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    private volatile List<DevicePace> paces = List.of();

    @Activate
    public Benchmark(
            final BenchConfig config,
            @Reference(name = "ports") final VhostPorts ports,
            @Reference(name = "workers") final VhostWorkers workers) {
        this.config = config;
        this.ports = ports;
        this.worker = workers.workers().getFirst();
    }

    @Override
    public Integer call() throws Exception {
        final Plan plan = Plan.of(config);
        final CacheFlush flush = config.cold() ? CacheFlush.open() : CacheFlush.NONE;
        // Threads of engines are started by this one, and inherit what it is bound to.
        bind();
        final Path directory = Files.createTempDirectory("vhost-bench");
        final List<Lane> lanes = new ArrayList<>();
        try (Payload payload = new Payload()) {
            for (final Load load : plan.loads()) {
                lanes.add(new Lane(ports, directory, "bench-" + lanes.size(), load, RING, config.packed(), payload));
            }
            return measure(plan, lanes, payload, flush);
        } finally {
            for (final Lane lane : lanes) {
                lane.close();
            }
            delete(directory);
        }
    }

    private void bind() throws LinuxException {
        if (config.cpu() >= 0) {
            Linux.pinCurrentThread(config.cpu());
        }
    }

    private static void delete(final Path directory) throws IOException {
        try (var files = Files.walk(directory)) {
            for (final Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    private int measure(final Plan plan, final List<Lane> lanes, final Payload payload, final CacheFlush flush)
            throws VhostException, IOException {
        final WindowTask task = new WindowTask(worker, RING, Math.max(1, config.outstanding()), flush);
        final Turns turns = new Turns(
                task, payload, new Disturbances("vhost-worker-" + worker.index()), flush, this::takeAlignment);
        final Results results = new Results();
        worker.attach(task);
        try {
            warmUp(plan, turns, lanes);
            for (int round = 0; round < config.rounds(); round++) {
                out.println("round " + (round + 1) + " of " + config.rounds());
                round(plan, turns, lanes, results, round);
            }
        } finally {
            worker.detach(task);
        }
        report(plan, results, turns, flush);
        return 0;
    }

    private int takeAlignment(final String engine) {
        return paces.stream()
                .mapToInt(pace -> pace.takeAlignment(engine))
                .filter(alignment -> alignment != 0)
                .findFirst()
                .orElse(0);
    }

    private void warmUp(final Plan plan, final Turns turns, final List<Lane> lanes) throws VhostException, IOException {
        out.println("warm-up: every byte of every packet is checked");
        for (final Lane lane : lanes) {
            for (final Direction direction : plan.directions()) {
                turns.begin(lane, direction);
                for (final Contender contender : plan.contenders()) {
                    turns.warmUp(contender);
                }
                turns.end();
            }
        }
    }

    private void round(
            final Plan plan, final Turns turns, final List<Lane> lanes, final Results results, final int round)
            throws VhostException, IOException {
        for (final Lane lane : lanes) {
            for (final Direction direction : plan.directions()) {
                turns.begin(lane, direction);
                for (int i = 0; i < plan.contenders().size(); i++) {
                    // Each round another one comes first: who comes after whom must not matter.
                    final Contender contender = plan.contenders()
                            .get((i + round) % plan.contenders().size());
                    results.add(turns.turn(round, new Case(direction, lane.load()), contender));
                }
                turns.end();
            }
        }
    }

    private void report(final Plan measured, final Results results, final Turns turns, final CacheFlush flush)
            throws IOException {
        final List<String> circumstances = new ArrayList<>(circumstances(measured, results, turns, flush));
        final List<String> conclusions = new ArrayList<>(new Conclusions(results, measured).lines());
        final Modelled modelled = new Modelled(paces);
        final List<Contender> added = modelled.addTo(results, measured);
        final Plan plan = measured.with(added);
        if (!added.isEmpty()) {
            circumstances.addAll(modelled.explanations());
            conclusions.addAll(new ModelVerdicts(results, plan).lines());
        }
        final Report report = new Report(results, plan, circumstances, conclusions);
        out.print(report.text());
        if (!config.out().isEmpty()) {
            report.write(Path.of(config.out()));
            out.println("\nwritten to " + config.out());
        }
        if (!config.plot().isEmpty()) {
            new Plot(results, plan, config.cold()).write(Path.of(config.plot()));
            out.println("chart in " + config.plot());
        }
        out.println("bench: ok: " + turns.checkedPackets() + " packets were checked, all " + turns.checkedBytes()
                + " bytes as they were sent");
    }

    private List<String> circumstances(
            final Plan plan, final Results results, final Turns turns, final CacheFlush flush) {
        return List.of(
                (config.packed() ? "Packed" : "Split") + " rings of " + RING
                        + " entries, IN_ORDER, mergeable; a buffer holds a whole packet; bursts of " + WindowTask.BURST
                        + ".",
                "Worker on processor " + worker.cpu() + ", front-end and engines on "
                        + (config.cpu() < 0 ? "any" : config.cpu()) + ".",
                "A window is one ring: " + WindowTask.LEAD_IN + " packets that do not count, then "
                        + (RING - WindowTask.LEAD_IN) + " that do, from the first burst to the last used entry, by the"
                        + " worker's clock; a turn is " + Turns.WINDOWS + " windows.",
                "Working set: " + RING + " packets of the pool and " + RING
                        + " buffers of the guest, each used once a window by every contender; data of both, KiB: "
                        + workingSets(plan) + ".",
                flush.isWanted()
                        ? "Cold: before each window the data of all its packets and of all buffers of the guest was"
                                + " flushed from the caches with " + flush.code() + "; rings and headers of packets"
                                + " were not."
                        : "Hot: nothing is flushed; data that fits stays in the caches.",
                results.windows() + " windows count, " + results.dropped()
                        + " were dropped (involuntary context switch of the worker or an engine's thread, or stolen"
                        + " time); ~ marks cells that have no other.",
                turns.checkedPackets() + " packets were checked byte by byte.");
    }

    private static String workingSets(final Plan plan) {
        final List<String> sets = new ArrayList<>();
        plan.loads().forEach(load -> sets.add(load.name() + " B " + (2 * load.bytes(RING) >> 10)));
        return String.join(", ", sets);
    }
}
