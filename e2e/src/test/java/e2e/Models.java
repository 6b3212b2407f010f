package e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** The software models of DSA and CBDMA in a running platform. */
final class Models {
    static final String DSA = "dma.model.dsa";
    static final String CBDMA = "dma.model.cbdma";

    /** One for each way to submit, and CBDMA. */
    static final List<String> ENGINES =
            List.of("dsa-model0/wq0.0", "dsa-model0/wq0.1", "dsa-model1/wq1.0", "dsa-model1/wq1.1", "cbdma-model0");

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final Pattern CBDMA_VIOLATIONS = Pattern.compile("(?m)^violations: (\\d+)$");

    private Models() {}

    /** Starts the bundle, and waits for its engines. */
    static void start(final Control control) {
        control.run("felix:start " + control.bundle("dma.model"));
        awaitEngines(control);
    }

    static void awaitEngines(final Control control) {
        Waiting.until(
                "the models' engines are there",
                PATIENCE,
                () -> ENGINES.stream().allMatch(control::hasEngine),
                () -> control.run("engines"));
    }

    /** Neither fails any more. */
    static void heal(final Control control) {
        control.configure(DSA, Map.of());
        control.configure(CBDMA, Map.of());
        control.run("model:dsa reset");
    }

    /** How often a fault, such as {@code fault.page}, was injected into the DSA devices. */
    static long injected(final Control control, final String fault) {
        return sum(control.run("model:dsa"), Pattern.compile(Pattern.quote(fault) + " injected (\\d+)"));
    }

    /** Faults of all kinds that were injected into the CBDMA channels. */
    static long injectedIntoCbdma(final Control control) {
        return column(control, "injected");
    }

    /** Descriptors that the CBDMA channels completed. */
    static long completedByCbdma(final Control control) {
        return column(control, "descriptors");
    }

    private static long column(final Control control, final String name) {
        final List<List<String>> lines = control.run("model:cbdma")
                .lines()
                .map(line -> Arrays.asList(line.strip().split(" +")))
                .toList();
        final int at = lines.get(1).indexOf(name);
        assertThat(at).as("column %s of %s", name, lines.get(1)).isPositive();
        return lines.stream()
                .filter(line ->
                        line.size() == lines.get(1).size() && line.getFirst().startsWith("0000:"))
                .mapToLong(line -> Long.parseLong(line.get(at)))
                .sum();
    }

    /** Drivers did nothing that hardware would not bear: no descriptor was lost, no rule of CBDMA broken. */
    static void expectNoViolations(final Control control) {
        final String dsa = control.run("model:dsa");
        assertThat(dsa.lines().filter(line -> line.contains("SWERR:")))
                .as(dsa)
                .hasSize(2)
                .allMatch(line -> line.strip().equals("SWERR: none"));
        assertThat(sum(dsa, Pattern.compile(", lost (\\d+)"))).as(dsa).isZero();
        final String cbdma = control.run("model:cbdma");
        assertThat(CBDMA_VIOLATIONS.matcher(cbdma).find()).as(cbdma).isTrue();
        assertThat(sum(cbdma, CBDMA_VIOLATIONS)).as(cbdma).isZero();
    }

    private static long sum(final String text, final Pattern number) {
        return number.matcher(text)
                .results()
                .mapToLong(found -> Long.parseLong(found.group(1)))
                .sum();
    }
}
