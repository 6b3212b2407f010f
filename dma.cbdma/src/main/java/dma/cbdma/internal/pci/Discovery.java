package dma.cbdma.internal.pci;

import dma.cbdma.device.CbdmaHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Finds the CBDMA functions of a host. Opens nothing but files of sysfs; any thread. */
public final class Discovery {
    private static final String VFIO_PCI = "vfio-pci";

    private final CbdmaHost host;
    private final boolean allowsNoIommu;

    /** Of {@code host}; {@code allowsNoIommu}: whether functions without an IOMMU are taken. */
    public Discovery(final CbdmaHost host, final boolean allowsNoIommu) {
        this.host = host;
        this.allowsNoIommu = allowsNoIommu;
    }

    /** All of them, by address. What vanishes while this looks is left out. */
    public List<PciFunction> scan() {
        if (!Files.isDirectory(host.pci())) {
            return List.of();
        }
        try (Stream<Path> folders = Files.list(host.pci())) {
            return folders.sorted()
                    .map(this::function)
                    .flatMap(Optional::stream)
                    .toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    /** Whether any function of the host, whatever it is, belongs to a group of an IOMMU. */
    public boolean hasIommu() {
        try (Stream<Path> folders = Files.list(host.pci())) {
            return folders.anyMatch(folder -> Files.isSymbolicLink(folder.resolve("iommu_group")));
        } catch (IOException e) {
            return false;
        }
    }

    private Optional<PciFunction> function(final Path folder) {
        final int device = number(folder.resolve("device"), -1);
        final String generation = Generation.of(number(folder.resolve("vendor"), -1), device);
        if (generation == null) {
            return Optional.empty();
        }
        final String address = folder.getFileName().toString();
        final String driver = target(folder.resolve("driver"));
        final String group = target(folder.resolve("iommu_group"));
        final boolean noIommu = !group.isEmpty() && Files.exists(host.vfio().resolve("noiommu-" + group));
        final String file = noIommu ? "noiommu-" + group : group;
        return Optional.of(new PciFunction(
                address,
                device,
                generation,
                number(folder.resolve("numa_node"), -1),
                driver,
                file,
                noIommu,
                problem(address, driver, file, noIommu)));
    }

    private Problem problem(final String address, final String driver, final String file, final boolean noIommu) {
        final String bind = "dpdk-devbind.py -b vfio-pci " + address;
        if (driver.isEmpty()) {
            return new Problem("it is bound to no driver", "modprobe vfio-pci; " + bind);
        }
        if (!driver.equals(VFIO_PCI)) {
            return new Problem("the kernel's driver " + driver + " has it", "modprobe vfio-pci; " + bind);
        }
        if (file.isEmpty()) {
            return new Problem(
                    "it has no IOMMU group: the IOMMU is off", "boot with intel_iommu=on, and VT-d on in the firmware");
        }
        if (noIommu && !allowsNoIommu) {
            return new Problem(
                    "there is no IOMMU that keeps it to our memory, and so it is not taken",
                    "boot with intel_iommu=on, or set noiommu=true in dma.cbdma");
        }
        final Path path = host.vfio().resolve(file);
        if (!Files.exists(path)) {
            return new Problem("there is no " + path, "modprobe vfio-pci; " + bind);
        }
        if (!Files.isReadable(path) || !Files.isWritable(path)) {
            return new Problem("this process may not open " + path, "chown " + user() + " " + path);
        }
        return null;
    }

    static String user() {
        return System.getProperty("user.name", "USER");
    }

    private static int number(final Path file, final int otherwise) {
        try {
            return Integer.decode(Files.readString(file).strip());
        } catch (IOException | NumberFormatException e) {
            return otherwise;
        }
    }

    private static String target(final Path link) {
        try {
            return Files.readSymbolicLink(link).getFileName().toString();
        } catch (IOException | UnsupportedOperationException e) {
            return "";
        }
    }
}
