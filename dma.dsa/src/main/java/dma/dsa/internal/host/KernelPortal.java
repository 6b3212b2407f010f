package dma.dsa.internal.host;

import dma.dsa.device.Portal;
import linux.Linux;
import linux.LinuxException;
import linux.Pages;

/** A page of the device's registers. All its 64 places are the same to the device; this uses the first. */
final class KernelPortal implements Portal {
    private final long page;

    KernelPortal(final long page) {
        this.page = page;
    }

    @Override
    public void movdir64b(final long descriptor) {
        Instructions.movdir64b(page, descriptor);
    }

    @Override
    public boolean enqcmd(final long descriptor) {
        return Instructions.enqcmd(page, descriptor);
    }

    @Override
    public void close() {
        try {
            Linux.munmap(page, Pages.SIZE);
        } catch (LinuxException e) {
            throw new IllegalStateException("the page was mapped by this object and is gone", e);
        }
    }
}
