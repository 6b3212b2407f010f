package dma.cbdma.internal;

import dma.cbdma.device.CbdmaHost;
import dma.cbdma.device.VfioContainer;
import dma.cbdma.device.VfioDevice;
import dma.cbdma.device.VfioGroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import linux.Errno;
import linux.LinuxException;

/** A host in a folder, whose calls fail when a test wants them to. All containers share a table of mappings. */
public final class FakeHost implements CbdmaHost, Pacer {
    public static final int SKYLAKE = 0x2021;

    final Path root;
    final Map<String, FakeFunction> functions = new HashMap<>();

    /** By call: with what it fails. */
    final Map<String, Integer> failures = new HashMap<>();

    /** By group: that its devices can have no container of others. */
    final Set<String> loners = new HashSet<>();

    final TreeMap<Long, long[]> mappings = new TreeMap<>(Long::compareUnsigned);
    final Set<Integer> extensions = new HashSet<>(Set.of(VfioContainer.TYPE1, VfioContainer.TYPE1_V2));
    final Set<String> openGroups = new HashSet<>();

    List<VfioContainer.IovaRange> ranges = List.of();
    long pageSizes = -4096;
    int groupStatus = VfioGroup.VIABLE;
    int apiVersion;
    int iommu;
    int mapCalls;
    int openContainers;
    boolean model;

    /** Physical addresses are this far from those of the process, each page more than the one before. */
    long physicalOffset = 1L << 40;

    private long nanos;

    public FakeHost(final Path root) throws IOException {
        this.root = root;
        Files.createDirectories(pci());
        Files.createDirectories(vfio());
        Files.createFile(vfio().resolve("vfio"));
    }

    /** A function that is bound to vfio-pci. */
    public FakeFunction add(final String address, final int node, final String group) throws IOException {
        final Path folder = describe(address, SKYLAKE, node);
        bind(address, "vfio-pci");
        Files.createSymbolicLink(folder.resolve("iommu_group"), Path.of("../../../kernel/iommu_groups", group));
        if (!Files.exists(vfio().resolve(group))) {
            Files.createFile(vfio().resolve(group));
        }
        final FakeFunction function = new FakeFunction(this);
        functions.put(address, function);
        return function;
    }

    /** A function as it is before anybody binds it. */
    public Path describe(final String address, final int device, final int node) throws IOException {
        final Path folder = Files.createDirectories(pci().resolve(address));
        Files.writeString(folder.resolve("vendor"), "0x8086\n");
        Files.writeString(folder.resolve("device"), "0x%04x\n".formatted(device));
        Files.writeString(folder.resolve("numa_node"), node + "\n");
        return folder;
    }

    public void bind(final String address, final String driver) throws IOException {
        final Path link = pci().resolve(address).resolve("driver");
        Files.deleteIfExists(link);
        Files.createSymbolicLink(link, Path.of("../../../bus/pci/drivers", driver));
    }

    void maybeFail(final String call) throws LinuxException {
        final Integer errno = failures.get(call);
        if (errno != null) {
            throw LinuxException.of(call, errno);
        }
    }

    boolean isMapped(final long iova, final long length) {
        final Map.Entry<Long, long[]> entry = mappings.floorEntry(iova);
        return entry != null && iova - entry.getKey() + length <= entry.getValue()[1];
    }

    long translate(final long iova) {
        final Map.Entry<Long, long[]> entry = mappings.floorEntry(iova);
        if (entry == null || iova - entry.getKey() >= entry.getValue()[1]) {
            throw new AssertionError("the device goes to 0x" + Long.toHexString(iova));
        }
        return entry.getValue()[0] + iova - entry.getKey();
    }

    @Override
    public String name() {
        return model ? "cbdma-model" : "cbdma";
    }

    @Override
    public boolean isModel() {
        return model;
    }

    @Override
    public Path pci() {
        return root.resolve("pci");
    }

