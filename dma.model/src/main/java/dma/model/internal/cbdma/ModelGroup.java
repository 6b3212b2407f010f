package dma.model.internal.cbdma;

import dma.cbdma.device.VfioContainer;
import dma.cbdma.device.VfioDevice;
import dma.cbdma.device.VfioGroup;
import java.util.List;
import linux.Errno;
import linux.LinuxException;

/** An open group. All under the model's lock. */
final class ModelGroup implements VfioGroup {
    private final CbdmaModel model;
    private final int number;
    private final List<ModelFunction> functions;
    private ModelContainer container;
    private int devices;
    private boolean closed;

    ModelGroup(final CbdmaModel model, final int number, final List<ModelFunction> functions) {
        this.model = model;
        this.number = number;
        this.functions = functions;
    }

    /** All of its functions are VFIO's, or nobody's. */
    private boolean isViable() {
        return !model.faults().notViable()
                && functions.stream()
                        .map(each -> each.pci().driver())
                        .allMatch(driver -> driver.isEmpty() || driver.equals(CbdmaSettings.VFIO_PCI));
    }

    @Override
    public int status() throws LinuxException {
        synchronized (model) {
            check("VFIO_GROUP_GET_STATUS");
            return (isViable() ? VIABLE : 0) | (container == null ? 0 : CONTAINER_SET);
        }
    }

    @Override
    public void setContainer(final VfioContainer to) throws LinuxException {
        synchronized (model) {
            check("VFIO_GROUP_SET_CONTAINER");
            if (!(to instanceof ModelContainer ours) || ours.model() != model || ours.isClosed()) {
                throw Failure.of("VFIO_GROUP_SET_CONTAINER", Errno.EBADF);
            }
            if (container != null || !isViable()) {
                throw Failure.of("VFIO_GROUP_SET_CONTAINER", Errno.EINVAL);
            }
            container = ours;
            ours.addGroup();
        }
    }

    @Override
    public void unsetContainer() throws LinuxException {
        synchronized (model) {
            check("VFIO_GROUP_UNSET_CONTAINER");
            if (container == null) {
                throw Failure.of("VFIO_GROUP_UNSET_CONTAINER", Errno.EINVAL);
            }
            if (devices > 0) {
                throw Failure.of("VFIO_GROUP_UNSET_CONTAINER", Errno.EBUSY);
            }
            leave();
        }
    }

    private void leave() {
        container.removeGroup();
        container = null;
    }

    @Override
    public VfioDevice device(final String name) throws LinuxException {
        synchronized (model) {
            check("VFIO_GROUP_GET_DEVICE_FD");
            if (container == null || !container.hasIommu() || !isViable()) {
                throw Failure.of("VFIO_GROUP_GET_DEVICE_FD", Errno.EINVAL);
            }
            for (final ModelFunction each : functions) {
                if (each.pci().address().equals(name) && each.pci().driver().equals(CbdmaSettings.VFIO_PCI)) {
                    if (each.isAttached()) {
                        throw Failure.of("VFIO_GROUP_GET_DEVICE_FD", Errno.EBUSY);
                    }
                    devices++;
                    each.attach(container.space());
                    return new ModelDevice(model, each, this);
                }
            }
            throw Failure.of("VFIO_GROUP_GET_DEVICE_FD", Errno.ENODEV);
        }
    }

    /** A device was closed. */
    void deviceClosed() {
        devices--;
        end();
    }

    private void check(final String call) throws LinuxException {
        if (closed) {
            throw Failure.of(call, Errno.EBADF);
        }
    }

    /** Its devices keep it until they are closed. */
    @Override
    public void close() {
        synchronized (model) {
            if (!closed) {
                closed = true;
                end();
            }
        }
    }

    private void end() {
        if (closed && devices == 0) {
            if (container != null) {
                leave();
            }
            model.groupClosed(number);
        }
    }
}
