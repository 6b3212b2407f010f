package e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What must be true of every packed bundle. */
class BundlesIT {
    @ParameterizedTest
    @MethodSource("e2e.Bundles#all")
    void namesItselfByItsFolder(String bundle) throws IOException {
        assertThat(manifest(bundle).getValue("Bundle-SymbolicName")).isEqualTo(bundle);
    }

    /** bnd releases before 7.2 do not know class files of Java 25, and the framework then refuses the bundle. */
    @ParameterizedTest
    @MethodSource("e2e.Bundles#all")
    void knowsWhichJavaItNeeds(String bundle) throws IOException {
        assertThat(String.valueOf(manifest(bundle).getValue("Require-Capability")))
                .doesNotContain("UNKNOWN");
    }

    @ParameterizedTest
    @MethodSource("e2e.Bundles#all")
    void exportsNothingInternal(String bundle) throws IOException {
        assertThat(String.valueOf(manifest(bundle).getValue("Export-Package"))).doesNotContain("internal");
    }

    @ParameterizedTest
    @MethodSource("e2e.Bundles#all")
    void carriesTheLicence(String bundle) throws IOException {
        assertThat(entries(bundle)).contains("META-INF/LICENSE", "META-INF/NOTICE");
    }

    @ParameterizedTest
    @ValueSource(strings = {"vhost.core", "vhost.frontend"})
    void carriesJunixsocketWithItsNativeLibrary(String bundle) throws IOException {
        assertThat(entries(bundle)).anyMatch(name -> name.matches("junixsocket-common-.*\\.jar"));
        assertThat(entries(bundle)).anyMatch(name -> name.matches("junixsocket-native-common-.*\\.jar"));
        assertThat(manifest(bundle).getValue("Bundle-ClassPath")).contains("junixsocket-native-common-");
    }

    private static Attributes manifest(String bundle) throws IOException {
        try (JarFile jar = new JarFile(find(bundle).toFile())) {
            return jar.getManifest().getMainAttributes();
        }
    }

    private static List<String> entries(String bundle) throws IOException {
        try (JarFile jar = new JarFile(find(bundle).toFile())) {
            return jar.stream().map(Object::toString).toList();
        }
    }

    private static Path find(String bundle) {
        return Arrays.stream(System.getProperty("java.class.path").split(System.getProperty("path.separator")))
                .map(Path::of)
                .filter(path -> path.getFileName().toString().matches(bundle.replace(".", "\\.") + "-\\d.*\\.jar"))
                .filter(Files::isRegularFile)
                .findFirst()
                .orElseThrow(() -> new AssertionError(
                        "no jar of " + bundle + " on the class path; integration tests run after package"));
    }
}
