package dma.model.internal.dsa;

import java.lang.foreign.Arena;
import linux.Memory;

/**
 * Copies that land once more after they were reported, as a driver's or a device's bug would make them: see {@link
 * DsaFault#LATE}. Holds a few of at most 64 KiB; more are forgotten. The device's thread.
 */
final class LateWrites {
    private static final int HELD = 8;
    private static final long MAX_BYTES = 1 << 16;

    private final Mappings mappings;
    private final long data;
    private final long[] destinations = new long[HELD];
    private final long[] sizes = new long[HELD];
    private final long[] due = new long[HELD];
    private int first;
    private int count;

    LateWrites(final Mappings mappings, final Arena arena) {
        this.mappings = mappings;
        this.data = arena.allocate(HELD * MAX_BYTES, 64).address();
    }

    /** Will write what is at {@code destination} now, once more. */
    void remember(final long destination, final long size, final long now, final long millis) {
        if (count == HELD || size > MAX_BYTES) {
            return;
        }
        final int slot = (first + count++) % HELD;
        destinations[slot] = destination;
        sizes[slot] = size;
        due[slot] = now + Math.max(1, millis) * 1_000_000;
        Memory.copy(destination, data + slot * MAX_BYTES, size);
    }

    /** Nanoseconds until the next; {@link Long#MAX_VALUE} where there is none. */
    long waits(final long now) {
        return count == 0 ? Long.MAX_VALUE : Math.max(0, due[first] - now);
    }

    /** Writes the next if it is due. Whether it did. */
    boolean write(final long now) {
        if (waits(now) > 0) {
            return false;
        }
        final int slot = first;
        first = (first + 1) % HELD;
        count--;
        // Nobody promised to leave that memory mapped.
        mappings.renew();
        if (mappings.reaches(destinations[slot], sizes[slot], true)) {
            try {
                Memory.copy(data + slot * MAX_BYTES, destinations[slot], sizes[slot]);
                Memory.surfaceFault();
            } catch (InternalError e) {
                return true; // the file has shrunk: nobody can see it
            }
        }
        return true;
    }
}
