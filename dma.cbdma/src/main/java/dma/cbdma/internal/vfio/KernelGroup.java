package dma.cbdma.internal.vfio;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dma.cbdma.device.VfioContainer;
import dma.cbdma.device.VfioDevice;
import dma.cbdma.device.VfioGroup;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import linux.Files;
import linux.Linux;
import linux.LinuxException;

/** An open {@code /dev/vfio/GROUP}. */
final class KernelGroup implements VfioGroup {
    private final int fd;

    KernelGroup(final int fd) {
        this.fd = fd;
    }

    @Override
    public int status() throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment status = arena.allocate(VfioLayout.GROUP_STATUS_SIZE, 8);
            status.set(JAVA_INT, VfioLayout.ARGSZ, VfioLayout.GROUP_STATUS_SIZE);
            Files.ioctl("VFIO_GROUP_GET_STATUS", fd, VfioLayout.GROUP_GET_STATUS, status.address());
            return status.get(JAVA_INT, VfioLayout.FLAGS);
        }
    }

    @Override
    public void setContainer(final VfioContainer container) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment file = arena.allocateFrom(JAVA_INT, ((KernelContainer) container).fd());
            Files.ioctl("VFIO_GROUP_SET_CONTAINER", fd, VfioLayout.GROUP_SET_CONTAINER, file.address());
        }
    }

    @Override
    public void unsetContainer() throws LinuxException {
        Files.ioctl("VFIO_GROUP_UNSET_CONTAINER", fd, VfioLayout.GROUP_UNSET_CONTAINER, 0);
    }

    @Override
    public VfioDevice device(final String function) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment name = arena.allocateFrom(function);
            return new KernelDevice(Files.ioctl(
                    "VFIO_GROUP_GET_DEVICE_FD of " + function, fd, VfioLayout.GROUP_GET_DEVICE_FD, name.address()));
        }
    }

    @Override
    public void close() {
        Linux.close(fd);
    }
}
