package dma.model.internal.cbdma;

import java.util.concurrent.atomic.AtomicLongArray;

/** What the registers of a function hold. The model's thread writes by release stores, whoever reads does so by acquire loads. */
final class RegisterFile {
    private final AtomicLongArray values = new AtomicLongArray(Register.values().length);

    long get(final Register register) {
        return values.getAcquire(register.ordinal());
    }

    void set(final Register register, final long value) {
        values.setRelease(register.ordinal(), value);
    }

    /** Writes a register, or the half of it that is at {@code offset}. */
    void set(final Register register, final int offset, final int width, final long value) {
        if (width == register.width) {
            set(register, value);
            return;
        }
        final long old = get(register);
        set(
                register,
                offset == register.offset
                        ? old & 0xFFFF_FFFF_0000_0000L | value & 0xFFFF_FFFFL
                        : old & 0xFFFF_FFFFL | value << 32);
    }
}
