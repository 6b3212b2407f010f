package e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The drivers on a host that has nothing for them: they say so in one line each, and hold nothing. */
@Timeout(90)
class NoHardwareIT {
    private static final List<String> DRIVERS = List.of("dma.dsa", "dma.cbdma");

    @BeforeEach
    void requireNone() {
        Peers.requireNoDmaHardware();
    }

    @Test
    void sayInOneLineWhyTheyOfferNothing() {
        try (Scratch scratch = new Scratch();
                Platform platform = Platform.forward(scratch, "io", 1)) {
            final Control control = platform.control();
            final List<String> lines = platform.child()
                    .err()
                    .lines()
                    .filter(line -> line.contains("no engine"))
                    .toList();
            assertThat(lines).hasSize(2);
            assertThat(lines)
                    .anyMatch(line -> line.contains(" - dsa: no engine: this host has no idxd driver"))
                    .anyMatch(line -> line.contains(" - cbdma: no engine: this host has no CBDMA function"));
            for (final Map<String, String> engine : control.table("engines")) {
                assertThat(DRIVERS).doesNotContain(engine.get("BUNDLE"));
            }
            platform.stop();
        }
    }

    /** No file of a device, no thread by a name of theirs, and none that carries virtual ones. */
    @Test
    void holdNoThreadAndNoDevice() throws IOException {
        try (Scratch scratch = new Scratch();
                Platform platform = Platform.forward(scratch, "io", 1)) {
            platform.control();
            assertThat(threads(platform.pid()))
                    .isNotEmpty()
                    .noneMatch(name -> name.matches("(dma-|ForkJoin|Virtual).*"));
            assertThat(files(platform.pid())).noneMatch(file -> file.matches("/dev/(dsa|vfio)/.*|/sys/.*"));
            platform.stop();
        }
    }

    private static List<String> threads(final long pid) throws IOException {
        final List<String> names = new ArrayList<>();
        for (final Path thread : list(Path.of("/proc/" + pid + "/task"))) {
            try {
                names.add(Files.readString(thread.resolve("comm")).strip());
            } catch (NoSuchFileException e) {
                // It has ended: nothing that stays.
                continue;
            }
        }
        return names;
    }

    private static List<String> files(final long pid) throws IOException {
        final List<String> files = new ArrayList<>();
        for (final Path file : list(Path.of("/proc/" + pid + "/fd"))) {
            try {
                files.add(Files.readSymbolicLink(file).toString());
            } catch (NoSuchFileException e) {
                // It was closed: nothing that stays.
                continue;
            }
        }
        return files;
    }

    private static List<Path> list(final Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.toList();
        }
    }
}
