package vhost.core.internal.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import vhost.core.internal.testing.Layout;

/** A front-end that truncates its memory loses its own port and nothing else. See {@link Truncation}. */
class TruncatedMemoryTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldLoseOnlyThePortWhoseMemoryWasTruncated(final Layout layout) throws Exception {
        final Path output = folder.resolve("output");
        final Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:-CreateCoredumpOnCrash",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        Truncation.class.getName(),
                        layout.name())
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
        } finally {
            child.destroyForcibly();
        }
        assertThat(Files.readString(output)).endsWith("survived\n");
        assertThat(child.exitValue()).isZero();
    }
}
