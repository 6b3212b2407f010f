package dma.model.internal.cbdma;

import dma.cbdma.device.RegisterSpace;

/**
 * BAR0 as a driver sees it. Writes are posted to the model's thread in order; a read waits for the writes before it, as on PCIe.
 * An access that no register has is a violation: a write of it is dropped, a read gives all ones.
 */
final class ModelRegisters implements RegisterSpace {
    private static final int SPINS = 200;

    private final ModelFunction function;
    private final Violations violations;
    private volatile boolean closed;

    ModelRegisters(final ModelFunction function, final Violations violations) {
        this.function = function;
        this.violations = violations;
    }

    void close() {
        closed = true;
    }

    private long read(final int offset, final int width) {
        final Register register = register("read", offset, width);
        if (register == null || !answers()) {
            return -1;
        }
        final PostedWrites posted = function.channel().posted();
        for (int spins = 0; !posted.areApplied(); spins++) {
            if (!await(spins)) {
                return -1;
            }
        }
        return function.file().get(register) >> (offset - register.offset) * 8;
    }

    private void write(final int offset, final int width, final long value) {
        final Register register = register("write", offset, width);
        if (register == null) {
            return;
        }
        if (!register.writable) {
            violations.add(function.pci().address(), register + " is read-only, and was written");
            return;
        }
        if (answers()) {
            final PostedWrites posted = function.channel().posted();
            for (int spins = 0; !posted.post(offset, width, value); spins++) {
                if (!await(spins)) {
                    return;
                }
            }
            function.thread().wake();
        }
    }

    /** Waits a little for the model's thread; whether that makes sense. */
    private boolean await(final int spins) {
        function.thread().wake();
        if (spins < SPINS) {
            Thread.onSpinWait();
        } else {
            Thread.yield();
        }
        return function.isAttached();
    }

    private boolean answers() {
        return function.config().hasMemory() && function.isAttached();
    }

    private Register register(final String access, final int offset, final int width) {
        final Register register = Register.accessed(offset, width);
        if (closed) {
            violations.add(function.pci().address(), access + " of a register after the device was closed");
            return null;
        }
        if (register == null) {
            violations.add(
                    function.pci().address(),
                    access + " of " + 8 * width + " bits at 0x" + Integer.toHexString(offset) + ": no such register");
        }
        return register;
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
        write(offset, 1, value & 0xFF);
    }

    @Override
    public void write16(final int offset, final int value) {
        write(offset, 2, value & 0xFFFF);
    }

    @Override
    public void write32(final int offset, final int value) {
        write(offset, 4, value & 0xFFFF_FFFFL);
    }

    @Override
    public void write64(final int offset, final long value) {
        write(offset, 8, value);
    }
}
