package dma.model.internal.cbdma;

import dma.cbdma.device.VfioContainer;
import dma.model.internal.cbdma.AddressSpace.Place;
import linux.Memory;

/**
 * Descriptors that a channel has fetched and not finished, in chain order. What is fetched is kept as it was read: later edits
 * are lost. The model's thread; allocates nothing.
 *
 * <pre>
 *   0x00 size u32 | 0x04 control u32 | 0x08 source u64 | 0x10 destination u64 | 0x18 next u64 | 0x20 reserved, user
 * </pre>
 */
final class Descriptors {
    static final int BYTES = 64;

    /** Control word, and the operations in its upper eight bits. */
    static final int COMPLETION_UPDATE = 0x008;

    static final int NULL = 0x020;
    static final int COPY = 0x00;
    static final int FILL = 0x01;

    /** No error. */
    static final int OK = -1;

    private final int depth;
    private final ErrorBits errors;
    private final Place place = new Place();
    private final long[] addresses;
    private final long[] sizes;
    private final int[] controls;
    private final long[] sources;
    private final long[] destinations;
    private final int[] failures;
    private int head;
    private int count;
    private long nextAddress;
    private boolean first;

    Descriptors(final int prefetch, final ErrorBits errors) {
        this.depth = Math.max(1, prefetch);
        this.errors = errors;
        addresses = new long[depth];
        sizes = new long[depth];
        controls = new int[depth];
        sources = new long[depth];
        destinations = new long[depth];
        failures = new int[depth];
    }

    /** Forgets what was fetched; the next one is at {@code chain}. */
    void begin(final long chain) {
        head = 0;
        count = 0;
        nextAddress = chain;
        first = true;
    }

    /** Fetches what is published, as far as there is room for it. Those behind one that cannot be fetched are not looked at. */
    void fetch(final AddressSpace space, final int published) {
        while (count < Math.min(depth, published) && (count == 0 || failures[at(count - 1)] == OK)) {
            read(space, at(count));
            count++;
            first = false;
        }
    }

    private int at(final int index) {
        return (head + index) % depth;
    }

    private void read(final AddressSpace space, final int slot) {
        addresses[slot] = nextAddress;
        failures[slot] = OK;
        if (nextAddress % BYTES != 0) {
            failures[slot] = errors.nextAddress();
        } else if (!space.find(nextAddress, BYTES, VfioContainer.READ, place) || place.length < BYTES) {
            failures[slot] = first ? errors.chain() : errors.descriptor();
        } else {
            final long from = place.address;
            sizes[slot] = Integer.toUnsignedLong(Memory.getInt(from));
            controls[slot] = Memory.getInt(from + 0x04);
            sources[slot] = Memory.getLong(from + 0x08);
            destinations[slot] = Memory.getLong(from + 0x10);
            nextAddress = Memory.getLong(from + 0x18);
        }
    }

    /** Drops the oldest one. */
    void finish() {
        head = at(1);
        count--;
    }

    // Of the oldest one.

    long address() {
        return addresses[head];
    }

    /** Which CHANERR bit its fetch has set; {@link #OK} where none. */
    int failure() {
        return failures[head];
    }

    long size() {
        return sizes[head];
    }

    int control() {
        return controls[head];
    }

    int operation() {
        return controls[head] >>> 24;
    }

    /** Its pattern, where it fills. */
    long source() {
        return sources[head];
    }

    long destination() {
        return destinations[head];
    }
}
