package vhost.frontend.internal;

import linux.Memory;

/** The device's side of a ring, as plain as it can be, for one thread. Knows chains, not indirect tables. */
final class FakeDevice {
    private static final int AVAIL = 1 << 7;
    private static final int USED = 1 << 15;

    private final RingAreas areas;
    private final boolean eventIdx;
    private final int size;
    private int availIdx;
    private boolean availWrap = true;
    private int usedIdx;
    private boolean usedWrap = true;

    /** What was offered; {@code gpa} of the first descriptor, {@code bytes} of all. */
    record Chain(int id, int descriptors, long gpa, int bytes) {}

    FakeDevice(final RingAreas areas, final boolean eventIdx) {
        this.eventIdx = eventIdx;
        this.areas = areas;
        size = areas.entries();
    }

    boolean hasAvailable() {
        if (areas.packed()) {
            final int flags = Memory.getShortAcquire(descriptor(availIdx) + 14);
            return (flags & AVAIL) != 0 == availWrap && (flags & USED) != 0 != availWrap;
        }
        return (Memory.getShortAcquire(areas.driver() + 2) & 0xFFFF) != availIdx;
    }

    Chain take() {
        return areas.packed() ? takePacked() : takeSplit();
    }

    private Chain takeSplit() {
        final int head = Memory.getShort(areas.driver() + 4 + 2L * (availIdx % size)) & 0xFFFF;
        availIdx = availIdx + 1 & 0xFFFF;
        int at = head;
        int descriptors = 1;
        int bytes = Memory.getInt(descriptor(at) + 8);
        while ((Memory.getShort(descriptor(at) + 12) & 1) != 0) {
            at = Memory.getShort(descriptor(at) + 14) & 0xFFFF;
            bytes += Memory.getInt(descriptor(at) + 8);
            descriptors++;
        }
        return new Chain(head, descriptors, Memory.getLong(descriptor(head)), bytes);
    }

    private Chain takePacked() {
        final long gpa = Memory.getLong(descriptor(availIdx));
        int descriptors = 0;
        int bytes = 0;
        while (true) {
            final long at = descriptor(availIdx);
            descriptors++;
            bytes += Memory.getInt(at + 8);
            if (++availIdx == size) {
                availIdx = 0;
                availWrap = !availWrap;
            }
            if ((Memory.getShort(at + 14) & 1) == 0) {
                return new Chain(Memory.getShort(at + 12) & 0xFFFF, descriptors, gpa, bytes);
            }
        }
    }

    void use(final Chain chain, final int length) {
        useBatch(new Chain[] {chain}, 0, 1, length);
    }

    /** One entry, with the id of the last, for all chains. */
    void useBatch(final Chain[] chains, final int from, final int count, final int length) {
        final int id = chains[from + count - 1].id();
        if (!areas.packed()) {
            final long at = areas.device() + 4 + 8L * (usedIdx % size);
            Memory.putInt(at, id);
            Memory.putInt(at + 4, length);
            usedIdx = usedIdx + count & 0xFFFF;
            Memory.putShortRelease(areas.device() + 2, (short) usedIdx);
            return;
        }
        final long at = descriptor(usedIdx);
        Memory.putInt(at + 8, length);
        Memory.putShort(at + 12, (short) id);
        Memory.putShortRelease(at + 14, (short) ((usedWrap ? AVAIL | USED : 0) | (length > 0 ? 2 : 0)));
        for (int i = from; i < from + count; i++) {
            usedIdx += chains[i].descriptors();
        }
        if (usedIdx >= size) {
            usedIdx -= size;
            usedWrap = !usedWrap;
        }
    }

    void wantKicks(final boolean wanted) {
        Memory.putShort(areas.packed() ? areas.device() + 2 : areas.device(), (short) (wanted ? 0 : 1));
    }

    /** With EVENT_IDX: a kick, please, when the {@code ahead}-th buffer after those taken was offered (0: the next). */
    void kickAt(final int ahead) {
        if (areas.packed()) {
            final int at = availIdx + ahead;
            final boolean wrap = at < size == availWrap;
            Memory.putShort(areas.device(), (short) (at % size | (wrap ? 1 << 15 : 0)));
            Memory.putShort(areas.device() + 2, (short) 2);
        } else {
            Memory.putShort(areas.device() + 4 + 8L * size, (short) (availIdx + ahead));
        }
    }

    /** Whether the driver wants to know of the last {@code count} descriptors used, by either kind of suppression. */
    boolean wantsInterrupt(final int count) {
        if (!areas.packed()) {
            final int flags = Memory.getShort(areas.driver());
            final int event = Memory.getShort(areas.driver() + 4 + 2L * size) & 0xFFFF;
            return eventIdx ? (usedIdx - event - 1 & 0xFFFF) < count : flags == 0;
        }
        final int flags = Memory.getShort(areas.driver() + 2);
        if (flags != 2) {
            return flags == 0;
        }
        final int word = Memory.getShort(areas.driver()) & 0xFFFF;
        int event = word & (1 << 15) - 1;
        if ((word & 1 << 15) != 0 != usedWrap) {
            event -= size;
        }
        return (usedIdx - event - 1 & 0xFFFF) < count;
    }

    private long descriptor(final int slot) {
        return areas.desc() + 16L * slot;
    }
}
