package e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code dma:certify}: every engine of a platform is held against the contract where it runs. */
@Timeout(400)
class CertifyIT {
    @Test
    void engineKeepsItsContractOrIsToldWhichRuleItBreaks() {
        try (Scratch scratch = new Scratch();
                Platform platform = Platform.forward(scratch, "macswap", 1)) {
            final Control control = platform.control();
            Models.start(control);

            final Child.Result unknown = control.tryRun("dma:certify dsa9/wq9.9");
            assertThat(unknown.status()).isNotZero();
            assertThat(unknown.err().strip()).hasLineCount(1).contains("no engine 'dsa9/wq9.9'", "cpu-inline");

            final List<String> engines = new ArrayList<>(List.of("cpu-inline", "cpu-worker"));
            engines.addAll(Models.ENGINES);
            final StringBuilder summaries = new StringBuilder();
            for (final String engine : engines) {
                final Child.Result result = control.tryRun("dma:certify " + engine);
                assertThat(result.status()).as(result.out() + result.err()).isZero();
                final boolean model = Models.ENGINES.contains(engine);
                final String name = engine + (model ? " (model)" : "");
                assertThat(result.out()).contains(name + ": passed, ", " 0 failed");
                assertThat(result.out().contains("(a model: says nothing about hardware)"))
                        .isEqualTo(model);
                expectReport(result.out(), name + ": passed, ");
                summaries
                        .append(result.out()
                                .lines()
                                .filter(line -> line.startsWith(name + ": "))
                                .collect(Collectors.joining()))
                        .append('\n');
            }
            Child.keep("certify", summaries.toString());
            System.out.print(summaries);
            Models.expectNoViolations(control);

            Chaos.install(control, Map.of("seed", "1", "completion.miscount", "every 3"));
            final Child.Result broken = control.tryRun("dma:certify " + Chaos.ENGINE);
            assertThat(broken.status()).isNotZero();
            assertThat(broken.err().strip()).hasLineCount(1).contains("chaos: FAILED, ");
            assertThat(broken.out().lines())
                    .as("a rule that is broken, by name")
                    .anyMatch(line -> line.matches("[a-z.-]+ .* FAILED .*; asked: .+"));
            expectReport(broken.err(), "chaos: FAILED, ");
            platform.stopAfterComplaints();
        }
    }

    /** {@code text} names a file in which the verdict is, and beside it is a table. */
    private static void expectReport(final String text, final String verdict) {
        final String name =
                text.substring(text.indexOf("saved as ") + "saved as ".length()).strip();
        final Path file = Path.of(name.lines().findFirst().orElseThrow().replaceFirst(",.*", ""));
        assertThat(file).content().contains(verdict);
        assertThat(Files.exists(
                        file.resolveSibling(file.getFileName().toString().replaceAll("txt$", "tsv"))))
                .isTrue();
    }
}
