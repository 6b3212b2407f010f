package e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;

/** The engine that breaks its contract on purpose, put into a running platform. */
final class Chaos {
    static final String ENGINE = "chaos";

    /** Late, in disorder inside, sometimes full, now and then failing; but it keeps the contract. */
    static final Map<String, String> UNRELIABLE = Map.of(
            "seed", "7",
            "delay.micros", "0-80",
            "delay.polls", "0-3",
            "reorder", "true",
            "partial", "0.05",
            "full", "0.01",
            "status.failed", "0.002");

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private Chaos() {}

    /** Its jar, which is no part of the distribution. */
    static Path jar() {
        final Path folder = Platform.ROOT.resolve("dma.chaos/target");
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(
                            file -> file.getFileName().toString().matches("dma\\.chaos-[0-9][^-]*(-SNAPSHOT)?\\.jar"))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no jar in " + folder));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Installs it, to behave as {@code configuration} says; the bundle's id. */
    static long install(final Control control, final Map<String, String> configuration) {
        control.configure("dma.chaos", configuration);
        final long id = control.install(jar());
        awaitEngine(control);
        return id;
    }

    static void awaitEngine(final Control control) {
        Waiting.until("engine chaos is there", PATIENCE, () -> control.hasEngine(ENGINE));
    }

    /** What the core did against the contract; empty where it did nothing. */
    static String violations(final Control control) {
        final String report = control.run("chaos:violations");
        return report.strip().equals("violations: 0") ? "" : report;
    }

    /** Copies that it made. */
    static long copies(final Control control) {
        final String first = control.run("chaos:injected").lines().findFirst().orElseThrow();
        return Long.parseLong(first.substring(first.indexOf(": ") + 2).strip());
    }
}
