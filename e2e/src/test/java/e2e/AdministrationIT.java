package e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import vhost.frontend.FrontendConfig;
import vhost.frontend.VhostFrontend;

/** What somebody does to a platform who looks after it, while it carries packets. */
@Timeout(120)
class AdministrationIT {
    private static final int LONGEST = 4096;

    @Test
    void stopsAndStartsAnEngineUnderTraffic() throws Exception {
        try (Scratch scratch = new Scratch();
                Platform platform = Platform.forward(scratch, "macswap", 1);
                VhostFrontend frontend = VhostFrontend.connect(FrontendConfig.builder(platform.socket(0))
                        .ringSize(512)
                        .txPacketBytes(LONGEST)
                        .build())) {
            final CompletableFuture<Void> admin = CompletableFuture.runAsync(() -> {
                assertThat(platform.exec("queues")).contains(" cpu-inline ");
                assertThat(platform.exec("stop dma.cpu\nengines\nqueues"))
                        .contains("no engines")
                        .contains(" builtin ");
                assertThat(platform.exec("start dma.cpu\nengines\nqueues"))
                        .contains("dma.cpu")
                        .doesNotContain(" builtin ");
            });
            while (!admin.isDone()) {
                // Every byte of every packet is compared, and their order.
                Frames.loop(frontend, LONGEST, LONGEST);
            }
            admin.get();
            Frames.loop(frontend, LONGEST, LONGEST);
            platform.stop();
        }
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
