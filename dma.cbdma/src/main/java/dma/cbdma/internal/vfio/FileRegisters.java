package dma.cbdma.internal.vfio;

import dma.cbdma.device.RegisterSpace;
import linux.Files;
import linux.Memory;

/**
 * Registers that may not be mapped: each access is a system call, which orders it with memory. What cannot be read is all
 * ones, as on a bus that nobody answers on; what cannot be written is lost.
 */
final class FileRegisters implements RegisterSpace {
    private final int fd;
    private final long base;
    private final long cell;

    /**
     * Of the file {@code fd}.
     *
     * @param base where the region begins in the file
     * @param cell eight bytes of memory for this object alone, or for its thread
     */
    FileRegisters(final int fd, final long base, final long cell) {
        this.fd = fd;
        this.base = base;
        this.cell = cell;
    }

    @Override
    public int read8(final int offset) {
        return (int) read(offset, 1) & 0xFF;
    }

    @Override
    public int read16(final int offset) {
        return (int) read(offset, 2) & 0xFFFF;
    }

    @Override
    public int read32(final int offset) {
        return (int) read(offset, 4);
    }

    @Override
    public long read64(final int offset) {
        return read(offset, 8);
    }

    @Override
    public void write8(final int offset, final int value) {
        write(offset, value, 1);
    }

    @Override
    public void write16(final int offset, final int value) {
        write(offset, value, 2);
    }

    @Override
    public void write32(final int offset, final int value) {
        write(offset, value, 4);
    }

    @Override
    public void write64(final int offset, final long value) {
        write(offset, value, 8);
    }

    private long read(final int offset, final int width) {
        return Files.readAt(fd, cell, width, base + offset) == width ? Memory.getLong(cell) : -1;
    }

    private void write(final int offset, final long value, final int width) {
        Memory.putLong(cell, value);
        Files.writeAt(fd, cell, width, base + offset);
    }
}
