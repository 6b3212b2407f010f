package e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Engines' bundles are stopped, updated, uninstalled and installed under full load; nothing is lost, and nothing stays. */
@Timeout(900)
class BundleDynamicsIT {
    private static final int CHANGES = Integer.getInteger("dynamics", 1000);
    /** Each kind of change once for each bundle, and two for both. */
    private static final int WARM_UP = 16;

    private static final String SIZES = "64,1518,4096,256";
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final Pattern HISTOGRAM = Pattern.compile("^ *\\d+: +(\\d+) +\\d+ +(\\S+)");
    private static final String LOADER = "org.apache.felix.framework.BundleWiringImpl$BundleClassLoader";

    private final List<Long> took = new ArrayList<>();

    /** A bundle that comes and goes; its id is another one each time it is installed. */
    private static final class Engine {
        final String queue;
        final String engine;
        final Control control;
        final String location;
        long id;

        Engine(final Control control, final String queue, final String engine, final long id) {
            this.control = control;
            this.queue = queue;
            this.engine = engine;
            this.id = id;
            this.location =
                    control.run("($.context getBundle " + id + ") getLocation").strip();
        }

        void stop() {
            control.run("felix:stop " + id);
        }

        void start() {
            control.run("felix:start " + id);
        }

        void update() {
            control.run("felix:update " + id);
        }

        void uninstall() {
            control.run("felix:uninstall " + id);
        }

        void install() {
            final String answer =
                    control.run("felix:install '" + location + "'").strip();
            id = Long.parseLong(answer.substring(answer.lastIndexOf(' ') + 1));
            start();
        }

        void assign(final String to) {
            control.run("assign port0 " + queue + " " + to + " 1 --wait");
        }
    }

    @BeforeAll
    static void findPeers() {
        Peers.requireSequence();
    }

    @Test
    void bundlesOfEnginesComeAndGoUnderFullLoad() throws IOException {
        try (Scratch scratch = new Scratch();
                Platform platform = Platform.forward(scratch, "macswap", 1, "--cpu", "0");
                SequencePeer peer = SequencePeer.open("", 1, List.of("--size", SIZES), platform.socket(0))) {
            final Control control = platform.control();
            control.configure("vhost.engines", Map.of("engine", "cpu-inline", "deadline.millis", "500"));
            final Engine chaos = new Engine(control, "tx0", Chaos.ENGINE, Chaos.install(control, Chaos.UNRELIABLE));
            final Engine cpu = new Engine(control, "rx0", "cpu-worker", control.bundle("dma.cpu"));
            cpu.assign(cpu.engine);
            chaos.assign(chaos.engine);
            final Map<String, Long> before = heap(platform);
            for (int i = 0; i < WARM_UP; i++) {
                change(i, cpu, chaos);
            }
            settle(control, cpu, chaos);
            final Path process = Path.of("/proc", String.valueOf(platform.pid()));
            final long descriptors = count(process.resolve("fd"));
            final long mappings = fileMappings(process);

            long received = peer.report().received();
            for (int i = 0; i < CHANGES; i++) {
                final long begin = System.nanoTime();
                change(i, cpu, chaos);
                took.add(System.nanoTime() - begin);
                if (i % 100 == 99) {
                    final long now = peer.report().received();
                    assertThat(now)
                            .as("packets still come after %d changes", i + 1)
                            .isGreaterThan(received);
                    received = now;
                }
            }
            refresh(platform, control, before.get(LOADER), cpu, chaos);
            settle(control, cpu, chaos);
            assertThat(Chaos.violations(control)).isEmpty();

            final SequencePeer.Report report = peer.quit();
            assertThat(report.isFaultless())
                    .as(peer.child().transcript() + platform.child().transcript())
                    .isTrue();
            assertThat(report.received()).isEqualTo(report.sent());
            Waiting.until(
                    "all packets are back",
                    PATIENCE,
                    () -> control.sum("workers", "PACKETS IN USE") == 0 && control.sum("engines", "DRAINING") == 0,
                    () -> control.run("queues\nworkers\nengines"));

            final Map<String, Long> after = heap(platform);
            show(report, before, after, control);
            assertThat(after.get(LOADER)).as("class loaders of bundles").isLessThanOrEqualTo(before.get(LOADER));
            for (final String once : List.of(
                    "dma.cpu.internal.InlineEngine",
                    "dma.cpu.internal.DefaultWorkerEngine",
                    "dma.chaos.ChaosEngine",
                    "dma.chaos.internal.ChaosComponent")) {
                assertThat(after.get(once))
                        .as("objects of %s: that which works, and at most the one before", once)
                        .isBetween(1L, 2L);
            }
            assertThat(after.get("vhost.core.internal.async.CopyChannel"))
                    .as("channels: one for each queue, and perhaps that before")
                    .isLessThanOrEqualTo(2
                            * control.table("engines").stream()
                                    .mapToLong(row -> Long.parseLong(row.get("CHANNELS")))
                                    .sum());
            assertThat(engineThreads(platform)).allMatch(count -> count <= 1);
            Waiting.until(
                    "there are " + descriptors + " descriptors again, as the front-end has gone fewer",
                    PATIENCE,
                    () -> count(process.resolve("fd")) <= descriptors);
            assertThat(fileMappings(process)).isLessThanOrEqualTo(mappings);

            // Without their bundles engines have no thread, and at most their last objects are left.
            cpu.uninstall();
            chaos.uninstall();
            assertThat(control.run("engines")).contains("no engines");
            assertThat(engineThreads(platform)).allMatch(count -> count == 0);
            // What served last may be remembered until something else does.
            final Map<String, Long> gone = heap(platform);
            for (final String once : List.of("dma.cpu.internal.DefaultWorkerEngine", "dma.chaos.ChaosEngine")) {
                assertThat(gone.getOrDefault(once, 0L))
                        .as("objects of %s", once)
                        .isLessThanOrEqualTo(1);
            }
            platform.stop();
        }
    }

