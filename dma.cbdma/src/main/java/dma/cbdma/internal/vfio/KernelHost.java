package dma.cbdma.internal.vfio;

import dma.cbdma.device.CbdmaHost;
import dma.cbdma.device.VfioContainer;
import dma.cbdma.device.VfioGroup;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import linux.Errno;
import linux.Files;
import linux.Linux;
import linux.LinuxException;

/** The host that this runs on: sysfs, and VFIO of the Linux kernel. */
public final class KernelHost implements CbdmaHost {
    private static final Path VFIO = Path.of("/dev/vfio");
    private static final Path PAGEMAP = Path.of("/proc/self/pagemap");
    private static final Path PAGE_FLAGS = Path.of("/proc/kpageflags");
    private static final long PAGE = 4096;

    // Documentation/admin-guide/mm/pagemap.rst
    private static final long PRESENT = 1L << 63;
    private static final long FRAME = (1L << 55) - 1;
    private static final long HUGE = 1L << 17;

    @Override
    public String name() {
        return "cbdma";
    }

    @Override
    public boolean isModel() {
        return false;
    }

    @Override
    public Path pci() {
        return Path.of("/sys/bus/pci/devices");
    }

    @Override
    public Path vfio() {
        return VFIO;
    }

    @Override
    public VfioContainer openContainer() throws LinuxException {
        return new KernelContainer(Files.open(VFIO.resolve("vfio"), Files.O_RDWR));
    }

    @Override
    public VfioGroup openGroup(final String file) throws LinuxException {
        return new KernelGroup(Files.open(VFIO.resolve(file), Files.O_RDWR));
    }

    /**
     * Only pages of hugetlbfs have one that lasts: the kernel moves others, locked or not.
     *
     * @throws LinuxException also EINVAL for a page that is not huge
     */
    @Override
    public long physicalAddress(final long address) throws LinuxException {
        final long entry = word(PAGEMAP, address / PAGE);
        final long frame = entry & FRAME;
        if ((entry & PRESENT) == 0) {
            throw LinuxException.of("no page at 0x" + Long.toHexString(address), Errno.EFAULT);
        }
        if (frame == 0) {
            throw LinuxException.of("physical address, which only CAP_SYS_ADMIN may know", Errno.EPERM);
        }
        if ((word(PAGE_FLAGS, frame) & HUGE) == 0) {
            throw LinuxException.of("page at 0x" + Long.toHexString(address) + " is not a huge one", Errno.EINVAL);
        }
        return frame * PAGE + address % PAGE;
    }

    private static long word(final Path file, final long index) throws LinuxException {
        final int fd = Files.open(file, Files.O_RDONLY);
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment word = arena.allocate(8, 8);
            final long count = Files.readAt(fd, word.address(), 8, index * 8);
            if (count != 8) {
                throw LinuxException.of("pread of " + file, count < 0 ? (int) -count : Errno.EIO);
            }
            return word.get(ValueLayout.JAVA_LONG, 0);
        } finally {
            Linux.close(fd);
        }
    }
}
