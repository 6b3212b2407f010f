package e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vhost.frontend.FrontendConfig;
import vhost.frontend.VhostFrontend;

/** {@code ./vhost forward} with the models of DSA and CBDMA. */
@Timeout(180)
class ForwardModelsIT {
    /** CBDMA has a channel for eight queues, and every queue that a front-end may use takes one. */
    private static final String QUEUES = "--queues";

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int LONGEST = 1514;
    private static final int COUNT = 5000;

    @ParameterizedTest
    @ValueSource(strings = {"dsa-model0/wq0.0", "dsa-model1/wq1.1", "cbdma-model0"})
    void carriesPacketsByAModel(final String engine) throws IOException {
        try (Scratch scratch = new Scratch();
                Platform platform = Platform.forward(
                        scratch, "macswap", 1, "--models", "--engine", engine, "--threshold", "64", QUEUES, "1");
                VhostFrontend frontend = VhostFrontend.connect(
                        FrontendConfig.builder(platform.socket(0)).build())) {
            final Control control = platform.control();
            Waiting.until(
                    "both queues have " + engine,
                    PATIENCE,
                    () -> queues(control, "ENGINE").equals(List.of(engine, engine)),
                    () -> control.run("queues\nengines") + platform.child().transcript());
            assertThat(engine(control, engine)).containsEntry("BACKING", "model");

            Frames.loop(frontend, LONGEST, COUNT);
            for (final Map<String, String> row : control.table("stats port0")) {
                assertThat(Long.parseLong(row.get("BY ENGINE")))
                        .as("copies by the engine at %s", row)
                        .isPositive();
            }
            platform.stop();
        }
    }

    @Test
    void startsThemForAnEngineThatIsNamedAfterOne() {
        try (Scratch scratch = new Scratch();
                Platform platform = Platform.forward(scratch, "macswap", 1, "--engine", "cbdma-model0", QUEUES, "1")) {
            final Control control = platform.control();
            Waiting.until("the engine is there", PATIENCE, () -> control.hasEngine("cbdma-model0"));
            assertThat(control.run("doctor"))
                    .contains("dsa-model0/wq0.0", "model")
                    .doesNotContain("UNUSABLE");
            platform.stop();
        }
    }

    /** A model costs memory and a thread; and whoever sees one in a list might take it for hardware. */
    @Test
    void leavesThemAsleepOtherwise() {
        try (Scratch scratch = new Scratch();
                Platform platform = Platform.forward(scratch, "macswap", 1)) {
            assertThat(platform.control().run("engines")).doesNotContain("model");
            platform.stop();
        }
    }

    private static List<String> queues(final Control control, final String column) {
        return control.table("queues port0").stream()
                .map(row -> row.get(column))
                .toList();
    }

    private static Map<String, String> engine(final Control control, final String name) {
        return control.table("engines").stream()
                .filter(row -> row.get("ENGINE").equals(name))
                .findFirst()
                .orElseThrow();
    }
}
