package dma.model.internal.cbdma;

import dma.cbdma.device.CbdmaHost;
import dma.cbdma.device.VfioContainer;
import dma.cbdma.device.VfioGroup;
import dma.model.internal.cbdma.CbdmaSettings.PciFunction;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import linux.Errno;
import linux.LinuxException;

/**
 * A host with CBDMA functions under VFIO, in software: strict where hardware is, and it tells what a driver did against the
 * rules. Copies are made, by one thread, through the mappings of the container only.
 *
 * <p>It is strict for drivers, but not safe from its own process: memory that was mapped here and then given back to the system
 * without an unmapping, which a kernel would have pinned, ends the process.
 *
 * <p>Control calls take this object's lock. Register accesses and the thread take none.
 */
public final class CbdmaModel implements CbdmaHost, AutoCloseable {
    private final CbdmaSettings settings;
    private final PciTree tree;
    private final ModelThread thread;
    private final Violations violations = new Violations();
    private final PhysicalMemory physical = new PhysicalMemory();
    private final List<ModelFunction> functions;
    private final Set<Integer> openGroups = new HashSet<>();
    private volatile Faults faults;
    private boolean closed;

    private CbdmaModel(final CbdmaSettings settings) {
        this.settings = settings;
        this.faults = settings.faults();
        this.thread = new ModelThread(settings.spinNanos());
        final List<ModelFunction> all = new ArrayList<>();
        for (final PciFunction each : settings.functions()) {
            all.add(new ModelFunction(each, all.size(), settings, thread, violations, this::faults));
        }
        this.functions = List.copyOf(all);
        this.tree = PciTree.write(settings);
    }

    /** Makes the host; {@link #close} ends it. */
    public static CbdmaModel start(final CbdmaSettings settings) {
        return new CbdmaModel(settings);
    }

    @Override
    public String name() {
        return "cbdma-model";
    }

    @Override
    public boolean isModel() {
        return true;
    }

    @Override
    public Path pci() {
        return tree.pci();
    }

    @Override
    public Path vfio() {
        return tree.vfio();
    }

    @Override
    public synchronized VfioContainer openContainer() throws LinuxException {
        checkOpen("open /dev/vfio/vfio");
        return new ModelContainer(this, settings.vfio());
    }

    @Override
    public synchronized VfioGroup openGroup(final String file) throws LinuxException {
        final String call = "open /dev/vfio/" + file;
        checkOpen(call);
        final List<ModelFunction> members = functions.stream()
                .filter(each -> each.pci().group() >= 0
                        && PciTree.groupFile(each.pci().group(), settings).equals(file))
                .toList();
        if (members.stream().noneMatch(each -> each.pci().driver().equals(CbdmaSettings.VFIO_PCI))) {
            throw Failure.of(call, Errno.ENOENT);
        }
        final int number = members.getFirst().pci().group();
        if (!openGroups.add(number)) {
            throw Failure.of(call, Errno.EBUSY);
        }
        return new ModelGroup(this, number, members);
    }

    private void checkOpen(final String call) throws LinuxException {
        if (closed) {
            throw Failure.of(call, Errno.ENOENT);
        }
    }

    void groupClosed(final int number) {
        openGroups.remove(number);
    }

    @Override
    public long physicalAddress(final long address) throws LinuxException {
        if (!settings.vfio().noIommu()) {
            throw Failure.of("pread of /proc/self/pagemap", Errno.EPERM);
        }
        return physical.physical(address);
    }

    /** Ends the thread and removes the folder. Registers that are still used read as all ones. */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        thread.close();
        tree.close();
    }

    CbdmaSettings settings() {
        return settings;
    }

    ModelThread thread() {
        return thread;
    }

    PhysicalMemory physicalMemory() {
        return physical;
    }

    Violations violationLog() {
        return violations;
    }

    /** What goes wrong on purpose. */
    public Faults faults() {
        return faults;
    }

    /** Changes what goes wrong from now on; channels that hang until then go on. */
    public void inject(final Faults others) {
        faults = others;
        thread.quiesce();
    }

    /** How often a driver did something against the rules. */
    public long violationCount() {
        return violations.count();
    }

    /** The first of them, for people. */
    public List<String> violations() {
        return violations.first();
    }

    /** A counter, over all functions. */
    public long count(final Counter counter) {
        return functions.stream()
                .mapToLong(each -> each.channel().count(counter))
                .sum();
    }

    /** The functions, a line each, and what was done against the rules. */
    public String report() {
        return Report.of(this, functions);
    }
}
