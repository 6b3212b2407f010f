package dma.cbdma.internal;

import dma.cbdma.device.RegisterSpace;
import dma.cbdma.device.VfioDevice;
import java.util.ArrayList;
import java.util.List;
import linux.Errno;
import linux.LinuxException;
import linux.Memory;

/** A function whose channel makes a step only when the test says so. */
public final class FakeFunction implements VfioDevice, RegisterSpace {
    static final int MAX_TRANSFER_EXPONENT = 12;

    final FakeHost host;

    // What a test changes before, or while, the channel works.
    int version = 0x34;
    int channels = 1;
    int exponent = MAX_TRANSFER_EXPONENT;
    int control = 0x0100;
    int error = 0x400;
    int configError = 0x2;
    int configCommand;

    /** So many looks at CHANCMD see the reset bit; a negative number: all. */
    int resetPolls = 1;

    boolean needsChainToReset;
    boolean ignoresSuspend;
    boolean gone;
    boolean canReset = true;
    boolean losesCommandOnReset = true;

    // What it did.
    int resets;
    int doorbells;
    int deviceResets;
    boolean open;
    final List<Integer> executedSizes = new ArrayList<>();

    /** What the next descriptors meet: CHANERR; 0 is nothing. */
    final List<Integer> injected = new ArrayList<>();

    private int state = Registers.ACTIVE;
    private int resetting;
    private long chain;
    private long next;
    private long last;
    private long status;
    private int published;
    private int executed;

    FakeFunction(final FakeHost host) {
        this.host = host;
    }

    FakeFunction opened() {
        open = true;
        return this;
    }

    boolean isBusMaster() {
        return (configCommand & 4) != 0;
    }

    long chain() {
        return chain;
    }

    int state() {
        return state;
    }

    /** Executes what was published, until there is no more of it, or it halts. How many descriptors were completed. */
    int run() {
        int count = 0;
        while (step()) {
            count++;
        }
        return count;
    }

    /** Executes the next descriptor. Whether it was completed. */
    boolean step() {
        if (state != Registers.ACTIVE || !isBusMaster() || executed == published) {
            return false;
        }
        final long at = host.translate(next);
        final int size = Memory.getInt(at);
        final int flags = Memory.getInt(at + 4);
        final int fault = fault(at, size, flags);
        if (fault != 0) {
            halt(fault);
            return false;
        }
        if ((flags & 0x20) == 0) {
            Memory.copy(host.translate(Memory.getLong(at + 8)), host.translate(Memory.getLong(at + 16)), size);
            if (executedSizes.size() < 100) {
                executedSizes.add(size);
            }
        }
        last = next;
        next = Memory.getLong(at + 24);
        executed = executed + 1 & 0xFFFF;
        state = executed == published ? Registers.IDLE : Registers.ACTIVE;
        if ((flags & 8) != 0) {
            writeBack();
        }
        return true;
    }

    private int fault(final long at, final int size, final int flags) {
        final int wanted = injected.isEmpty() ? 0 : injected.removeFirst();
        if (wanted != 0) {
            return wanted;
        }
        if (size <= 0 || size > 1 << exponent) {
            return 1 << 11;
        }
        if ((flags & 0x20) != 0) {
            return 0;
        }
        if (!host.isMapped(Memory.getLong(at + 8), size)) {
            return 1 << 8;
        }
        return host.isMapped(Memory.getLong(at + 16), size) ? 0 : 1 << 9;
    }

    /** Halts, as on an error. */
    void halt(final int with) {
        error |= with;
        state = Registers.HALTED;
        writeBack();
    }

    private void writeBack() {
        Memory.putLongRelease(host.translate(status), last | state);
    }

    @Override
    public int read8(final int offset) {
        if (gone) {
            return 0xFF;
        }
        return switch (offset) {
            case 0x00 -> channels;
            case 0x01 -> exponent;
            case 0x08 -> version;
            case 0x84 -> isResetting() ? 0x20 : 0;
            default -> throw new AssertionError("read8 of " + offset);
        };
    }

