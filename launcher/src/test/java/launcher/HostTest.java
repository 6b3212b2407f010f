package launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import launcher.Finding.Verdict;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostTest {
    @TempDir
    private Path root;

    @Test
    void namesARemedyForWhatIsMissing() {
        assertThat(finding("Java").verdict()).isEqualTo(Verdict.OK);
        assertThat(finding("huge pages").remedy()).contains("nr_hugepages");
        assertThat(finding("locked memory").remedy()).contains("LimitMEMLOCK");
        assertThat(finding("KVM").remedy()).contains("modprobe");
    }

    @Test
    void findsWhatIsThere() throws IOException {
        write("proc/meminfo", "HugePages_Total:     512\nHugePages_Free:      500\n");
        write("proc/self/limits", "Max locked memory         unlimited            unlimited            bytes\n");
        write("dev/kvm", "");
        assertThat(finding("huge pages").state()).isEqualTo("500 of 512 free");
        assertThat(finding("locked memory").verdict()).isEqualTo(Verdict.OK);
        assertThat(finding("KVM").verdict()).isEqualTo(Verdict.OK);
    }

    @Test
    void knowsWhoMayLockWithoutLimit() throws IOException {
        write("proc/self/limits", "Max locked memory         8388608              8388608              bytes\n");
        write("proc/self/status", "CapEff:\t000001ffffffbfff\n");
        assertThat(finding("locked memory").verdict()).isEqualTo(Verdict.ABSENT);
        write("proc/self/status", "CapEff:\t000001ffffffffff\n");
        assertThat(finding("locked memory").verdict()).isEqualTo(Verdict.OK);
    }

    private Finding finding(String what) {
        return new Host(root)
                .findings().stream()
                        .filter(finding -> finding.what().equals(what))
                        .findFirst()
                        .orElseThrow();
    }

    private void write(String file, String text) throws IOException {
        Files.createDirectories(root.resolve(file).getParent());
        Files.writeString(root.resolve(file), text);
    }
}