    @Override
    public Path vfio() {
        return root.resolve("vfio");
    }

    @Override
    public VfioContainer openContainer() throws LinuxException {
        maybeFail("openContainer");
        openContainers++;
        return new Container();
    }

    @Override
    public VfioGroup openGroup(final String file) throws LinuxException {
        maybeFail("openGroup");
        if (!openGroups.add(file)) {
            throw LinuxException.of("open", Errno.EBUSY);
        }
        return new Group(file);
    }

    @Override
    public long physicalAddress(final long address) throws LinuxException {
        maybeFail("physicalAddress");
        // Every page is a place of its own.
        final long page = address & -4096;
        final long physical = physicalOffset + (page & 0xFFFFFFFL) * 2;
        mappings.put(physical, new long[] {page, 4096});
        return physical + address % 4096;
    }

    @Override
    public long nanoTime() {
        return nanos;
    }

    @Override
    public void pause() {
        nanos += MILLI;
    }

    /** Moves the clock. */
    void pass(final long millis) {
        nanos += millis * MILLI;
    }

    private final class Container implements VfioContainer {
        private boolean open = true;
        private final Set<Long> mine = new HashSet<>();

        @Override
        public int apiVersion() {
            return apiVersion;
        }

        @Override
        public boolean hasExtension(final int extension) {
            return extensions.contains(extension);
        }

        @Override
        public void setIommu(final int type) throws LinuxException {
            maybeFail("setIommu");
            iommu = type;
        }

        @Override
        public IommuInfo info() {
            return new IommuInfo(pageSizes, ranges, -1);
        }

        @Override
        public void mapDma(final long address, final long iova, final long size, final int access)
                throws LinuxException {
            maybeFail("mapDma");
            mapCalls++;
            final long last = iova + size - 1;
            final boolean allowed = ranges.isEmpty()
                    || ranges.stream()
                            .anyMatch(range -> Long.compareUnsigned(range.first(), iova) <= 0
                                    && Long.compareUnsigned(range.last(), last) >= 0);
            if (!allowed || (address | iova | size) % 4096 != 0 || access != 3) {
                throw FakeFunction.invalid();
            }
            final Map.Entry<Long, long[]> before = mappings.floorEntry(last);
            if (before != null && before.getKey() + before.getValue()[1] > iova) {
                throw LinuxException.of("mapDma", Errno.EEXIST);
            }
            mappings.put(iova, new long[] {address, size});
            mine.add(iova);
        }

        @Override
        public long unmapDma(final long iova, final long size) throws LinuxException {
            maybeFail("unmapDma");
            final long[] mapping = mappings.get(iova);
            if (mapping == null || mapping[1] != size) {
                throw FakeFunction.invalid();
            }
            mappings.remove(iova);
            mine.remove(iova);
            return size;
        }

        @Override
        public void close() {
            if (!open) {
                throw new AssertionError("closed twice");
            }
            open = false;
            openContainers--;
            mappings.keySet().removeAll(mine);
        }
    }

    private final class Group implements VfioGroup {
        private final String file;
        private VfioContainer container;

        Group(final String file) {
            this.file = file;
        }

        @Override
        public int status() throws LinuxException {
            maybeFail("status");
            return groupStatus;
        }

        @Override
        public void setContainer(final VfioContainer of) throws LinuxException {
            maybeFail("setContainer");
            if (loners.contains(file) && openContainers == 1 && openGroups.size() > 1) {
                throw FakeFunction.invalid();
            }
            container = of;
        }

        @Override
        public void unsetContainer() {
            container = null;
        }

        @Override
        public VfioDevice device(final String function) throws LinuxException {
            maybeFail("device");
            if (container == null) {
                throw FakeFunction.invalid();
            }
            return functions.get(function).opened();
        }

        @Override
        public void close() {
            if (!openGroups.remove(file)) {
                throw new AssertionError("closed twice");
            }
        }
    }
}
