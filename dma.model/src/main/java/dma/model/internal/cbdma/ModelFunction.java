package dma.model.internal.cbdma;

import dma.model.internal.cbdma.CbdmaSettings.PciFunction;
import java.util.function.Supplier;

/** A PCI function of the model: what outlives the driver that has opened it. Control calls come one at a time. */
final class ModelFunction {
    private final PciFunction pci;
    private final ModelThread thread;
    private final ConfigSpace config;
    private final RegisterFile file = new RegisterFile();
    private final Channel channel;
    private AddressSpace space;

    /** Whether the thread serves it. */
    private volatile boolean attached;

    ModelFunction(
            final PciFunction pci,
            final int index,
            final CbdmaSettings settings,
            final ModelThread thread,
            final Violations violations,
            final Supplier<Faults> faults) {
        this.pci = pci;
        this.thread = thread;
        this.config = new ConfigSpace(settings.device());
        this.channel = new Channel(pci.address(), index, settings, file, config, violations, faults);
    }

    PciFunction pci() {
        return pci;
    }

    ConfigSpace config() {
        return config;
    }

    RegisterFile file() {
        return file;
    }

    Channel channel() {
        return channel;
    }

    ModelThread thread() {
        return thread;
    }

    boolean isAttached() {
        return attached && thread.isServing();
    }

    /** A driver opens it: a function is reset then, memory and bus mastering are off. */
    void attach(final AddressSpace addressSpace) {
        space = addressSpace;
        config.command(0);
        channel.powerOn(space);
        attached = true;
        thread.add(channel);
    }

    /** Nothing of it reaches memory any more when this returns. */
    void detach() {
        if (attached) {
            attached = false;
            thread.remove(channel);
            config.command(0);
        }
    }

    /** A reset of the whole function. */
    void reset(final boolean keepsCommand) {
        thread.remove(channel);
        if (!keepsCommand) {
            config.command(0);
        }
        channel.powerOn(space);
        thread.add(channel);
    }

    /** Configuration space was written: what it forbids has ended when this returns. */
    void configured() {
        thread.quiesce();
    }
}
