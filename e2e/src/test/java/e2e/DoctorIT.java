package e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code ./vhost doctor}: what the drivers say of a host, and how that ends. */
@Timeout(120)
class DoctorIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @Test
    void saysOneLineOfEachEngineThatIsNotThere() {
        Peers.requireNoDmaHardware();
        try (Scratch scratch = new Scratch()) {
            final Child.Result result = doctor(scratch);
            assertThat(result.status()).as("%s%s", result.out(), result.err()).isZero();
            assertThat(result.err()).isEmpty();
            for (final String what : List.of("Intel DSA", "Intel CBDMA")) {
                assertThat(result.out().lines().filter(line -> line.contains(what)))
                        .singleElement()
                        .asString()
                        .startsWith("- ");
            }
            assertThat(result.out()).doesNotContain("UNUSABLE  Intel", "bundle dma.");
        }
    }

    @Test
    void keepsWhatItSaysOfTheHost() {
        try (Scratch scratch = new Scratch()) {
            assertThat(doctor(scratch).out().lines().map(DoctorIT::what)).contains("Java", "huge pages", "KVM");
        }
    }

    @Test
    void leavesNothingBehindAndIsNoPlatformToOthers() {
        try (Scratch scratch = new Scratch();
                Platform platform = Platform.forward(scratch, "io", 1)) {
            platform.control();
            doctor(scratch);
            // One platform only: no --instance is needed.
            assertThat(platform.exec("vhost:ports")).contains("port0");
            assertThat(Path.of(scratch.folder().toString(), "run", "vhost"))
                    .isDirectoryContaining(
                            folder -> folder.getFileName().toString().startsWith("forward-"));
            assertThat(Path.of(scratch.folder().toString(), "run", "vhost"))
                    .isDirectoryNotContaining(
                            folder -> folder.getFileName().toString().startsWith("doctor-"));
            assertThat(Files.exists(scratch.resolve("state"))).isFalse();
            platform.stop();
        }
    }

    private static Child.Result doctor(final Scratch scratch) {
        return Child.run("doctor", LIMIT, Platform.environment(scratch.folder()), Platform.vhost("doctor"));
    }

    private static String what(final String line) {
        return line.substring(10).split(" {2,}")[0];
    }
}
