package dma.cbdma.internal.vfio;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dma.cbdma.device.RegisterSpace;
import java.lang.invoke.VarHandle;
import linux.Memory;

/**
 * Registers that are mapped. Each access is one load or store of its width, which neither compiler nor processor splits,
 * merges or leaves out: loads are acquire, stores are release. What lies beyond the mapping goes through the file.
 */
final class MappedRegisters implements RegisterSpace {
    private static final VarHandle BYTE = JAVA_BYTE.varHandle();

    private final long base;
    private final long length;
    private final RegisterSpace beyond;

    MappedRegisters(final long base, final long length, final RegisterSpace beyond) {
        this.base = base;
        this.length = length;
        this.beyond = beyond;
    }

    @Override
    public int read8(final int offset) {
        return offset < length
                ? Byte.toUnsignedInt((byte) BYTE.getAcquire(Memory.ALL, base + offset))
                : beyond.read8(offset);
    }

    @Override
    public int read16(final int offset) {
        return offset + 1 < length ? Short.toUnsignedInt(Memory.getShortAcquire(base + offset)) : beyond.read16(offset);
    }

    @Override
    public int read32(final int offset) {
        return offset + 3 < length ? Memory.getIntAcquire(base + offset) : beyond.read32(offset);
    }

    @Override
    public long read64(final int offset) {
        return offset + 7 < length ? Memory.getLongAcquire(base + offset) : beyond.read64(offset);
    }

    @Override
    public void write8(final int offset, final int value) {
        if (offset < length) {
            BYTE.setRelease(Memory.ALL, base + offset, (byte) value);
        } else {
            beyond.write8(offset, value);
        }
    }

    @Override
    public void write16(final int offset, final int value) {
        if (offset + 1 < length) {
            Memory.putShortRelease(base + offset, (short) value);
        } else {
            beyond.write16(offset, value);
        }
    }

    @Override
    public void write32(final int offset, final int value) {
        if (offset + 3 < length) {
            Memory.putIntRelease(base + offset, value);
        } else {
            beyond.write32(offset, value);
        }
    }

    @Override
    public void write64(final int offset, final long value) {
        if (offset + 7 < length) {
            Memory.putLongRelease(base + offset, value);
        } else {
            beyond.write64(offset, value);
        }
    }
}
