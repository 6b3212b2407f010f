package e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import vhost.frontend.FrontendConfig;
import vhost.frontend.VhostFrontend;

/** What somebody does to a platform who looks after it, while it carries packets. */
@Timeout(120)
class AdministrationIT {
    private static final int LONGEST = 4096;
    private static final int SWAPS = 300;

    @Test
    void stopsAndStartsAnEngineUnderTraffic() throws Exception {
        underTraffic(platform -> {
            assertThat(platform.exec("queues")).contains(" cpu-inline ");
            assertThat(platform.exec("stop dma.cpu\nengines\nqueues"))
                    .contains("no engines")
                    .contains(" builtin ");
            assertThat(platform.exec("start dma.cpu\nengines\nqueues"))
                    .contains("dma.cpu")
                    .doesNotContain(" builtin ");
        });
    }

    @Test
    void givesQueuesOtherEnginesUnderTraffic() throws Exception {
        underTraffic(platform -> {
            assertThat(platform.exec("assign port0 rx0 cpu-worker 1k"))
                    .containsPattern("port0/rx0 +cpu-inline 1024 +cpu-worker 1024");
            assertThat(platform.exec("assign '*' '*' builtin")).containsPattern("port0/tx0 .* builtin 1024");
            final List<String> engines = List.of("cpu-worker", "cpu-inline", "builtin");
            final StringBuilder commands = new StringBuilder();
            for (int i = 0; i < SWAPS; i++) {
                commands.append("assign '*' ?x0 ".replace("?", i % 2 == 0 ? "r" : "t"))
                        .append(engines.get(i % 3))
                        .append(' ')
                        .append(64 * (i % 5))
                        .append('\n');
            }
            platform.exec(commands.toString());
            assertThat(platform.exec("swaps 5")).containsPattern("assigned +[0-9]+ ");
            assertThat(platform.exec("assignments").lines()).hasSizeLessThan(6);
            assertThat(platform.exec("threshold port0 '*' 100\nassignments --forget\nqueues"))
                    .containsPattern("port0/tx0 .* cpu-inline +1024");
        });
    }

    /** Every byte of every packet is compared, and their order, while somebody works at the platform and after that. */
    private static void underTraffic(final Consumer<Platform> administration) throws Exception {
        try (Scratch scratch = new Scratch();
                Platform platform = Platform.forward(scratch, "macswap", 1);
                VhostFrontend frontend = VhostFrontend.connect(FrontendConfig.builder(platform.socket(0))
                        .ringSize(512)
                        .txPacketBytes(LONGEST)
                        .build())) {
            final CompletableFuture<Void> admin = CompletableFuture.runAsync(() -> administration.accept(platform));
            while (!admin.isDone()) {
                Frames.loop(frontend, LONGEST, LONGEST);
            }
            admin.get();
            Frames.loop(frontend, LONGEST, LONGEST);
            platform.stop();
        }
    }

    @Test
    void refusesWhatCannotBeAssigned() {
        try (Scratch scratch = new Scratch();
                Platform platform = Platform.forward(scratch, "io", 1)) {
            assertRefused(platform, "assign port0 rx0 cpu-wroker", "no engine 'cpu-wroker'; did you mean cpu-worker?");
            assertRefused(platform, "assign prot0 rx0 cpu-worker", "did you mean port0?");
            assertRefused(platform, "threshold port0 rx8 1", "there are rx0 to rx7");
            assertRefused(platform, "threshold port0 rx0 lots", "use 0 to");
            assertThat(platform.exec("assign port0 rx0 dsa0 --wait")).contains("dsa0 is not there");
            assertThat(platform.exec("explain port0 rx0"))
                    .contains("rule 'port0/rx0 dsa0 -', threshold by default); that engine is not there");
        }
    }

    private static void assertRefused(final Platform platform, final String command, final String complaint) {
        final Child.Result result = platform.tryExec(command);
        assertThat(result.status()).as(command).isNotZero();
        assertThat(result.err()).contains(complaint).hasLineCount(1);
    }

    @Test
    void saysThatTheWantedEngineIsNotThere() {
        try (Scratch scratch = new Scratch();
                Platform platform = Platform.forward(scratch, "io", 1, "--engine", "nix")) {
            Waiting.until(
                    "the platform warns",
                    Duration.ofSeconds(20),
                    () -> !platform.complaints().isEmpty(),
                    () -> "nothing was said");
            assertThat(platform.complaints())
                    .singleElement()
                    .asString()
                    .contains("engine nix", "there are: cpu-inline");
            platform.stopAfterComplaints();
        }
    }
}
