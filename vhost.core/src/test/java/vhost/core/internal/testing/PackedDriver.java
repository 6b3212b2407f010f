package vhost.core.internal.testing;

import java.lang.invoke.VarHandle;
import linux.Memory;

/** A driver's packed ring. Buffer ids run down from 65535, since they mean nothing to the device. */
public final class PackedDriver extends FakeDriver {
    private static final int AVAIL = 1 << 7;
    private static final int USED = 1 << 15;

    private final long ring;
    private final long driverEvent;
    private final long deviceEvent;
    private final int[] freeStack;
    private final int[] lengthOf;
    private int freeIds;
    private int free;
    private int availPosition;
    private boolean availWrap = true;
    private int usedPosition;
    private boolean usedWrap = true;
    private int lastStart;

    PackedDriver(final GuestRam ram, final long gpa, final int size, final int start, final boolean deviceWrites) {
        super(ram, gpa, gpa + 16L * size, gpa + 16L * size + 4, gpa + 16L * size + 8, size, deviceWrites);
        ring = ram.at(gpa);
        driverEvent = ram.at(avail());
        deviceEvent = ram.at(used());
        freeStack = new int[size];
        lengthOf = new int[size];
        for (int i = 0; i < size; i++) {
            freeStack[i] = size - 1 - i;
        }
        freeIds = size;
        free = size;
        availPosition = start % size;
        availWrap = start / size % 2 == 0;
        usedPosition = availPosition;
        usedWrap = availWrap;
        for (int i = 0; i < size; i++) {
            final boolean passed = i < availPosition == availWrap;
            Memory.putLong(ring + 16L * i, 0);
            Memory.putLong(ring + 16L * i + 8, passed ? (long) (AVAIL | USED) << 48 : 0);
        }
        Memory.putInt(driverEvent, 0);
        Memory.putInt(deviceEvent, 0);
    }

    @Override
    public int base() {
        return usedPosition | (usedWrap ? 0x8000 : 0);
    }

    @Override
    public int free() {
        return free;
    }

    @Override
    int nextSlot() {
        return freeStack[freeIds - 1];
    }

    @Override
    public int add(final long gpa, final int length) {
        final int slot = freeStack[--freeIds];
        lengthOf[slot] = 1;
        free--;
        lastStart = availPosition;
        final long at = ring + 16L * availPosition;
        Memory.putLong(at, gpa);
        Memory.putInt(at + 8, length);
        Memory.putShort(at + 12, (short) wireId(slot));
        Memory.putShortRelease(at + 14, (short) (availFlags() | (deviceWrites ? WRITE : 0)));
        advance();
        return wireId(slot);
    }

    private static int wireId(final int slot) {
        return 0xFFFF - slot;
    }

    private int availFlags() {
        return availWrap ? AVAIL : USED;
    }

    private void advance() {
        availPosition++;
        if (availPosition == size) {
            availPosition = 0;
            availWrap = !availWrap;
        }
    }

    @Override
    byte[] bytes(final int index, final Raw raw) {
        // Only WRITE means anything in a table, so the others are put at random.
        return bytes(raw.gpa(), raw.length(), 0x7E57 + index, raw.flags() & ~NEXT | (index % 2 == 0 ? AVAIL : USED));
    }

    @Override
    public int offer(final Raw... chain) {
        final int slot = freeStack[--freeIds];
        lengthOf[slot] = chain.length;
        free -= chain.length;
        lastStart = availPosition;
        final long head = ring + 16L * availPosition;
        final int headFlags = availFlags() | chain[0].flags();
        for (int i = 0; i < chain.length; i++) {
            final long at = ring + 16L * availPosition;
            Memory.putLong(at, chain[i].gpa());
            Memory.putInt(at + 8, chain[i].length());
            // Only the last descriptor's id counts.
            Memory.putShort(at + 12, (short) (i + 1 == chain.length ? wireId(slot) : 0x1234));
            if (i != 0) {
                Memory.putShort(at + 14, (short) (availFlags() | chain[i].flags()));
            }
            advance();
        }
        Memory.putShortRelease(head + 14, (short) headFlags);
        return wireId(slot);
    }

    @Override
    public void change(final int index, final Raw raw) {
        final int position = (lastStart + index) % size;
        final long at = ring + 16L * position;
        Memory.putLong(at, raw.gpa());
        Memory.putInt(at + 8, raw.length());
        Memory.putShort(at + 14, (short) (Memory.getShort(at + 14) & (AVAIL | USED) | raw.flags()));
    }

    /** Sets all flags as if the driver had refilled the ring in this lap, or back. */
    public void makeAllAvailable(final boolean wrap) {
        for (int i = 0; i < size; i++) {
            final long at = ring + 16L * i + 14;
            Memory.putShortRelease(at, (short) ((wrap ? AVAIL : USED) | Memory.getShort(at) & ~(AVAIL | USED)));
        }
    }

    @Override
    public long pollUsed() {
        final long at = ring + 16L * usedPosition;
        final int flags = acquire(at + 14);
        if ((flags & AVAIL) != 0 != usedWrap || (flags & USED) != 0 != usedWrap) {
            return -1;
        }
        final int id = Memory.getShort(at + 12) & 0xFFFF;
        final int length = (flags & WRITE) != 0 ? Memory.getInt(at + 8) : 0;
        final int slot = 0xFFFF - id;
        if (slot >= size || lengthOf[slot] == 0) {
            throw new AssertionError("used id " + id + " was not available");
        }
        usedPosition += lengthOf[slot];
        free += lengthOf[slot];
        lengthOf[slot] = 0;
        freeStack[freeIds++] = slot;
        if (usedPosition >= size) {
            usedPosition -= size;
            usedWrap = !usedWrap;
        }
        return (long) id << 32 | length;
    }

    @Override
    public void takeBatch(final int buffers) {
        for (int i = 0; i < buffers; i++) {
            usedPosition++;
            if (usedPosition == size) {
                usedPosition = 0;
                usedWrap = !usedWrap;
            }
            free++;
        }
        // In order, and each of one descriptor: the ids that are out are all taken back.
        for (int slot = 0; slot < size; slot++) {
            if (lengthOf[slot] == 1) {
                lengthOf[slot] = 0;
                freeStack[freeIds++] = slot;
            }
        }
    }

    @Override
    public void wantCalls(final boolean wanted) {
        Memory.putShort(driverEvent + 2, (short) (wanted ? 0 : 1));
        VarHandle.fullFence();
    }

    @Override
    public void wantCallAt(final int ahead) {
        final int position = usedPosition + ahead;
        driverEvent(position % size, usedWrap ^ position / size % 2 != 0, 2);
        VarHandle.fullFence();
    }

    /** The raw driver event. */
    public void driverEvent(final int offset, final boolean wrap, final int flags) {
        Memory.putShort(driverEvent, (short) (offset | (wrap ? 0x8000 : 0)));
        Memory.putShortRelease(driverEvent + 2, (short) flags);
    }

    @Override
    public boolean isKickWanted(final boolean eventIndex) {
        VarHandle.fullFence();
        return (Memory.getShort(deviceEvent + 2) & 3) != 1;
    }

    @Override
    public void mark() {
        // The device asks for all kicks or none.
    }
}
