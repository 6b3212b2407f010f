package dma.dsa.internal.host;

import dma.dsa.device.Portal;
import dma.dsa.device.WorkQueueFile;
import linux.DeviceFile;
import linux.Linux;
import linux.LinuxException;
import linux.Pages;

/** The character device of a work queue ({@code drivers/dma/idxd/cdev.c}). */
final class KernelWorkQueueFile implements WorkQueueFile {
    private final DeviceFile file;

    KernelWorkQueueFile(final DeviceFile file) {
        this.file = file;
    }

    @Override
    public long write(final long address, final long length) {
        return file.write(address, length);
    }

    @Override
    public Portal map() throws LinuxException {
        return new KernelPortal(Linux.mmap(Pages.SIZE, Linux.PROT_WRITE, Linux.MAP_SHARED, file.fd(), 0));
    }

    @Override
    public void close() {
        file.close();
    }
}
