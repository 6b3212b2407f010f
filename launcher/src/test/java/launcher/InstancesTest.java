package launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InstancesTest {
    @TempDir
    private Path folder;

    private Places places;
    private Instances instances;

    @BeforeEach
    void atATemporaryPlace() {
        places = new Places(folder.resolve("run/vhost"), folder.resolve("state"));
        instances = new Instances(places);
    }

    @Test
    void keepsOthersOut() throws IOException {
        try (Instances.Instance instance = instances.create("a")) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(instance.folder())))
                    .isEqualTo("rwx------");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(places.runtime())))
                    .isEqualTo("rwx------");
        }
    }

    @Test
    void closesAFolderThatIsOpenToOthers() throws IOException {
        Files.createDirectories(places.runtime());
        Files.setPosixFilePermissions(places.runtime(), PosixFilePermissions.fromString("rwxr-xr-x"));
        instances.create("a").close();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(places.runtime())))
                .isEqualTo("rwx------");
    }

    @Test
    void refusesAPlaceThatIsNoFolder() throws IOException {
        Files.createDirectories(folder.resolve("run"));
        Files.createSymbolicLink(places.runtime(), Files.createDirectory(folder.resolve("elsewhere")));
        assertThatThrownBy(() -> instances.create("a"))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("no");
    }

    @Test
    void givesANameOnce() throws IOException {
        try (Instances.Instance instance = start("a")) {
            assertThatThrownBy(() -> instances.create("a"))
                    .hasMessageStartingWith("a platform 'a' is running already")
                    .hasMessageContaining("--instance a");
            assertThat(instance.folder()).exists();
        }
        assertThat(places.runtime().resolve("a")).doesNotExist();
        instances.create("a").close();
    }

    @Test
    void picksTheOnlyOne() throws IOException {
        assertThatThrownBy(() -> instances.control(null)).hasMessageStartingWith("no platform is running; start one");
        try (Instances.Instance first = start("a")) {
            assertThat(instances.control(null)).isEqualTo(first.folder().resolve("control"));
            try (Instances.Instance second = start("b")) {
                assertThatThrownBy(() -> instances.control(null)).hasMessageContaining("--instance a, --instance b");
                assertThat(instances.control("b")).isEqualTo(second.folder().resolve("control"));
                assertThatThrownBy(() -> instances.control("c"))
                        .hasMessage("no platform 'c' is running; running: a, b");
            }
        }
    }

    @Test
    void sweepsWhatAKilledOneLeft() throws IOException {
        Path left = Files.createDirectories(places.runtime().resolve("killed/cache/bundle1"));
        Files.createFile(places.runtime().resolve("killed/lock"));
        Files.createFile(places.runtime().resolve("killed/control"));
        assertThat(instances.running()).isEmpty();
        instances.create("a").close();
        assertThat(left).doesNotExist();
        assertThat(places.runtime().resolve("killed")).doesNotExist();
    }

    @Test
    void refusesNamesThatLeadElsewhere() {
        assertThatThrownBy(() -> instances.create("../a"))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.status()).isEqualTo(2));
    }

    @Test
    void followsTheEnvironment() {
        Path runtime = folder.toAbsolutePath();
        Places given = Places.of(
                Map.of("XDG_RUNTIME_DIR", runtime.toString(), "XDG_STATE_HOME", "/state"), Path.of("/tmp"), 7);
        assertThat(given).isEqualTo(new Places(runtime.resolve("vhost"), Path.of("/state/vhost")));
        assertThat(Places.of(Map.of("HOME", "/home/x"), Path.of("/tmp"), 7))
                .isEqualTo(new Places(Path.of("/tmp/vhost-7"), Path.of("/home/x/.local/state/vhost")));
    }

    /** One whose platform has opened its control socket. */
    private Instances.Instance start(String name) throws IOException {
        Instances.Instance instance = instances.create(name);
        Files.createFile(instance.folder().resolve("control"));
        return instance;
    }
}
