package dma.model.internal.cbdma;

import dma.cbdma.device.RegisterSpace;
import dma.cbdma.device.VfioDevice;
import linux.Errno;
import linux.LinuxException;

/** An open function. All but its registers under the model's lock. */
final class ModelDevice implements VfioDevice {
    /** {@code VFIO_DEVICE_FLAGS_PCI}, {@code VFIO_REGION_INFO_FLAG_CAPS}. */
    private static final int PCI = 2;

    private static final int REGION_CAPS = 8;
    private static final int REGIONS = 9;

    private final CbdmaModel model;
    private final CbdmaSettings.Vfio settings;
    private final ModelFunction function;
    private final ModelGroup group;
    private final ModelRegisters registers;
    private boolean closed;

    ModelDevice(final CbdmaModel model, final ModelFunction function, final ModelGroup group) {
        this.model = model;
        this.settings = model.settings().vfio();
        this.function = function;
        this.group = group;
        this.registers = new ModelRegisters(function, model.violationLog());
    }

    @Override
    public int flags() throws LinuxException {
        synchronized (model) {
            check("VFIO_DEVICE_GET_INFO");
            return PCI | (settings.canReset() ? CAN_RESET : 0);
        }
    }

    @Override
    public Region region(final int index) throws LinuxException {
        synchronized (model) {
            check("VFIO_DEVICE_GET_REGION_INFO");
            if (index < 0 || index >= REGIONS) {
                throw Failure.of("VFIO_DEVICE_GET_REGION_INFO", Errno.EINVAL);
            }
            return switch (index) {
                case BAR0 ->
                    new Region(
                            REGION_READ
                                    | REGION_WRITE
                                    | (settings.mmap() ? REGION_MMAP : 0)
                                    | (settings.sparse() ? REGION_CAPS : 0),
                            settings.barSize());
                case CONFIG -> new Region(REGION_READ | REGION_WRITE, ConfigSpace.SIZE);
                default -> new Region(0, 0);
            };
        }
    }

    @Override
    public RegisterSpace registers() throws LinuxException {
        synchronized (model) {
            check("mmap of BAR0");
            return registers;
        }
    }

    @Override
    public int readConfig16(final int offset) throws LinuxException {
        synchronized (model) {
            checkConfig("pread of configuration space", offset, 2);
            return function.config().read16(offset);
        }
    }

    @Override
    public void writeConfig16(final int offset, final int value) throws LinuxException {
        synchronized (model) {
            checkConfig("pwrite of configuration space", offset, 2);
            function.config().write16(offset, value & 0xFFFF);
            function.configured();
        }
    }

    @Override
    public int readConfig32(final int offset) throws LinuxException {
        synchronized (model) {
            checkConfig("pread of configuration space", offset, 4);
            return function.config().read16(offset) | function.config().read16(offset + 2) << 16;
        }
    }

    @Override
    public void writeConfig32(final int offset, final int value) throws LinuxException {
        synchronized (model) {
            checkConfig("pwrite of configuration space", offset, 4);
            function.config().write16(offset, value & 0xFFFF);
            function.config().write16(offset + 2, value >>> 16);
            function.configured();
        }
    }

    private void checkConfig(final String call, final int offset, final int width) throws LinuxException {
        check(call);
        if (offset < 0 || offset + width > ConfigSpace.SIZE || offset % width != 0) {
            throw Failure.of(call, Errno.EINVAL);
        }
    }

    @Override
    public void reset() throws LinuxException {
        synchronized (model) {
            check("VFIO_DEVICE_RESET");
            if (!settings.canReset()) {
                throw Failure.of("VFIO_DEVICE_RESET", Errno.EINVAL);
            }
            function.reset(settings.resetKeepsCommand());
        }
    }

    private void check(final String call) throws LinuxException {
        if (closed) {
            throw Failure.of(call, Errno.EBADF);
        }
    }

    @Override
    public void close() {
        synchronized (model) {
            if (!closed) {
                closed = true;
                registers.close();
                function.detach();
                group.deviceClosed();
            }
        }
    }
}
