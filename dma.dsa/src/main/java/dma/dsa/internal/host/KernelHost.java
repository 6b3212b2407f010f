package dma.dsa.internal.host;

import dma.dsa.device.DsaHost;
import dma.dsa.device.WorkQueueFile;
import java.nio.file.Path;
import linux.DeviceFile;
import linux.LinuxException;

/** Linux' idxd driver and the processor. Costs nothing until somebody asks. */
public final class KernelHost implements DsaHost {
    private static final Path SYSFS = Path.of("/sys/bus/dsa/devices");
    private static final Path DEVICES = Path.of("/dev/dsa");

    @Override
    public String name() {
        return "dsa";
    }

    @Override
    public boolean isModel() {
        return false;
    }

    @Override
    public Path sysfs() {
        return SYSFS;
    }

    @Override
    public Path devices() {
        return DEVICES;
    }

    @Override
    public boolean hasMovdir64b() {
        return Instructions.hasMovdir64b();
    }

    @Override
    public boolean hasEnqcmd() {
        return Instructions.hasEnqcmd();
    }

    @Override
    public WorkQueueFile open(final String workQueue) throws LinuxException {
        return new KernelWorkQueueFile(DeviceFile.open(DEVICES.resolve(workQueue)));
    }
}