    /** One change, of a kind that follows from its number; packets flow meanwhile. */
    private static void change(final int number, final Engine cpu, final Engine chaos) {
        final Engine one = number % 2 == 0 ? cpu : chaos;
        switch (number / 2 % 8) {
            case 0, 1 -> {
                one.stop();
                one.start();
            }
            case 2, 3 -> one.update();
            case 4 -> {
                one.uninstall();
                one.install();
            }
            case 5 -> together(cpu, chaos, Engine::stop, Engine::start);
            case 6 -> together(cpu, chaos, Engine::uninstall, Engine::install);
            default -> {
                // During a swap, to the engine that goes or away from it.
                final CompletableFuture<Void> swap = CompletableFuture.runAsync(() -> {
                    one.assign("cpu-inline");
                    one.assign(one.engine);
                });
                one.stop();
                one.start();
                swap.join();
            }
        }
    }

    private interface Step {
        void of(Engine engine);
    }

    private static void together(final Engine cpu, final Engine chaos, final Step first, final Step second) {
        final CompletableFuture<Void> other = CompletableFuture.runAsync(() -> {
            first.of(chaos);
            second.of(chaos);
        });
        first.of(cpu);
        second.of(cpu);
        other.join();
    }

    /** The framework keeps the classes of an updated bundle until it is told to let go of them, which a thread of its own does. */
    private static void refresh(
            final Platform platform, final Control control, final long loaders, final Engine... engines) {
        for (final Engine each : engines) {
            control.run("felix:refresh " + each.id);
        }
        Waiting.until(
                "there are " + loaders + " class loaders of bundles again",
                PATIENCE,
                () -> heap(platform).get(LOADER) <= loaders,
                () -> heap(platform).toString());
    }

    /** Each queue has the engine that is wished for it, and it copies. */
    private static void settle(final Control control, final Engine... engines) {
        for (final Engine each : engines) {
            Waiting.until(
                    each.queue + " has " + each.engine,
                    PATIENCE,
                    () -> control.table("queues").stream()
                            .anyMatch(row -> row.get("QUEUE").equals("port0/" + each.queue)
                                    && row.get("ENGINE").equals(each.engine)),
                    () -> control.run("queues\nengines\nswaps"));
        }
        final long before = control.sum("stats", "BY ENGINE");
        Waiting.until("engines copy", PATIENCE, () -> control.sum("stats", "BY ENGINE") > before + 1000);
        Waiting.until(
                "all engines are there, each once",
                PATIENCE,
                () -> control.table("engines").stream()
                        .map(row -> row.get("ENGINE"))
                        .sorted()
                        .toList()
                        .equals(List.of(Chaos.ENGINE, "cpu-inline", "cpu-worker")),
                () -> control.run("engines"));
    }

    /** How many objects of each class live, after a collection. */
    private static Map<String, Long> heap(final Platform platform) {
        // The first collection finds what can be finalized or cleaned, the second what that has let go.
        jcmd(platform, "GC.run");
        return jcmd(platform, "GC.class_histogram")
                .lines()
                .map(HISTOGRAM::matcher)
                .filter(Matcher::find)
                .collect(Collectors.toMap(
                        matcher -> matcher.group(2),
                        matcher -> Long.valueOf(matcher.group(1)),
                        Long::sum,
                        TreeMap::new));
    }

    /** How many threads there are of cpu-worker and of chaos. */
    private static List<Long> engineThreads(final Platform platform) {
        final String threads = jcmd(platform, "Thread.print");
        return Stream.of("\"dma-cpu-worker\"", "\"dma-chaos\"")
                .map(name ->
                        threads.lines().filter(line -> line.startsWith(name)).count())
                .toList();
    }

    private static String jcmd(final Platform platform, final String command) {
        final Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        final Child.Result result = Child.run(
                "jcmd", PATIENCE, Map.of(), List.of(jcmd.toString(), String.valueOf(platform.pid()), command));
        assertThat(result.status()).as(result.err()).isZero();
        return result.out();
    }

    private static long count(final Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.count();
        }
    }

    /** Guests' memory, jars and libraries. Anonymous ones tell nothing: unloaded classes leave holes in the JVM's memory. */
    private static long fileMappings(final Path process) throws IOException {
        try (Stream<String> lines = Files.lines(process.resolve("maps"))) {
            return lines.filter(line -> line.contains(" /")).count();
        }
    }

    private void show(
            final SequencePeer.Report report,
            final Map<String, Long> before,
            final Map<String, Long> after,
            final Control control) {
        final List<Long> sorted =
                took.stream().sorted(Comparator.naturalOrder()).toList();
        final StringBuilder text = new StringBuilder(String.format(
                "%d changes of engines' bundles, %d ms each in the middle, %d at most; %d swaps; %d packets:"
                        + " %d lost, %d reordered, %d duplicated, %d damaged%n",
                sorted.size(),
                sorted.get(sorted.size() / 2) / 1_000_000,
                sorted.getLast() / 1_000_000,
                control.swaps(),
                report.received(),
                report.lost(),
                report.reordered(),
                report.duplicated(),
                report.damaged()));
        after.forEach((name, count) -> {
            if (name.startsWith("dma.") || name.equals(LOADER) || name.contains("Channel")) {
                text.append(String.format("%6d %6d %s%n", before.getOrDefault(name, 0L), count, name));
            }
        });
        Child.keep("dynamics", text.toString());
        System.out.print(text);
    }
}
