package dma.model.internal.cbdma;

import dma.cbdma.device.VfioContainer;
import dma.model.internal.cbdma.AddressSpace.Place;
import linux.Memory;

/**
 * Does what descriptors say, through the container's mappings only. The model's thread; allocates nothing, and throws nothing but
 * an {@link InternalError} that surfaces late.
 */
final class DataMover {
    /** Control bits that exist, for copies and for fills. */
    private static final int COPY_BITS = 0x63F;

    private static final int FILL_BITS = 0x01D;
    private static final int PAGE = 4096;

    private final CbdmaSettings.Device device;
    private final Place from = new Place();
    private final Place to = new Place();
    private AddressSpace space;

    DataMover(final CbdmaSettings.Device device) {
        this.device = device;
    }

    /** Before the channel is served. */
    void use(final AddressSpace addressSpace) {
        space = addressSpace;
    }

    AddressSpace space() {
        return space;
    }

    /** Which CHANERR bit the oldest descriptor sets; {@link Descriptors#OK} where it was made in full. */
    int make(final Descriptors descriptors) {
        final int control = descriptors.control() & 0xFF_FFFF;
        final int operation = descriptors.operation();
        final boolean fills = operation == Descriptors.FILL && (device.dmacap() & CbdmaSettings.Device.FILL) != 0;
        final int known = fills ? FILL_BITS : COPY_BITS;
        if (operation != Descriptors.COPY && !fills || (control & ~known) != 0) {
            return device.errors().control();
        }
        final long size = descriptors.size();
        if (size == 0 || size > device.maxTransfer()) {
            return device.errors().length();
        }
        if ((control & Descriptors.NULL) != 0) {
            return Descriptors.OK;
        }
        return fills
                ? fill(descriptors.source(), descriptors.destination(), size)
                : copy(descriptors.source(), descriptors.destination(), size);
    }

    private int copy(final long source, final long destination, final long size) {
        long done = 0;
        try {
            while (done < size) {
                if (!space.find(source + done, size - done, VfioContainer.READ, from)) {
                    return device.errors().source();
                }
                if (!space.find(destination + done, from.length, VfioContainer.WRITE, to)) {
                    return device.errors().destination();
                }
                Memory.copy(from.address, to.address, to.length);
                Memory.surfaceFault();
                done += to.length;
            }
            return Descriptors.OK;
        } catch (InternalError e) {
            // A file behind one of them was truncated.
            return isReadable(from.address, to.length)
                    ? device.errors().destination()
                    : device.errors().source();
        }
    }

    private int fill(final long pattern, final long destination, final long size) {
        long done = 0;
        try {
            while (done < size) {
                if (!space.find(destination + done, size - done, VfioContainer.WRITE, to)) {
                    return device.errors().destination();
                }
                final long turned = Long.rotateRight(pattern, (int) (done & 7) * 8);
                long at = 0;
                for (; at + 8 <= to.length; at += 8) {
                    Memory.putLong(to.address + at, turned);
                }
                for (; at < to.length; at++) {
                    Memory.putByte(to.address + at, (byte) (turned >>> (at & 7) * 8));
                }
                Memory.surfaceFault();
                done += to.length;
            }
            return Descriptors.OK;
        } catch (InternalError e) {
            return device.errors().destination();
        }
    }

    private static boolean isReadable(final long address, final long length) {
        try {
            int sum = 0;
            for (long at = 0; at < length; at += PAGE) {
                sum += Memory.getByte(address + at);
            }
            sum += Memory.getByte(address + length - 1);
            Memory.surfaceFault();
            return sum != Integer.MIN_VALUE;
        } catch (InternalError e) {
            return false;
        }
    }

    /**
     * Stores a completion word; a release: whoever reads it by an acquire load sees the data of the descriptors it tells of.
     *
     * @return whether CHANCMP is aligned and can be reached
     */
    boolean writeBack(final long address, final long word) {
        try {
            if (address % 8 != 0 || !space.find(address, 8, VfioContainer.WRITE, to) || to.length < 8) {
                return false;
            }
            Memory.putLongRelease(to.address, word);
            Memory.surfaceFault();
            return true;
        } catch (InternalError e) {
            return false;
        }
    }
}
