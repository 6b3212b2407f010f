package dma.model.internal.cbdma;

import dma.model.internal.cbdma.CbdmaSettings.PciFunction;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A folder of its own with what a driver discovers devices by: {@code sys/bus/pci/devices} and {@code dev/vfio}, the latter with
 * plain files in place of devices.
 */
final class PciTree implements AutoCloseable {
    private final Path root;

    private PciTree(final Path root) {
        this.root = root;
    }

    static PciTree write(final CbdmaSettings settings) {
        try {
            final PciTree tree = new PciTree(Files.createTempDirectory("dma-model-cbdma-"));
            try {
                tree.fill(settings);
                return tree;
            } catch (IOException e) {
                tree.close();
                throw e;
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cbdma-model (model): its folder of devices cannot be written", e);
        }
    }

    Path pci() {
        return root.resolve("sys/bus/pci/devices");
    }

    Path vfio() {
        return root.resolve("dev/vfio");
    }

    private void fill(final CbdmaSettings settings) throws IOException {
        Files.createDirectories(pci());
        Files.createDirectories(vfio());
        Files.writeString(vfio().resolve("vfio"), "");
        for (final PciFunction each : settings.functions()) {
            fill(each, settings);
        }
    }

    private void fill(final PciFunction function, final CbdmaSettings settings) throws IOException {
        final Path folder = Files.createDirectory(pci().resolve(function.address()));
        Files.writeString(folder.resolve("vendor"), "0x8086\n");
        Files.writeString(
                folder.resolve("device"),
                String.format("0x%04x%n", settings.device().id()));
        Files.writeString(folder.resolve("class"), "0x088000\n");
        Files.writeString(folder.resolve("numa_node"), function.numaNode() + "\n");
        final boolean ofVfio = function.driver().equals(CbdmaSettings.VFIO_PCI);
        if (!function.driver().isEmpty()) {
            final Path driver = Files.createDirectories(root.resolve("sys/bus/pci/drivers/" + function.driver()));
            Files.createSymbolicLink(folder.resolve("driver"), folder.relativize(driver));
        }
        if (function.group() >= 0) {
            final Path group = Files.createDirectories(root.resolve("sys/kernel/iommu_groups/" + function.group()));
            if (settings.vfio().noIommu()) {
                Files.writeString(group.resolve("name"), "vfio-noiommu\n");
            }
            Files.createSymbolicLink(folder.resolve("iommu_group"), folder.relativize(group));
            final Path file = vfio().resolve(groupFile(function.group(), settings));
            if (ofVfio && Files.notExists(file)) {
                Files.writeString(file, "");
            }
        }
    }

    /** What a group is called in {@code /dev/vfio}. */
    static String groupFile(final int group, final CbdmaSettings settings) {
        return (settings.vfio().noIommu() ? "noiommu-" : "") + group;
    }

    /** Removes the folder. */
    @Override
    public void close() {
        try (Stream<Path> all = Files.walk(root)) {
            final List<Path> deepestFirst =
                    all.sorted(Comparator.reverseOrder()).toList();
            for (final Path each : deepestFirst) {
                Files.deleteIfExists(each);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cbdma-model (model): " + root + " cannot be removed", e);
        }
    }
}
