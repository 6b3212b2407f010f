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
