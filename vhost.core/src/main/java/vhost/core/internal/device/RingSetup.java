package vhost.core.internal.device;

import java.lang.foreign.Arena;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import vhost.core.internal.memory.GuestMemory;
import vhost.core.internal.memory.Translator;
import vhost.core.internal.ring.PackedVirtqueue;
import vhost.core.internal.ring.RingConfig;
import vhost.core.internal.ring.SplitVirtqueue;
import vhost.core.internal.ring.Virtqueue;

/**
 * What a front-end has said of a ring's size, place and base: checked, and made a virtqueue of. Features and memory may change
 * from one call to the next. The session's thread only.
 */
final class RingSetup {
    private static final Logger LOG = LoggerFactory.getLogger(RingSetup.class);

    private static final int MAX_SIZE = 32768;

    private final String port;
    private final int index;
    private int size;
    private boolean addressed;
    private long desc;
    private long avail;
    private long used;
    private boolean based;
    private int base;

    RingSetup(final String port, final int index) {
        this.port = port;
        this.index = index;
    }

    /** Whether enough is known to make the ring. */
    boolean isComplete() {
        return addressed && size != 0;
    }

    int size() {
        return size;
    }

    void size(final int next, final long features) throws DeviceException {
        if (next < 1 || next > MAX_SIZE) {
            throw new DeviceException("ring " + index + ": size " + next + "; use 1 to " + MAX_SIZE);
        }
        checkLayout(next, features);
        size = next;
    }

    private void checkLayout(final int next, final long features) throws DeviceException {
        if (!isPacked(features) && Integer.bitCount(next) != 1) {
            throw new DeviceException(
                    "ring " + index + ": size " + next + " is no power of two, as a split ring needs");
        }
    }

    /** The size fits the layout, which may have become another one since it was set. */
    void checkLayout(final long features) throws DeviceException {
        checkLayout(size, features);
    }

    /** Addresses of the front-end's own space; they are checked against the memory as far as that is there. */
    void addresses(
            final long nextDesc,
            final long nextUsed,
            final long nextAvail,
            final GuestMemory memory,
            final long features)
            throws DeviceException {
        desc = nextDesc;
        avail = nextAvail;
        used = nextUsed;
        addressed = false;
        final int availAlignment = isPacked(features) ? 4 : 2;
        if (desc % 16 != 0 || avail % availAlignment != 0 || used % 4 != 0) {
            throw new DeviceException(String.format(
                    "ring %d: addresses desc 0x%x, avail 0x%x, used 0x%x must be multiples of 16, %d and 4",
                    index, desc, avail, used, availAlignment));
        }
        addressed = true;
        if (size != 0 && !memory.regions().isEmpty()) {
            resolve(memory, features);
        }
    }

    void forgetAddresses() {
        addressed = false;
    }

    int base() {
        return base;
    }

    void base(final int next) {
        base = next;
        based = true;
    }

    /** All but the size. */
    void reset() {
        addressed = false;
        based = false;
        base = 0;
    }

    /**
     * Makes the ring.
     *
     * @throws InternalError where the front-end truncated the memory; it may surface later as well
     */
    Virtqueue create(final Arena arena, final GuestMemory memory, final long features, final boolean deviceWrites)
            throws DeviceException {
        final long[] areas = resolve(memory, features);
        final RingConfig config = new RingConfig(
                size,
                areas[0],
                areas[1],
                areas[2],
                baseIn(memory, features),
                deviceWrites,
                Features.has(features, Features.RING_INDIRECT_DESC),
                Features.has(features, Features.RING_EVENT_IDX),
                Features.has(features, Features.IN_ORDER));
        final Translator translator = new Translator(memory);
        return isPacked(features)
                ? new PackedVirtqueue(arena, translator, config)
                : new SplitVirtqueue(arena, translator, config);
    }

    /** Our addresses of a ring's areas: descriptor ring, driver area, device area. */
    private long[] resolve(final GuestMemory memory, final long features) throws DeviceException {
        final boolean packed = isPacked(features);
        final boolean eventIndex = Features.has(features, Features.RING_EVENT_IDX);
        final long[] areas = {
            memory.translateUser(desc, 16L * size),
            memory.translateUser(avail, packed ? 4 : SplitVirtqueue.availBytes(size, eventIndex)),
            memory.translateUser(used, packed ? 4 : SplitVirtqueue.usedBytes(size, eventIndex))
        };
        final int[] alignments = {16, packed ? 4 : 2, 4};
        for (int i = 0; i < areas.length; i++) {
            if (areas[i] == 0) {
                throw new DeviceException(String.format(
                        "ring %d: desc 0x%x, avail 0x%x, used 0x%x of %d entries do not lie in announced memory",
                        index, desc, avail, used, size));
            }
            // Multiples for the front-end; for us only where the region's offset in its file is one as well.
            if (areas[i] % alignments[i] != 0) {
                throw new DeviceException(String.format(
                        "ring %d: desc 0x%x, avail 0x%x, used 0x%x lie in a region whose mmap offset is no multiple of"
                                + " %d",
                        index, desc, avail, used, alignments[i]));
            }
        }
        return areas;
    }

    private int baseIn(final GuestMemory memory, final long features) throws DeviceException {
        if (isPacked(features)) {
            final int position = based ? base : 0x8000;
            if (!PackedVirtqueue.isBase(position, size)) {
                throw new DeviceException(
                        String.format("ring %d: base 0x%x lies outside of a packed ring of %d", index, position, size));
            }
            return position;
        }
        // A back-end that was killed never told its base: what the used ring shows is where it stopped.
        final long at = memory.translateUser(used, SplitVirtqueue.usedBytes(size, false));
        final int shown = at == 0 ? base & 0xFFFF : SplitVirtqueue.usedIndex(at);
        if (shown != (base & 0xFFFF)) {
            LOG.info("{} ring {}: goes on at used index {}, not at base {}", port, index, shown, base);
        }
        return shown;
    }

    private static boolean isPacked(final long features) {
        return Features.has(features, Features.RING_PACKED);
    }
}
