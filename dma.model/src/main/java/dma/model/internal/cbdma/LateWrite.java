package dma.model.internal.cbdma;

import dma.cbdma.device.VfioContainer;
import dma.model.internal.cbdma.AddressSpace.Place;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import linux.Memory;

/**
 * The fault of a copy that lands once more after it was reported. It holds one at a time, and goes through the mappings as they
 * are when it lands. The model's thread; allocates its buffer at the first one.
 */
final class LateWrite {
    private static final int CAPACITY = 64 * 1024;

    private final Place place = new Place();
    private MemorySegment buffer;
    private long destination;
    private long length;
    private long due;
    private boolean pending;

    void forget() {
        pending = false;
    }

    /** Remembers what was just written. Whether it could. */
    boolean remember(final AddressSpace space, final long to, final long size, final long when) {
        if (pending) {
            return false;
        }
        if (buffer == null) {
            buffer = Arena.ofAuto().allocate(CAPACITY, 64);
        }
        // In one piece, and what can be written can be read here.
        if (!space.find(to, Math.min(size, CAPACITY), VfioContainer.WRITE, place)) {
            return false;
        }
        Memory.copy(place.address, buffer.address(), place.length);
        destination = to;
        length = place.length;
        due = when;
        pending = true;
        return true;
    }

    /** How long until it lands; {@link ModelThread#NEVER} where there is none. */
    long remaining(final long now) {
        return pending ? Math.max(0, due - now) : ModelThread.NEVER;
    }

    /** Lands, where it still can. */
    boolean land(final AddressSpace space) {
        pending = false;
        if (!space.find(destination, length, VfioContainer.WRITE, place)) {
            return false;
        }
        Memory.copy(buffer.address(), place.address, place.length);
        Memory.surfaceFault();
        return true;
    }
}
