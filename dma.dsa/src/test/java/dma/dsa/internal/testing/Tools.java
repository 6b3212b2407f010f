package dma.dsa.internal.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Programs and files of the host that tests need. Without them tests are skipped; in CI they fail. */
public final class Tools {
    private Tools() {}

    /** A file that the package of Debian with this name brings. */
    public static void requireFile(final String path, final String debianPackage) {
        require(Files.exists(Path.of(path)), path, debianPackage);
    }

    public static void requireProgram(final String name, final String debianPackage) {
        require(
                Stream.of(System.getenv("PATH").split(":"))
                        .anyMatch(folder -> Files.isExecutable(Path.of(folder, name))),
                name,
                debianPackage);
    }

    private static void require(final boolean there, final String what, final String debianPackage) {
        if (there) {
            return;
        }
        final String line = what + " is missing; 'apt-get install " + debianPackage + "' brings it";
        if ("true".equals(System.getenv("CI")) || Boolean.getBoolean("ci")) {
            fail(line);
        }
        abort(line);
    }

    /** Runs a program that must succeed; what it has printed. */
    public static List<String> run(final Path folder, final String... command)
            throws IOException, InterruptedException {
        final Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        final String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output.lines().toList();
    }
}
