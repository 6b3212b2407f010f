package e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whoever starts a guest does not want to wait for its port. */
@Timeout(120)
class StartupIT {
    private static final Duration WANTED = Duration.ofSeconds(2);

    /** Processors of CI are shared: there the figure is printed, and only a gross mistake fails. */
    private static final Duration LIMIT = Peers.isCi() ? WANTED.multipliedBy(2) : WANTED;

    private static final int ATTEMPTS = 5;

    @Test
    void opensItsSocketWithinTwoSeconds() {
        Duration best = Duration.ofHours(1);
        for (int i = 0; i < ATTEMPTS && (i < 2 || best.compareTo(WANTED) > 0); i++) {
            final Duration time = start();
            best = time.compareTo(best) < 0 ? time : best;
        }
        System.out.printf("forward opened its socket %d ms after the start of the JVM%n", best.toMillis());
        assertThat(best).isLessThan(LIMIT);
    }

    private static Duration start() {
        try (Scratch scratch = new Scratch()) {
            final Path socket = scratch.resolve("port0.sock");
            try (Child child = Child.start(
                    "startup",
                    Platform.environment(scratch.folder()),
                    Platform.vhost("forward", "io", socket.toString()))) {
                // The script looks for a JDK first, and then becomes the JVM.
                Waiting.until("the JVM starts", Duration.ofSeconds(30), () -> isJava(child), child::transcript);
                final long started = System.nanoTime();
                Waiting.until(
                        "the socket is there", Duration.ofSeconds(30), () -> Files.exists(socket), child::transcript);
                return Duration.ofNanos(System.nanoTime() - started);
            }
        }
    }

    @Test
    void leavesTheWorkersProcessorToTheWorker() throws IOException {
        assumeTrue(Runtime.getRuntime().availableProcessors() > 1, "there is a processor for the others");
        try (Scratch scratch = new Scratch();
                Platform platform = Platform.forward(scratch, "io", 1)) {
            final Map<String, Set<String>> processors = new TreeMap<>();
            try (Stream<Path> threads = Files.list(Path.of("/proc/" + platform.pid() + "/task"))) {
                for (final Path thread : threads.toList()) {
                    final String name = Files.readString(thread.resolve("comm")).strip();
                    processors
                            .computeIfAbsent(
                                    name.startsWith("vhost-worker") ? "worker" : "others", key -> new TreeSet<>())
                            .add(processorsOf(thread));
                }
            }
            assertThat(processors.get("worker")).singleElement().asString().containsOnlyDigits();
            assertThat(processors.get("others")).isNotEmpty().doesNotContainAnyElementsOf(processors.get("worker"));
            platform.stop();
        }
    }

    private static String processorsOf(final Path thread) throws IOException {
        return Files.readAllLines(thread.resolve("status")).stream()
                .filter(line -> line.startsWith("Cpus_allowed_list:"))
                .map(line -> line.split(":")[1].strip())
                .findFirst()
                .orElseThrow();
    }

    private static boolean isJava(final Child child) {
        return child.process()
                .toHandle()
                .info()
                .command()
                .filter(command -> command.endsWith("/java"))
                .isPresent();
    }
}
