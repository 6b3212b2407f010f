package dma.cbdma.internal.vfio;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dma.cbdma.device.RegisterSpace;
import dma.cbdma.device.VfioDevice;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import linux.Errno;
import linux.Files;
import linux.Linux;
import linux.LinuxException;
import linux.Memory;

/** The open file of a PCI function. */
final class KernelDevice implements VfioDevice {
    private static final int PROTECTION = Linux.PROT_READ | Linux.PROT_WRITE;

    private final int fd;

    /** Memory for what goes through {@code pread(2)} and {@code pwrite(2)}. */
    private final Arena arena = Arena.ofAuto();

    private final long cell = arena.allocate(8, 8).address();

    private long mapping;
    private long mappedLength;
    private long configOffset = -1;

    KernelDevice(final int fd) {
        this.fd = fd;
    }

    /** What is to be mapped of a region, bytes from its beginning; 0 where nothing there may be. */
    record Mappable(long length) {
        static Mappable of(final Info info) {
            if ((info.flags() & REGION_MMAP) == 0) {
                return new Mappable(0);
            }
            final int sparse = (info.flags() & VfioLayout.REGION_INFO_FLAG_CAPS) == 0
                    ? 0
                    : info.capability(
                            info.int32(VfioLayout.REGION_INFO_CAP_OFFSET),
                            VfioLayout.CAP_SPARSE_MMAP,
                            VfioLayout.SPARSE_AREAS);
            return new Mappable(
                    sparse == 0 ? info.int64(VfioLayout.REGION_INFO_REGION_SIZE) : areaAtBeginning(info, sparse));
        }

        private static long areaAtBeginning(final Info info, final int sparse) {
            final int first = sparse + VfioLayout.SPARSE_AREAS;
            final int count =
                    info.elements(info.int32(sparse + VfioLayout.SPARSE_COUNT), first, VfioLayout.SPARSE_AREA_SIZE);
            for (int i = 0; i < count; i++) {
                final long at = first + (long) i * VfioLayout.SPARSE_AREA_SIZE;
                if (info.int64(at) == 0) {
                    return info.int64(at + 8);
                }
            }
            return 0;
        }
    }

    @Override
    public int flags() throws LinuxException {
        try (Arena local = Arena.ofConfined()) {
            final MemorySegment info = local.allocate(VfioLayout.DEVICE_INFO_SIZE, 8);
            info.set(JAVA_INT, VfioLayout.ARGSZ, VfioLayout.DEVICE_INFO_SIZE);
            Files.ioctl("VFIO_DEVICE_GET_INFO", fd, VfioLayout.DEVICE_GET_INFO, info.address());
            return info.get(JAVA_INT, VfioLayout.FLAGS);
        }
    }

    @Override
    public Region region(final int index) throws LinuxException {
        try (Arena local = Arena.ofConfined()) {
            final Info info = ask(local, index);
            return new Region(info.flags(), info.int64(VfioLayout.REGION_INFO_REGION_SIZE));
        }
    }

    private Info ask(final Arena local, final int index) throws LinuxException {
        return Info.ask(
                local,
                "VFIO_DEVICE_GET_REGION_INFO of region " + index,
                fd,
                VfioLayout.DEVICE_GET_REGION_INFO,
                VfioLayout.REGION_INFO_SIZE,
                VfioLayout.REGION_INFO_INDEX,
                index);
    }

    @Override
    public RegisterSpace registers() throws LinuxException {
        try (Arena local = Arena.ofConfined()) {
            final Info info = ask(local, BAR0);
            final long offset = info.int64(VfioLayout.REGION_INFO_OFFSET);
            final long length = Mappable.of(info).length();
            final RegisterSpace file = new FileRegisters(fd, offset, cell);
            if (length == 0) {
                return file;
            }
            if (mapping == 0) {
                mapping = Linux.mmap(length, PROTECTION, Linux.MAP_SHARED, fd, offset);
                mappedLength = length;
            }
            return new MappedRegisters(mapping, mappedLength, file);
        }
    }

    @Override
    public int readConfig16(final int offset) throws LinuxException {
        config(offset, 2, false);
        return Short.toUnsignedInt(Memory.getShort(cell));
    }

    @Override
    public void writeConfig16(final int offset, final int value) throws LinuxException {
        Memory.putShort(cell, (short) value);
        config(offset, 2, true);
    }

    @Override
    public int readConfig32(final int offset) throws LinuxException {
        config(offset, 4, false);
        return Memory.getInt(cell);
    }

    @Override
    public void writeConfig32(final int offset, final int value) throws LinuxException {
        Memory.putInt(cell, value);
        config(offset, 4, true);
    }

    private void config(final int offset, final int length, final boolean write) throws LinuxException {
        if (configOffset < 0) {
            try (Arena local = Arena.ofConfined()) {
                configOffset = ask(local, CONFIG).int64(VfioLayout.REGION_INFO_OFFSET);
            }
        }
        final long at = configOffset + offset;
        final long count = write ? Files.writeAt(fd, cell, length, at) : Files.readAt(fd, cell, length, at);
        if (count != length) {
            throw LinuxException.of(
                    (write ? "pwrite" : "pread") + " of configuration space at 0x" + Integer.toHexString(offset),
                    count < 0 ? (int) -count : Errno.EIO);
        }
    }

    @Override
    public void reset() throws LinuxException {
        Files.ioctl("VFIO_DEVICE_RESET", fd, VfioLayout.DEVICE_RESET, 0);
    }

    @Override
    public void close() {
        if (mapping != 0) {
            try {
                Linux.munmap(mapping, mappedLength);
            } catch (LinuxException e) {
                throw new IllegalStateException(e);
            }
            mapping = 0;
        }
        Linux.close(fd);
    }
}
