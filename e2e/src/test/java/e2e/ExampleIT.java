package e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import vhost.frontend.FrontendConfig;
import vhost.frontend.VhostFrontend;

/** The engine of a vendor who knows nothing but what we publish, dropped into a platform that carries packets. */
@Timeout(120)
class ExampleIT {
    private static final String ENGINE = "acme-stripes";
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int LONGEST = 4096;

    /** As the vendor's own build has made it. */
    private static final Path JAR =
            Platform.ROOT.resolve("examples/target/projects/acme-dma/target/acme-dma-1.0.0.jar");

    private static final Path DEPLOYED = Platform.ROOT.resolve("launcher/target/vhost/deploy/acme-dma.jar");

    @Test
    void vendorsEngineComesAndGoesUnderTraffic() throws Exception {
        assertThat(JAR).as("built by examples").isRegularFile();
        try (Scratch scratch = new Scratch();
                Platform platform = Platform.forward(scratch, "macswap", 1);
                VhostFrontend frontend = VhostFrontend.connect(FrontendConfig.builder(platform.socket(0))
                        .ringSize(512)
                        .txPacketBytes(LONGEST)
                        .build())) {
            final CompletableFuture<Void> admin = CompletableFuture.runAsync(() -> comeAndGo(platform.control()));
            while (!admin.isDone()) {
                // Every byte of every packet is compared, and their order.
                Frames.loop(frontend, LONGEST, LONGEST);
            }
            admin.get();
            Frames.loop(frontend, LONGEST, LONGEST);
            platform.stop();
        } finally {
            Files.deleteIfExists(DEPLOYED);
        }
    }

    private static void comeAndGo(final Control control) {
        for (int round = 0; round < 2; round++) {
            deploy();
            Waiting.until("the engine is there", PATIENCE, () -> control.hasEngine(ENGINE));
            control.run("assign port0 '*' " + ENGINE + " 1");
            assertThat(control.run("queues")).contains(ENGINE);
            final long before = control.sum("stats", "BY ENGINE");
            Waiting.until("it makes copies", PATIENCE, () -> control.sum("stats", "BY ENGINE") > before + 10_000);
            assertThat(control.run("vhost:doctor").lines()).anyMatch(ExampleIT::isOfTheVendor);
            if (round == 0) {
                // Beside its traffic it is held against the contract.
                assertThat(control.run("dma:certify " + ENGINE)).contains(ENGINE + ": passed", "saved as ");
            }
            remove();
            Waiting.until("the engine is gone", PATIENCE, () -> !control.hasEngine(ENGINE));
        }
        assertThat(control.run("vhost:doctor").lines()).noneMatch(ExampleIT::isOfTheVendor);
        assertThat(control.sum("stats", "DROPPED")).isZero();
        assertThat(control.tryRun("dma:certify " + ENGINE).err()).contains("no engine '" + ENGINE + "'");
    }

    /** Without a platform that runs: the doctor starts the bundle to ask it. */
    @Test
    void vendorsDiagnosisIsTheDoctorsToo() throws IOException {
        deploy();
        try (Scratch scratch = new Scratch()) {
            final Child.Result result =
                    Child.run("doctor", PATIENCE, Platform.environment(scratch.folder()), Platform.vhost("doctor"));
            assertThat(result.status()).as("%s%s", result.out(), result.err()).isZero();
            assertThat(result.out().lines()).anyMatch(ExampleIT::isOfTheVendor);
        } finally {
            Files.deleteIfExists(DEPLOYED);
        }
    }

    /** Whether the bundle's own finding is in that line, and not that it could not be asked. */
    private static boolean isOfTheVendor(final String line) {
        return line.startsWith("ok") && line.contains(ENGINE) && line.contains("lanes");
    }

    private static void deploy() {
        try {
            // Moved into place: a file that is half there is no bundle.
            final Path part = DEPLOYED.resolveSibling("acme-dma.part");
            Files.copy(JAR, part, StandardCopyOption.REPLACE_EXISTING);
            Files.move(part, DEPLOYED, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void remove() {
        try {
            Files.delete(DEPLOYED);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
