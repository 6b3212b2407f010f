package dma.tck;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every fault is found, by the name of the rule that it breaks. */
@Timeout(120)
class SeededFaultsTest {
    private static final Path TABLE = Path.of("target", "seeded-faults.txt");
    private static final List<String> ROWS = new ArrayList<>();

    @ParameterizedTest
    @EnumSource
    void shouldBeFoundByName(final SeededFault fault) {
        final ReferenceEngine engine = fault.engine();
        final Report report = new Certification(
                        engine,
                        Options.of(fault.name(), "software")
                                .withPatience(Duration.ofMillis(800))
                                .withGoAway(engine::close))
                .run();
        final List<Result> failed = report.results().stream()
                .filter(result -> result.verdict() == Verdict.FAILED)
                .toList();
        final List<String> names =
                failed.stream().map(result -> result.rule().name()).toList();
        row(fault, failed);
        assertThat(names).as(report.text()).contains(fault.rule());
        assertThat(names)
                .as(report.text())
                .allMatch(
                        name -> name.equals(fault.rule()) || fault.companions().contains(name));
    }

    private static void row(final SeededFault fault, final List<Result> failed) {
        final StringBuilder row = new StringBuilder("%-44s %-34s".formatted(fault, fault.rule()));
        failed.forEach(
                result -> row.append(result.rule().name().equals(fault.rule()) ? " caught: " + result.detail() : ""));
        failed.forEach(result -> row.append(
                result.rule().name().equals(fault.rule())
                        ? ""
                        : " | " + result.rule().name()));
        ROWS.add(row.toString());
    }

    @AfterAll
    static void tell() throws IOException {
        final String table = "%-44s %-34s %s%n".formatted("FAULT", "RULE", "SEEN")
                + String.join(System.lineSeparator(), ROWS) + "\n";
        System.out.print(table);
        Files.createDirectories(TABLE.getParent());
        Files.writeString(TABLE, table);
    }
}
