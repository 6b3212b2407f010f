package launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HomeTest {
    @TempDir
    private Path folder;

    private Home home;

    @BeforeEach
    void make() throws IOException {
        Files.createDirectories(folder.resolve("bundle"));
        Files.createDirectories(folder.resolve("conf"));
        Files.writeString(
                folder.resolve("conf/config.properties"),
                "log.level = warn\nstart.level.0 = jline, dma.model,\\\n bench\nstart.level.4 = launcher\n");
        home = new Home(folder);
    }

    @Test
    void movesBundlesToOtherStartLevels() {
        assertThat(home.startLevels(Map.of("bench", 3, "launcher", 0)))
                .isEqualTo(Map.of(
                        "start.level.0", "jline,dma.model,launcher", "start.level.3", "bench", "start.level.4", ""));
    }

    @Test
    void startsModelsWhereAnEngineIsNamedAfterOne() throws IOException {
        Files.createFile(folder.resolve("bundle/dma.model.jar"));
        Models notAskedFor = new Models();
        assertThat(notAskedFor.bundles(home, null)).isEmpty();
        assertThat(notAskedFor.bundles(home, "dsa0/wq0.0")).isEmpty();
        assertThat(notAskedFor.bundles(home, "dsa-model0/wq0.0")).containsEntry("start.level.3", "dma.model");
        assertThat(Models.ofDemo(home)).containsEntry("start.level.3", "dma.model");
    }

    @Test
    void saysThatThereAreNoModels() {
        assertThat(Models.ofDemo(home)).isEmpty();
        assertThatThrownBy(() -> new Models().bundles(home, "cbdma-model0")).hasMessageContaining("dma.model.jar");
    }
}
