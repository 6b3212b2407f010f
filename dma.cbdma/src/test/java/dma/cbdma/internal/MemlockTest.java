package dma.cbdma.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How much may be pinned, as files of {@code /proc} say. */
class MemlockTest {
    @TempDir
    private Path process;

    private long limit(final String locked, final String capabilities) throws Exception {
        Files.writeString(
                process.resolve("limits"),
                "Limit                     Soft Limit           Hard Limit           Units     \n"
                        + "Max locked memory         " + locked + "              bytes     \n");
        Files.writeString(process.resolve("status"), "Name:\tjava\nCapEff:\t" + capabilities + "\n");
        return Memlock.limit(process);
    }

    @Test
    void shouldReadTheSoftLimit() throws Exception {
        assertThat(limit("8388608              16777216", "0000000000000000")).isEqualTo(8_388_608);
        assertThat(limit("unlimited            unlimited", "0000000000000000")).isEqualTo(Memlock.UNLIMITED);
    }

    @Test
    void shouldKnowWhoHasNoLimit() throws Exception {
        assertThat(limit("65536                65536", "0000000000004000")).isEqualTo(Memlock.UNLIMITED);
        assertThat(limit("65536                65536", "000001ffffffffff")).isEqualTo(Memlock.UNLIMITED);
        assertThat(limit("65536                65536", "000001ffffffbfff")).isEqualTo(65_536);
    }

    @Test
    void shouldTakeWhatNobodyTellsForNoLimit() {
        assertThat(Memlock.limit(process.resolve("absent"))).isEqualTo(Memlock.UNLIMITED);
    }
}
