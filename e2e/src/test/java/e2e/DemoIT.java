package e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The first thing that a newcomer runs. */
@Timeout(240)
class DemoIT {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final Path DISTRIBUTION = Platform.ROOT.resolve("launcher/target/vhost");
    private static final int COLUMN_PACKETS = 2;
    private static final int COLUMN_ENGINE_COPIES = 5;

    /** A line of the table of sizes: {@code 1518 B  116537  0.024  0.30  198071  35003  0  0  0}. */
    private static final Pattern SIZE = Pattern.compile(
            "^ *(\\d+) B +(\\d+) +([0-9.]+) +([0-9.]+) +(\\d+) +(\\d+) +(\\d+) +(\\d+) +(\\d+)$", Pattern.MULTILINE);

    /** A line of the table of engines: {@code cbdma-model0  CBDMA model  4/4  104043  203.0  24  0}. */
    private static final Pattern ENGINE = Pattern.compile(
            "^(\\S+) {2,}(\\S+(?: \\S+)?) {2,}(\\d+/\\d+) +(\\d+) +([0-9.]+) +(\\d+) +(\\d+)$", Pattern.MULTILINE);

    private record Engine(String name, String kind, String queues, long copies, double megabytes, long failures) {}

    @Test
    void sendsAllQueuesThroughAllEnginesInLessThanThirtySeconds() {
        try (Scratch scratch = new Scratch()) {
            final long start = System.nanoTime();
            final String out = demo(scratch, Platform.vhost("demo"));
            final Duration time = Duration.ofNanos(System.nanoTime() - start);

            final Map<String, Engine> engines = engines(out);
            assertThat(engines)
                    .containsOnlyKeys(
                            "cpu-inline",
                            "cpu-worker",
                            "dsa-model0/wq0.0",
                            "dsa-model0/wq0.1",
                            "dsa-model1/wq1.0",
                            "dsa-model1/wq1.1",
                            "cbdma-model0");
            assertThat(engines.values()).allSatisfy(DemoIT::servedEveryQueue);
            assertThat(engines.values())
                    .filteredOn(engine -> !engine.kind().equals("cpu"))
                    .allSatisfy(engine -> assertThat(engine.kind()).isIn("DSA model", "CBDMA model"));
            assertThat(engines.values().stream().mapToLong(Engine::copies).sum())
                    .as("copies by engine are those by size")
                    .isEqualTo(sum(out, COLUMN_ENGINE_COPIES));
            assertThat(out)
                    .containsPattern("demo: ok: " + sum(out, COLUMN_PACKETS) + " packets crossed")
                    .contains("no figure here says anything about hardware");
            assertThat(time).isLessThan(LIMIT);
        }
    }

    @Test
    void goesWithoutModelsWhereThereAreNone() throws IOException {
        try (Scratch scratch = new Scratch()) {
            final Path home = scratch.resolve("vhost");
            copy(DISTRIBUTION, home);
            Files.delete(home.resolve("bundle/dma.model.jar"));
            final String out = demo(scratch, List.of(home.resolve("vhost").toString(), "demo"));
            assertThat(out).contains("There is no bundle dma.model: it goes without the models of DSA and CBDMA.");
            assertThat(engines(out)).containsOnlyKeys("cpu-inline", "cpu-worker");
            assertThat(engines(out).values()).allSatisfy(DemoIT::servedEveryQueue);
        }
    }

    private static String demo(final Scratch scratch, final List<String> command) {
        final Map<String, String> environment = Platform.environment(scratch.folder());
        environment.put("XDG_CACHE_HOME", scratch.resolve("cache").toString());
        final Child.Result result = Child.run("demo", LIMIT.multipliedBy(3), environment, command);
        assertThat(result.status()).as("%s%n%s", result.out(), result.err()).isZero();
        return result.out();
    }

    private static void servedEveryQueue(final Engine engine) {
        assertThat(engine.queues()).as(engine.name()).isEqualTo("4/4");
        assertThat(engine.copies()).as(engine.name()).isPositive();
        assertThat(engine.megabytes()).as(engine.name()).isPositive();
        assertThat(engine.failures()).as(engine.name()).isZero();
    }

    private static Map<String, Engine> engines(final String out) {
        return ENGINE.matcher(out)
                .results()
                .map(found -> new Engine(
                        found.group(1),
                        found.group(2),
                        found.group(3),
                        Long.parseLong(found.group(4)),
                        Double.parseDouble(found.group(5)),
                        Long.parseLong(found.group(7))))
                .collect(Collectors.toMap(Engine::name, Function.identity()));
    }

    private static long sum(final String out, final int column) {
        return SIZE.matcher(out)
                .results()
                .mapToLong(found -> Long.parseLong(found.group(column)))
                .sum();
    }

    private static void copy(final Path from, final Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (final Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
    }
}
