package dma.cbdma.device;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Registers, little-endian, each to be accessed in its own width and alignment. A write is a release: the device sees all
 * that was written to memory before it. A read is an acquire. The calls allocate nothing. One thread at a time.
 */
@ConsumerType
public interface RegisterSpace {
    int read8(int offset);

    int read16(int offset);

    int read32(int offset);

    long read64(int offset);

    void write8(int offset, int value);

    void write16(int offset, int value);

    void write32(int offset, int value);

    void write64(int offset, long value);
}
