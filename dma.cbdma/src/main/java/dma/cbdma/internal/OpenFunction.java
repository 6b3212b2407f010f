package dma.cbdma.internal;

import dma.api.MemoryRegion;
import dma.cbdma.device.VfioDevice;
import dma.cbdma.internal.pci.PciFunction;
import linux.Errno;
import linux.LinuxException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A function that this process has: its device file, registers, and what it says of itself. One thread at a time. */
final class OpenFunction {
    private static final Logger LOG = LoggerFactory.getLogger(OpenFunction.class);

    // PCI configuration space.
    private static final int COMMAND = 0x04;
    private static final int MEMORY_SPACE = 2;
    private static final int BUS_MASTER = 4;

    /** Copy of CHANERR, which versions before 3.3 keep over a reset. */
    private static final int CHANERR_INT = 0x180;

    private static final int LEAST_VERSION = 0x30;
    private static final int KEEPS_NO_ERROR_VERSION = 0x33;
    private static final int NOBODY = 0xFF;

    private final Containers containers;
    private final PciFunction function;
    private final AddressSpace addresses;
    private final VfioDevice device;
    private Registers registers;
    private int version;
    private long maxTransfer;

    private OpenFunction(
            final Containers containers,
            final PciFunction function,
            final AddressSpace addresses,
            final VfioDevice device) {
        this.containers = containers;
        this.function = function;
        this.addresses = addresses;
        this.device = device;
    }

    /** Opens it, resets it, and lets it reach memory. */
    static OpenFunction open(final Containers containers, final PciFunction function) throws UnusableException {
        return open(containers, function, true);
    }

    /** Opens it to see what it is. */
    static OpenFunction look(final Containers containers, final PciFunction function) throws UnusableException {
        return open(containers, function, false);
    }

    private static OpenFunction open(final Containers containers, final PciFunction function, final boolean toUse)
            throws UnusableException {
        final Containers.Seat seat = containers.join(function);
        final VfioDevice device;
        boolean opened = false;
        try {
            // One at a time a group; others meanwhile, for the kernel resets the function here.
            synchronized (seat.group()) {
                device = seat.group().device(function.address());
            }
            opened = true;
        } catch (LinuxException e) {
            throw VfioErrors.device(function.address(), e);
        } finally {
            if (!opened) {
                containers.leave(function);
            }
        }
        final OpenFunction open = new OpenFunction(containers, function, seat.addresses(), device);
        boolean usable = false;
        try {
            open.enable(toUse);
            open.identify();
            usable = true;
            return open;
        } catch (LinuxException e) {
            throw VfioErrors.unexpected(e);
        } finally {
            if (!usable) {
                open.close();
            }
        }
    }

    private void enable(final boolean toUse) throws LinuxException {
        if (!toUse) {
            command(MEMORY_SPACE, 0);
            return;
        }
        command(MEMORY_SPACE | BUS_MASTER, 0);
        if ((device.flags() & VfioDevice.CAN_RESET) != 0) {
            try {
                device.reset();
            } catch (LinuxException e) {
                if (e.errno() != Errno.EINVAL) {
                    throw e; // EINVAL: it has none after all
                }
            }
            command(MEMORY_SPACE | BUS_MASTER, 0); // in case the reset took them away
        }
    }

    private void command(final int set, final int clear) throws LinuxException {
        final int before = device.readConfig16(COMMAND);
        final int after = before & ~clear | set;
        if (after != before) {
            device.writeConfig16(COMMAND, after);
        }
    }

    private void identify() throws LinuxException, UnusableException {
        registers = new Registers(device.registers());
        version = registers.version();
        maxTransfer = registers.maxTransfer();
        if (version == NOBODY) {
            throw new UnusableException("it does not answer", "see lspci -s " + function.address());
        }
        if (version < LEAST_VERSION) {
            throw new UnusableException("it is CBDMA " + version(version) + ", older than 3.0", "use another engine");
        }
        if (registers.channels() == 0 || maxTransfer == 0) {
            throw new UnusableException(
                    "it says that it has " + registers.channels() + " channels with copies of " + maxTransfer
                            + " bytes at most",
                    "see lspci -s " + function.address());
        }
    }

    /** Such as {@code 3.4}. */
    static String version(final int version) {
        return (version >> 4) + "." + (version & 0xF);
    }

    /** Clears errors that outlast a reset. */
    void clearOldErrors() {
        if (version >= KEEPS_NO_ERROR_VERSION) {
            return;
        }
        try {
            final int error = device.readConfig32(CHANERR_INT);
            if (error != 0) {
                device.writeConfig32(CHANERR_INT, error);
            }
        } catch (LinuxException e) {
            // It lies in extended configuration space, which not every machine lets us see; it masks interrupts only.
            LOG.debug("cbdma: {}: {}", function.address(), e.getMessage());
        }
    }

    Registers registers() {
        return registers;
    }

    AddressSpace addresses() {
        return addresses;
    }

    int version() {
        return version;
    }

    /** Bytes. */
    long maxTransfer() {
        return maxTransfer;
    }

    /** No copy names {@code region} any more. */
    void release(final MemoryRegion region) {
        try {
            addresses.unmap(region);
        } catch (UnusableException e) {
            LOG.warn("cbdma: {}: {}", function, e.getMessage());
        }
    }

    /** Closes it, and frees the memory of its ring, if there is some. The channel has stopped. */
    void discard(final RingMemory ring) {
        if (ring != null) {
            try {
                isolate();
                ring.free();
            } catch (UnusableException | LinuxException e) {
                LOG.warn("cbdma: {}: the memory of its ring stays: {}", function, e.getMessage());
            }
        }
        close();
    }

    /** Takes memory away from it, so that it reaches none whatever it does. */
    void isolate() throws LinuxException {
        command(0, BUS_MASTER);
    }

    /** The channel has stopped, and its memory is unmapped. */
    void close() {
        try {
            isolate();
        } catch (LinuxException e) {
            // It has gone, then; closing its file is all that is left.
            LOG.debug("cbdma: {}: {}", function.address(), e.getMessage());
        }
        device.close();
        containers.leave(function);
    }

    PciFunction function() {
        return function;
    }

    @Override
    public String toString() {
        return function.toString();
    }
}