    private boolean isResetting() {
        if (resetting > 0 && !needsChainToReset) {
            resetting--;
        }
        return resetting != 0;
    }

    @Override
    public int read16(final int offset) {
        if (offset != 0x80) {
            throw new AssertionError("read16 of " + offset);
        }
        return gone ? 0xFFFF : control;
    }

    @Override
    public int read32(final int offset) {
        if (offset != 0xA8) {
            throw new AssertionError("read32 of " + offset);
        }
        return gone ? -1 : error;
    }

    @Override
    public long read64(final int offset) {
        if (offset != 0x88) {
            throw new AssertionError("read64 of " + offset);
        }
        return gone ? -1 : last | state;
    }

    @Override
    public void write8(final int offset, final int value) {
        if (offset != 0x84) {
            throw new AssertionError("write8 of " + offset);
        }
        if (value == 0x04 && !ignoresSuspend && (state == Registers.ACTIVE || state == Registers.IDLE)) {
            state = Registers.SUSPENDED;
        } else if (value == 0x20) {
            resets++;
            resetting = resetPolls;
            if (resetPolls >= 0) {
                state = Registers.HALTED;
                last = 0;
                executed = 0;
                published = 0;
            }
        }
    }

    @Override
    public void write16(final int offset, final int value) {
        if (offset == 0x80) {
            control = value;
        } else if (offset == 0x86) {
            doorbells++;
            published = value;
            if (state == Registers.ARMED || state == Registers.IDLE) {
                state = Registers.ACTIVE;
            }
        } else {
            throw new AssertionError("write16 of " + offset);
        }
    }

    @Override
    public void write32(final int offset, final int value) {
        final long low = Integer.toUnsignedLong(value);
        switch (offset) {
            case 0x90 -> chain = chain & 0xFFFFFFFFL << 32 | low;
            case 0x94 -> chained(low << 32 | chain & 0xFFFFFFFFL);
            case 0x98 -> status = status & 0xFFFFFFFFL << 32 | low;
            case 0x9C -> status = low << 32 | status & 0xFFFFFFFFL;
            case 0xA8 -> error &= ~value;
            default -> throw new AssertionError("write32 of " + offset);
        }
    }

    private void chained(final long address) {
        chain = address;
        if (resetting > 0) {
            resetting--;
        }
        if (address != 0 && resetting == 0 && state == Registers.HALTED && error == 0) {
            next = address;
            last = 0;
            executed = 0;
            published = 0;
            state = Registers.ARMED;
        }
    }

    @Override
    public void write64(final int offset, final long value) {
        throw new AssertionError("write64 of " + offset);
    }

    @Override
    public int flags() {
        return canReset ? CAN_RESET : 0;
    }

    @Override
    public Region region(final int index) {
        return new Region(REGION_READ | REGION_WRITE | REGION_MMAP, 0x4000);
    }

    @Override
    public RegisterSpace registers() {
        return this;
    }

    @Override
    public int readConfig16(final int offset) throws LinuxException {
        host.maybeFail("readConfig16");
        return configCommand;
    }

    @Override
    public void writeConfig16(final int offset, final int value) {
        configCommand = value;
    }

    @Override
    public int readConfig32(final int offset) throws LinuxException {
        host.maybeFail("readConfig32");
        return configError;
    }

    @Override
    public void writeConfig32(final int offset, final int value) {
        configError &= ~value;
    }

    @Override
    public void reset() throws LinuxException {
        deviceResets++;
        host.maybeFail("reset");
        if (losesCommandOnReset) {
            configCommand = 0;
        }
    }

    @Override
    public void close() {
        if (!open) {
            throw new AssertionError("closed twice");
        }
        open = false;
    }

    static LinuxException invalid() {
        return LinuxException.of("invalid", Errno.EINVAL);
    }
}
