package e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whether the benchmark measures everything and checks what was copied; how fast it was is not looked at. */
@Timeout(900)
class BenchIT {
    private static final Duration LIMIT = Duration.ofMinutes(6);
    private static final List<String> LOADS = List.of("64", "4096", "64/576/1518", "64/4096");
    private static final int CONTENDERS = 7;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldMeasureAndCheckEveryCell(final boolean packed) throws IOException {
        try (Scratch scratch = new Scratch()) {
            final Path report = scratch.resolve("report.csv");
            final List<String> command = Platform.vhost(
                    "bench", "copies", "--rounds", "1", "--sizes", "64,4096", "--out", report.toString());
            final Child.Result result = run(
                    scratch,
                    packed
                            ? Stream.concat(command.stream(), Stream.of("--packed"))
                                    .toList()
                            : command);
            assertThat(result.status()).as("%s%n%s", result.out(), result.err()).isZero();
            assertThat(result.err()).doesNotContain(" ERROR ");
            assertThat(result.out()).containsPattern("bench: ok: [1-9][0-9]* packets were checked");
            for (final String direction : List.of("rx", "tx")) {
                for (final String load : LOADS) {
                    assertThat(result.out())
                            .as("a rate of each contender for %s %s", direction, load)
                            .containsPattern("(?m)^ *" + direction + " +" + load + "( +[0-9]+\\.[0-9]{2}~?){"
                                    + CONTENDERS + "}$");
                    assertThat(result.out())
                            .as("a ratio of each contender but the first for %s %s", direction, load)
                            .containsPattern("(?m)^ *" + direction + " +" + load + "( +[0-9.]+ \\([0-9.]+-[0-9.]+\\)){"
                                    + (CONTENDERS - 1) + "}$");
                }
            }
            assertThat(result.out()).contains("become the default");
            assertThat(Files.readAllLines(report)).hasSize(1 + 2 * LOADS.size() * CONTENDERS);
        }
    }

    /** The device that the back-end's driver fills is given aligned destinations, though no buffer of the guest is. */
    @Test
    void shouldModelWhatTheDriverGivesTheDevice() throws IOException {
        try (Scratch scratch = new Scratch()) {
            final Path report = scratch.resolve("report.csv");
            final Path plot = scratch.resolve("plot.svg");
            final Child.Result result = run(
                    scratch,
                    Platform.vhost(
                            "bench",
                            "copies",
                            "--cold",
                            "--rounds",
                            "1",
                            "--sizes",
                            "64,2048",
                            "--engines",
                            "builtin,dsa-model0/wq0.0@1,dsa-model0/wq0.0@1024",
                            "--out",
                            report.toString(),
                            "--plot",
                            plot.toString()));
            assertThat(result.status()).as("%s%n%s", result.out(), result.err()).isZero();
            assertThat(result.out()).contains("Cold: ").contains("1.50 is wanted");
            assertThat(plot).content().contains("cold data (engines: modelled, no hardware)");
            assertThat(alignments(report, "dsa-model0/wq0.0@1,"))
                    .containsExactlyInAnyOrder("rx 64 4", "rx 2048 64", "tx 64 64", "tx 2048 64");
            assertThat(alignments(report, "dsa-model0/wq0.0@1024 modelled,"))
                    .containsExactlyInAnyOrder("rx 64 0", "rx 2048 64", "tx 64 0", "tx 2048 64");
        }
    }

    /** Of packets of one length: ring, length and the worst destination. */
    private static List<String> alignments(final Path report, final String contender) throws IOException {
        return Files.readAllLines(report).stream()
                .filter(line -> line.contains("," + contender))
                .map(line -> line.split(","))
                .filter(fields -> !fields[2].contains("/"))
                .map(fields -> fields[1] + " " + fields[2] + " " + fields[fields.length - 1])
                .toList();
    }

    @Test
    void shouldSayWhatIsWrongInOneLine() {
        try (Scratch scratch = new Scratch()) {
            final Child.Result result =
                    run(scratch, Platform.vhost("bench", "copies", "--rounds", "1", "--sizes", "64,huge"));
            assertThat(result.status()).isEqualTo(1);
            assertThat(result.err()).contains("'huge'").contains("16 to 9216");
        }
    }

    private static Child.Result run(final Scratch scratch, final List<String> command) {
        return Child.run("bench", LIMIT, Platform.environment(scratch.folder()), command);
    }
}
