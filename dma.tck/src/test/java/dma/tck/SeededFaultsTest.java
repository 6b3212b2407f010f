package dma.tck;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every fault is found, by the name of the rule that it breaks. */
@Timeout(120)
@Execution(ExecutionMode.CONCURRENT)
class SeededFaultsTest {
    private static final Path TABLE = Path.of("target", "seeded-faults.txt");
    private static final String ROW = "%-46s  %-34s  %-8s  %s";

    /** By fault. */
    private static final Map<String, String> ROWS = new ConcurrentHashMap<>();

    static Stream<SeededFault> faults() {
        return SeededFault.all();
    }

    @ParameterizedTest
    @MethodSource("faults")
    void shouldBeFoundByName(final SeededFault fault) {
        final ReferenceEngine engine = fault.create();
        // What waits for something in vain does so for a short while: it is the fault, and nothing else, that is waited
        // for.
        final Report report = new Certification(
                        engine,
                        Options.of(fault.wrong(), "software")
                                .withPatience(Duration.ofSeconds(3))
                                .withLongestCall(Duration.ofSeconds(8))
                                .withWatch(Duration.ofMillis(100))
                                .withRules(fault.rules())
                                .withGoAway(engine::close))
                .run();
        final Map<String, String> failed = report.results().stream()
                .filter(result -> result.verdict() == Verdict.FAILED)
                .collect(Collectors.toMap(result -> result.rule().name(), Result::detail));
        ROWS.put(fault.wrong(), row(fault, failed));
        assertThat(failed).as(report.text()).containsKey(fault.rule());
        assertThat(failed.keySet())
                .as(report.text())
                .allMatch(
                        name -> name.equals(fault.rule()) || fault.companions().contains(name));
    }

    private static String row(final SeededFault fault, final Map<String, String> failed) {
        final String others = failed.keySet().stream()
                .filter(name -> !name.equals(fault.rule()))
                .sorted()
                .collect(Collectors.joining(", "));
        final String seen = failed.containsKey(fault.rule())
                ? ROW.formatted(fault.wrong(), fault.rule(), "caught", failed.get(fault.rule()))
                : ROW.formatted(fault.wrong(), fault.rule(), "MISSED", "");
        return others.isEmpty() ? seen : seen + "; breaks as well " + others;
    }

    @AfterAll
    static void tell() throws IOException {
        final List<String> rows = faults().map(fault -> ROWS.getOrDefault(fault.wrong(), fault + " was not run"))
                .toList();
        final String table = ROW.formatted("WHAT THE ENGINE DOES WRONG", "RULE THAT MUST CATCH IT", "VERDICT", "SEEN")
                + "\n" + String.join("\n", rows) + "\n";
        System.out.print(table);
        Files.createDirectories(TABLE.getParent());
        Files.writeString(TABLE, table);
    }
}
