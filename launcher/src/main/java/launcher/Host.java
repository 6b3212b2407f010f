package launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import launcher.Finding.Verdict;

/**
 * What the host itself offers, whatever the engines.
 *
 * @param root {@code proc} and {@code dev} are below it
 */
record Host(Path root) {
    private static final int JAVA = 25;
    private static final int CAP_IPC_LOCK = 14;
    private static final long NEEDED_LOCKED_BYTES = 64L << 20;

    List<Finding> findings() {
        List<Finding> findings = new ArrayList<>();
        findings.add(java());
        findings.add(hugePages());
        findings.add(lockedMemory());
        findings.add(kvm());
        return findings;
    }

    private static Finding java() {
        Runtime.Version version = Runtime.version();
        String state = version + ", " + System.getProperty("java.home");
        return version.feature() >= JAVA
                ? new Finding(Verdict.OK, "Java", state, "")
                : new Finding(Verdict.MISSING, "Java", state, "install a JDK " + JAVA + " or later");
    }

    private Finding hugePages() {
        String what = "huge pages";
        Matcher total = Pattern.compile("HugePages_Total:\\s+(\\d+)").matcher(read("proc/meminfo"));
        Matcher free = Pattern.compile("HugePages_Free:\\s+(\\d+)").matcher(read("proc/meminfo"));
        if (total.find() && free.find() && !total.group(1).equals("0")) {
            return new Finding(Verdict.OK, what, free.group(1) + " of " + total.group(1) + " free", "");
        }
        return new Finding(
                Verdict.ABSENT,
                what,
                "none; memory without them works, at more cost for each packet",
                "sysctl vm.nr_hugepages=512");
    }

    private Finding lockedMemory() {
        String what = "locked memory";
        Matcher capabilities = Pattern.compile("CapEff:\\s+(\\p{XDigit}{16})").matcher(read("proc/self/status"));
        if (capabilities.find() && (Long.parseUnsignedLong(capabilities.group(1), 16) >> CAP_IPC_LOCK & 1) == 1) {
            return new Finding(Verdict.OK, what, "not limited: this process has CAP_IPC_LOCK", "");
        }
        Matcher limit = Pattern.compile("Max locked memory\\s+(\\S+)").matcher(read("proc/self/limits"));
        String bytes = limit.find() ? limit.group(1) : "unknown";
        boolean enough =
                bytes.equals("unlimited") || (bytes.matches("\\d+") && Long.parseLong(bytes) >= NEEDED_LOCKED_BYTES);
        return enough
                ? new Finding(Verdict.OK, what, bytes, "")
                : new Finding(
                        Verdict.ABSENT,
                        what,
                        bytes + " bytes; too little to map guests for DMA hardware through VFIO",
                        "ulimit -l unlimited, or LimitMEMLOCK=infinity in the systemd unit");
    }

    private Finding kvm() {
        Path device = root.resolve("dev/kvm");
        if (!Files.exists(device)) {
            return new Finding(
                    Verdict.ABSENT, "KVM", "no /dev/kvm; guests run slowly", "modprobe kvm_intel, or kvm_amd");
        }
        return Files.isWritable(device)
                ? new Finding(Verdict.OK, "KVM", "/dev/kvm", "")
                : new Finding(
                        Verdict.UNUSABLE, "KVM", "/dev/kvm, not yours", "usermod -aG kvm $USER, and log in again");
    }

    private String read(String file) {
        try {
            return Files.readString(root.resolve(file));
        } catch (IOException e) {
            // Not there, or not for us: nothing known.
            return "";
        }
    }
}
