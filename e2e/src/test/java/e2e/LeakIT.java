package e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import vhost.frontend.FrontendConfig;
import vhost.frontend.VhostFrontend;

/** A platform runs for months, its guests come and go. */
@Timeout(240)
class LeakIT {
    private static final int CONNECTS = 1000;
    private static final int WARM_UP = 100;
    private static final Duration SETTLE = Duration.ofSeconds(10);
    private static final int LOOKS = 20;
    private static final Duration PAUSE = Duration.ofMillis(100);

    /** The JVM's own mappings come and go a little: code and metaspace grow in pieces, threads have stacks. */
    private static final int JVM_MAPPINGS = 40;

    @Test
    void thousandConnectsLeaveNothingBehind() throws IOException {
        try (Scratch scratch = new Scratch();
                Platform platform = Platform.forward(scratch, "macswap", 1)) {
            for (int i = 0; i < WARM_UP; i++) {
                visit(platform, i);
            }
            final Path process = Path.of("/proc", String.valueOf(platform.pid()));
            Waiting.within(SETTLE, () -> guestMappings(process) == 0);
            final long descriptors = fewestDescriptors(process);
            final long mappings = mappings(process);

            for (int i = 0; i < CONNECTS; i++) {
                visit(platform, i);
            }

            Waiting.until(
                    "there are " + descriptors + " descriptors and no guest memory again",
                    SETTLE,
                    () -> descriptors(process) == descriptors && guestMappings(process) == 0,
                    () -> listing(process));
            assertThat(mappings(process)).isLessThanOrEqualTo(mappings + JVM_MAPPINGS);
            platform.stop();
        }
    }

    /** Each kind of memory message, and each way to go: with and without a last word. */
    private static void visit(final Platform platform, final int number) throws IOException {
        final FrontendConfig config = FrontendConfig.builder(platform.socket(0))
                .packed(number % 2 == 1)
                .memorySlots(number / 2 % 2 == 1)
                .regions(1 + number % 3)
                .build();
        try (VhostFrontend frontend = VhostFrontend.connect(config)) {
            Frames.loop(frontend, 1500, 3);
            if (number % 5 == 0) {
                frontend.stop();
            }
        }
    }

    /** Some are open for a moment only, while a connection ends or configuration is looked at. */
    private static long fewestDescriptors(final Path process) throws IOException {
        long fewest = descriptors(process);
        for (int i = 0; i < LOOKS; i++) {
            LockSupport.parkNanos(PAUSE.toNanos());
            fewest = Math.min(fewest, descriptors(process));
        }
        return fewest;
    }

    private static long descriptors(final Path process) throws IOException {
        try (Stream<Path> files = Files.list(process.resolve("fd"))) {
            return files.count();
        }
    }

    private static long mappings(final Path process) throws IOException {
        try (Stream<String> lines = Files.lines(process.resolve("maps"))) {
            return lines.count();
        }
    }

    /** Guests' memory, and nothing else of the platform, is in memory files. */
    private static long guestMappings(final Path process) throws IOException {
        try (Stream<String> lines = Files.lines(process.resolve("maps"))) {
            return lines.filter(line -> line.contains("/memfd:")).count();
        }
    }

    private static String listing(final Path process) {
        final Child.Result result = Child.run(
                "ls",
                SETTLE,
                Map.of(),
                List.of("sh", "-c", "ls -l " + process + "/fd; grep memfd " + process + "/maps"));
        return result.out();
    }
}
