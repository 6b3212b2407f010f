package vhost.core.internal.testing;

import java.lang.invoke.VarHandle;
import linux.Memory;

/** A driver's split ring. */
public final class SplitDriver extends FakeDriver {
    private final long table;
    private final long availRing;
    private final long usedRing;
    private final int[] freeStack;
    private final int[] nextOf;
    private final int[] lengthOf;
    private int free;
    private int availIndex;
    private int usedIndex;
    private int marked;
    private int[] last = {};

    SplitDriver(final GuestRam ram, final long gpa, final int size, final int start, final boolean deviceWrites) {
        super(ram, gpa, avail(gpa, size), used(gpa, size), used(gpa, size) + 6 + 8L * size, size, deviceWrites);
        table = ram.at(gpa);
        availRing = ram.at(avail());
        usedRing = ram.at(used());
        freeStack = new int[size];
        nextOf = new int[size];
        lengthOf = new int[size];
        for (int i = 0; i < size; i++) {
            freeStack[i] = size - 1 - i;
        }
        free = size;
        availIndex = start & 0xFFFF;
        usedIndex = availIndex;
        marked = availIndex;
        Memory.putShort(availRing, (short) 0);
        Memory.putShort(usedRing, (short) 0);
        Memory.putShort(availRing + 2, (short) start);
        Memory.putShort(usedRing + 2, (short) start);
    }

    private static long avail(final long gpa, final int size) {
        return gpa + 16L * size;
    }

    private static long used(final long gpa, final int size) {
        return avail(gpa, size) + 6 + 2L * size + 3 & -4;
    }

    @Override
    public int base() {
        return usedIndex;
    }

    @Override
    public int free() {
        return free;
    }

    @Override
    int nextSlot() {
        return freeStack[free - 1];
    }

    @Override
    public int add(final long gpa, final int length) {
        final int head = freeStack[--free];
        lengthOf[head] = 1;
        put(head, gpa, length, deviceWrites ? WRITE : 0, 0);
        offerHead(head);
        return head;
    }

    @Override
    byte[] bytes(final int index, final Raw raw) {
        return bytes(raw.gpa(), raw.length(), raw.flags(), raw.next() < 0 ? index + 1 : raw.next());
    }

    @Override
    public int offer(final Raw... chain) {
        final int[] taken = new int[chain.length];
        for (int i = 0; i < chain.length; i++) {
            taken[i] = freeStack[--free];
        }
        for (int i = 0; i < chain.length; i++) {
            final int next = i + 1 < chain.length ? taken[i + 1] : 0;
            nextOf[taken[i]] = next;
            put(
                    taken[i],
                    chain[i].gpa(),
                    chain[i].length(),
                    chain[i].flags(),
                    chain[i].next() < 0 ? next : chain[i].next());
        }
        lengthOf[taken[0]] = chain.length;
        last = taken;
        offerHead(taken[0]);
        return taken[0];
    }

    @Override
    public void change(final int index, final Raw raw) {
        put(last[index], raw.gpa(), raw.length(), raw.flags(), Math.max(raw.next(), 0));
    }

    /** The index in the table of a descriptor of the last offered chain. */
    public int index(final int descriptor) {
        return last[descriptor];
    }

    private void put(final int index, final long gpa, final int length, final int flags, final int next) {
        final long at = table + 16L * index;
        Memory.putLong(at, gpa);
        Memory.putInt(at + 8, length);
        Memory.putShort(at + 12, (short) flags);
        Memory.putShort(at + 14, (short) next);
    }

    /** Puts any number into the available ring. */
    public void offerHead(final int head) {
        Memory.putShort(availRing + 4 + 2L * (availIndex & size - 1), (short) head);
        availIndex = availIndex + 1 & 0xFFFF;
        Memory.putShortRelease(availRing + 2, (short) availIndex);
    }

    /** Shows any available index. */
    public void showAvailIndex(final int index) {
        Memory.putShortRelease(availRing + 2, (short) index);
    }

    public int availIndex() {
        return availIndex;
    }

    @Override
    public long pollUsed() {
        if ((acquire(usedRing + 2) & 0xFFFF) == usedIndex) {
            return -1;
        }
        final long at = usedRing + 4 + 8L * (usedIndex & size - 1);
        final int id = Memory.getInt(at);
        final int length = Memory.getInt(at + 4);
        usedIndex = usedIndex + 1 & 0xFFFF;
        if (id < 0 || id >= size || lengthOf[id] == 0) {
            throw new AssertionError("used id " + id + " was not available");
        }
        int index = id;
        for (int i = lengthOf[id]; i > 0; i--) {
            freeStack[free++] = index;
            index = nextOf[index];
        }
        lengthOf[id] = 0;
        return (long) id << 32 | length;
    }

    @Override
    public void wantCalls(final boolean wanted) {
        Memory.putShort(availRing, (short) (wanted ? 0 : 1));
        VarHandle.fullFence();
    }

    @Override
    public void wantCallAt(final int ahead) {
        Memory.putShort(availRing + 4 + 2L * size, (short) (usedIndex + ahead));
        VarHandle.fullFence();
    }

    /** The raw {@code used_event}. */
    public void usedEvent(final int value) {
        Memory.putShort(availRing + 4 + 2L * size, (short) value);
    }

    @Override
    public boolean isKickWanted(final boolean eventIndex) {
        VarHandle.fullFence();
        if (!eventIndex) {
            return (Memory.getShort(usedRing) & 1) == 0;
        }
        final int event = Memory.getShort(usedRing + 4 + 8L * size);
        return (availIndex - event - 1 & 0xFFFF) < (availIndex - marked & 0xFFFF);
    }

    @Override
    public void mark() {
        marked = availIndex;
    }
}
