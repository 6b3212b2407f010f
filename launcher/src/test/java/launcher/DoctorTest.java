package launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorTest {
    @TempDir
    private Path root;

    @Test
    void namesARemedyForWhatIsMissing() {
        Doctor doctor = new Doctor(root);
        assertThat(finding(doctor, "Java").verdict()).isEqualTo(Doctor.Verdict.OK);
        assertThat(finding(doctor, "huge pages").remedy()).contains("nr_hugepages");
        assertThat(finding(doctor, "KVM").remedy()).contains("modprobe");
        assertThat(finding(doctor, "Intel DSA").state()).contains("no device");
    }

    @Test
    void findsWhatIsThere() throws IOException {
        write("proc/meminfo", "HugePages_Total:     512\nHugePages_Free:      500\n");
        write("proc/self/limits", "Max locked memory         unlimited            unlimited            bytes\n");
        write("dev/kvm", "");
        write("sys/bus/dsa/devices/wq0.1/state", "enabled");
        write("sys/bus/pci/devices/0000:00:04.0/vendor", "0x8086\n");
        write("sys/bus/pci/devices/0000:00:04.0/device", "0x0b00\n");
        Doctor doctor = new Doctor(root);
        assertThat(finding(doctor, "huge pages").state()).isEqualTo("500 of 512 free");
        assertThat(finding(doctor, "locked memory").verdict()).isEqualTo(Doctor.Verdict.OK);
        assertThat(finding(doctor, "KVM").verdict()).isEqualTo(Doctor.Verdict.OK);
        assertThat(finding(doctor, "Intel DSA").state()).isEqualTo("work queues wq0.1");
        assertThat(finding(doctor, "Intel CBDMA").state()).isEqualTo("1 channels");
    }

    @Test
    void tellsADeviceThatNobodyHasSetUp() throws IOException {
        write("sys/bus/pci/devices/0000:6a:01.0/vendor", "0x8086\n");
        write("sys/bus/pci/devices/0000:6a:01.0/device", "0x0b25\n");
        assertThat(finding(new Doctor(root), "Intel DSA").remedy()).contains("accel-config");
    }

    private static Doctor.Finding finding(Doctor doctor, String what) {
        return doctor.findings().stream()
                .filter(finding -> finding.what().equals(what))
                .findFirst()
                .orElseThrow();
    }

    private void write(String file, String text) throws IOException {
        Files.createDirectories(root.resolve(file).getParent());
        Files.writeString(root.resolve(file), text);
    }
}
