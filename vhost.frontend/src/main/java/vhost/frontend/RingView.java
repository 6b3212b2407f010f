package vhost.frontend;

import linux.Memory;
import vhost.frontend.internal.DriverRing;
import vhost.frontend.internal.RingAreas;

/**
 * Raw access to the shared memory of one ring, for tests that do what no driver should. The driver does not notice what is
 * written here: use it on a ring that {@link QueuePair} leaves alone, or to break one on purpose. Any thread.
 */
public final class RingView {
    private final int index;
    private final RingAreas areas;
    private final DriverRing ring;
    private final GuestMemory memory;

    RingView(final int index, final RingAreas areas, final DriverRing ring, final GuestMemory memory) {
        this.index = index;
        this.areas = areas;
        this.ring = ring;
        this.memory = memory;
    }

    /** The ring's number in the session: 2k receives, 2k+1 transmits. */
    public int index() {
        return index;
    }

    public int entries() {
        return areas.entries();
    }

    public boolean packed() {
        return areas.packed();
    }

    /** {@code va} of the descriptor table or ring. */
    public long desc() {
        return areas.desc();
    }

    /** {@code va} of the available ring, or of the driver event suppression structure. */
    public long driver() {
        return areas.driver();
    }

    /** {@code va} of the used ring, or of the device event suppression structure. */
    public long device() {
        return areas.device();
    }

    /** {@code uva} of an area, for SET_VRING_ADDR. */
    public long uva(final long va) {
        return memory.uva(va);
    }

    /** Zeroes all areas: a ring that nothing was ever offered on. */
    public void clear() {
        areas.clear();
    }

    /** Split ring: writes a whole descriptor, plainly. */
    public void writeSplit(final int slot, final long gpa, final int length, final int flags, final int next) {
        final long at = areas.desc() + 16L * slot;
        Memory.putLong(at, gpa);
        Memory.putInt(at + 8, length);
        Memory.putShort(at + 12, (short) flags);
        Memory.putShort(at + 14, (short) next);
    }

    /** Packed ring: writes a whole descriptor, its flags last and with release. */
    public void writePacked(final int slot, final long gpa, final int length, final int id, final int flags) {
        final long at = areas.desc() + 16L * slot;
        Memory.putLong(at, gpa);
        Memory.putInt(at + 8, length);
        Memory.putShort(at + 12, (short) id);
        Memory.putShortRelease(at + 14, (short) flags);
    }

    /** Packed ring: a descriptor's flags, with acquire. */
    public int packedFlags(final int slot) {
        return Memory.getShortAcquire(areas.desc() + 16L * slot + 14) & 0xFFFF;
    }

    /** Split ring: an entry of the available ring. */
    public void writeAvail(final int slot, final int head) {
        Memory.putShort(areas.driver() + 4 + 2L * slot, (short) head);
    }

    /** Split ring: {@code avail.idx}, with release. */
    public void writeAvailIdx(final int idx) {
        Memory.putShortRelease(areas.driver() + 2, (short) idx);
    }

    public int availIdx() {
        return Memory.getShort(areas.driver() + 2) & 0xFFFF;
    }

    /** Split ring: {@code avail.flags}. */
    public void writeAvailFlags(final int flags) {
        Memory.putShort(areas.driver(), (short) flags);
    }

    /** Split ring: {@code used_event}. */
    public void writeUsedEvent(final int idx) {
        Memory.putShort(areas.driver() + 4 + 2L * areas.entries(), (short) idx);
    }

    /** Packed ring: the driver event suppression structure. */
    public void writeDriverEvent(final int offsetAndWrap, final int flags) {
        Memory.putShort(areas.driver(), (short) offsetAndWrap);
        Memory.putShortRelease(areas.driver() + 2, (short) flags);
    }

    /** Split ring: {@code used.idx}, with acquire. */
    public int usedIdx() {
        return Memory.getShortAcquire(areas.device() + 2) & 0xFFFF;
    }

    /** Split ring: {@code used.ring[slot].id}. */
    public int usedId(final int slot) {
        return Memory.getInt(areas.device() + 4 + 8L * slot);
    }

    /** Split ring: {@code used.ring[slot].len}, bytes. */
    public int usedLength(final int slot) {
        return Memory.getInt(areas.device() + 8 + 8L * slot);
    }

    /** Split ring: {@code used.flags}; packed ring: {@code off_wrap} of the device. */
    public int deviceWord() {
        return Memory.getShortAcquire(areas.device()) & 0xFFFF;
    }

    /** Kicks, whether the device wants it or not. Only while the ring is started. */
    public void kick() {
        ring.kick();
    }
}
