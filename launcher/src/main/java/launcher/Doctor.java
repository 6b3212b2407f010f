package launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
        name = "doctor",
        description = "Say what this host offers, what is missing, and how to mend it."
                + " Exits with 1 where something that is needed is missing.")
final class Doctor implements Callable<Integer> {
    private static final int JAVA = 25;
    private static final long NEEDED_LOCKED_BYTES = 64L << 20;
    private static final String INTEL = "0x8086";
    private static final Set<String> DSA = Set.of("0x0b25", "0x11fb", "0x1212");
    private static final Pattern CBDMA = Pattern.compile(
            "0x(343[0-3]|3429|342[abc]|371[0-9]" + "|(3c|0e|2f|6f)2[0-7ef]|0c5[0-3]|6f5[0-3]|2021|0b00)");

    @Spec
    private CommandSpec spec;

    private final Path root;

    Doctor() {
        this(Path.of("/"));
    }

    /** Looks at the host whose {@code proc}, {@code sys} and {@code dev} are below {@code root}. */
    Doctor(Path root) {
        this.root = root;
    }

    @Override
    public Integer call() {
        List<Finding> findings = findings();
        int width = findings.stream().mapToInt(f -> f.what().length()).max().orElse(0);
        for (Finding finding : findings) {
            spec.commandLine()
                    .getOut()
                    .printf("%-7s  %-" + width + "s  %s%n", finding.verdict().word, finding.what(), finding.state());
            if (!finding.remedy().isEmpty()) {
                spec.commandLine().getOut().printf("%-7s  %-" + width + "s  -> %s%n", "", "", finding.remedy());
            }
        }
        return findings.stream().anyMatch(finding -> finding.verdict() == Verdict.MISSING) ? 1 : 0;
    }

    List<Finding> findings() {
        List<Finding> findings = new ArrayList<>();
        findings.add(java());
        findings.add(hugePages());
        findings.add(lockedMemory());
        findings.add(kvm());
        findings.add(vfio());
        findings.add(dsa());
        findings.add(cbdma());
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
                Verdict.OPTION,
                what,
                "none; memory without them works, at more cost for each packet",
                "sysctl vm.nr_hugepages=512");
    }

    private Finding lockedMemory() {
        String what = "locked memory";
        Matcher limit = Pattern.compile("Max locked memory\\s+(\\S+)").matcher(read("proc/self/limits"));
        String bytes = limit.find() ? limit.group(1) : "unknown";
        boolean enough =
                bytes.equals("unlimited") || (bytes.matches("\\d+") && Long.parseLong(bytes) >= NEEDED_LOCKED_BYTES);
        return enough
                ? new Finding(Verdict.OK, what, bytes, "")
                : new Finding(
                        Verdict.OPTION,
                        what,
                        bytes + " bytes; too little to map guests for DMA hardware through VFIO",
                        "ulimit -l unlimited, or LimitMEMLOCK=infinity in the systemd unit");
    }

    private Finding kvm() {
        Path device = root.resolve("dev/kvm");
        if (!Files.exists(device)) {
            return new Finding(
                    Verdict.OPTION, "KVM", "no /dev/kvm; guests run slowly", "modprobe kvm_intel, or kvm_amd");
        }
        return Files.isWritable(device)
                ? new Finding(Verdict.OK, "KVM", "/dev/kvm", "")
                : new Finding(Verdict.OPTION, "KVM", "/dev/kvm, not yours", "usermod -aG kvm $USER, and log in again");
    }

    private Finding vfio() {
        return Files.exists(root.resolve("dev/vfio/vfio"))
                ? new Finding(Verdict.OK, "VFIO", "/dev/vfio/vfio", "")
                : new Finding(Verdict.OPTION, "VFIO", "no /dev/vfio; CBDMA needs it", "modprobe vfio-pci");
    }

    private Finding dsa() {
        String what = "Intel DSA";
        List<String> queues = names("sys/bus/dsa/devices").stream()
                .filter(name -> name.startsWith("wq"))
                .toList();
        long devices = functions().filter(id -> DSA.contains(id)).count();
        if (!queues.isEmpty()) {
            return new Finding(Verdict.OK, what, "work queues " + String.join(", ", queues), "");
        }
        if (devices == 0) {
            return new Finding(Verdict.OPTION, what, "no device; copies are made by processors", "");
        }
        return new Finding(
                Verdict.OPTION,
                what,
                devices + " devices, no work queue",
                "modprobe idxd, then accel-config config-wq and enable-wq");
    }

    private Finding cbdma() {
        long devices = functions().filter(id -> CBDMA.matcher(id).matches()).count();
        return new Finding(
                devices > 0 ? Verdict.OK : Verdict.OPTION,
                "Intel CBDMA",
                devices > 0 ? devices + " channels" : "no device; copies are made by processors",
                "");
    }

    /** The PCI device ids of Intel's functions. */
    private Stream<String> functions() {
        return names("sys/bus/pci/devices").stream()
                .map("sys/bus/pci/devices/"::concat)
                .filter(device -> read(device + "/vendor").strip().equals(INTEL))
                .map(device -> read(device + "/device").strip());
    }

    private List<String> names(String folder) {
        try (Stream<Path> files = Files.list(root.resolve(folder))) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            // Not there: nothing of that kind.
            return List.of();
        }
    }

    private String read(String file) {
        try {
            return Files.readString(root.resolve(file));
        } catch (IOException e) {
            // Not there, or not for us: nothing known.
            return "";
        }
    }

    enum Verdict {
        OK("ok"),
        /** Would be of use. */
        OPTION("-"),
        /** Cannot do without. */
        MISSING("MISSING");

        private final String word;

        Verdict(String word) {
            this.word = word;
        }
    }

    /**
     * One line of the answer.
     *
     * @param remedy a command that mends it, or empty
     */
    record Finding(Verdict verdict, String what, String state, String remedy) {}
}
