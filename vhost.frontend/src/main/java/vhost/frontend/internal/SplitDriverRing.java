package vhost.frontend.internal;

import static vhost.frontend.Virtio.VIRTQ_AVAIL_F_NO_INTERRUPT;
import static vhost.frontend.Virtio.VIRTQ_DESC_F_NEXT;
import static vhost.frontend.Virtio.VIRTQ_USED_F_NO_NOTIFY;

import linux.EventFd;
import linux.Memory;

/**
 * Driver side of a split virtqueue (virtio 1.3, 2.7 "Split Virtqueues"). Offsets in bytes, little-endian.
 *
 * <pre>
 *  descriptor, 16    | addr 8 | len 4 | flags 2 | next 2 |
 *  driver  (avail)   | flags 2 | idx 2 | ring 2·N | used_event 2 |
 *  device  (used)    | flags 2 | idx 2 | { id 4, len 4 }·N | avail_event 2 |
 * </pre>
 */
public final class SplitDriverRing extends DriverRing {
    private static final long IDX = 2;
    private static final long RING = 4;
    private static final int SILENCE = 1 << 14;

    private final int mask;
    private final long usedEvent;
    private final long availEvent;

    /** Free descriptors, the last freed first; unused with IN_ORDER, where they are taken in ring order. */
    private final int[] freeStack;

    /** Links of the outstanding chains; the ones in the table are the device's to read, not ours. */
    private final int[] nextOf;

    /** With IN_ORDER: the head made available at each index. */
    private final int[] headAt;

    private int nextDescriptor;
    private int availIdx;
    private int published;
    private int usedIdx;

    /** With IN_ORDER: a used entry may stand for all buffers up to its own. Where that batch ends, and its last length. */
    private int batchEnd;

    private int batchLength;

    /** With EVENT_IDX: used_event is moved along while no interrupt is wanted, since indices come round. */
    private boolean interruptsWanted;

    private int silencedAt;

    public SplitDriverRing(
            final String name,
            final RingAreas areas,
            final boolean eventIdx,
            final boolean inOrder,
            final EventFd kick) {
        super(name, areas, eventIdx, inOrder, kick);
        mask = size - 1;
        usedEvent = driver + RING + 2L * size;
        availEvent = device + RING + 8L * size;
        freeStack = new int[size];
        nextOf = new int[size];
        headAt = new int[inOrder ? size : 0];
    }

    @Override
    public void reset() {
        super.reset();
        for (int i = 0; i < size; i++) {
            freeStack[i] = size - 1 - i;
        }
        nextDescriptor = 0;
        availIdx = 0;
        published = 0;
        usedIdx = 0;
        batchEnd = 0;
        batchLength = 0;
        disableInterrupts();
    }

    @Override
    public void addSingle(final int buffer, final long gpa, final int length, final int capacity, final int flags) {
        final int head = take();
        write(head, gpa, length, flags, 0);
        make(head, buffer, 1, capacity);
    }

    @Override
    public void addChain(
            final int buffer,
            final long[] gpas,
            final int[] lengths,
            final int n,
            final int capacity,
            final int flags) {
        final int head = take();
        int at = head;
        for (int i = 0; i < n - 1; i++) {
            final int next = take();
            write(at, gpas[i], lengths[i], flags | VIRTQ_DESC_F_NEXT, next);
            nextOf[at] = next;
            at = next;
        }
        write(at, gpas[n - 1], lengths[n - 1], flags, 0);
        make(head, buffer, n, capacity);
    }

    private int take() {
        free--;
        if (inOrder) {
            final int taken = nextDescriptor;
            nextDescriptor = taken + 1 & mask;
            return taken;
        }
        return freeStack[free];
    }

    private void write(final int index, final long gpa, final int length, final int flags, final int next) {
        final long at = desc + 16L * index;
        Memory.putLong(at, gpa);
        Memory.putLong(at + 8, length & 0xFFFFFFFFL | (long) flags << 32 | (long) next << 48);
    }

    private void make(final int head, final int buffer, final int descriptors, final int capacity) {
        bufferOf[head] = buffer;
        descriptorsOf[head] = descriptors;
        capacityOf[head] = capacity;
        outstanding++;
        Memory.putShort(driver + RING + 2L * (availIdx & mask), (short) head);
        if (inOrder) {
            headAt[availIdx & mask] = head;
        }
        availIdx = availIdx + 1 & 0xFFFF;
    }

    @Override
    public void publish() {
        if (availIdx == published) {
            return;
        }
        // Pairs with the device's acquire of avail.idx: descriptors and ring entries are visible to who sees the index.
        Memory.putShortRelease(driver + IDX, (short) availIdx);
        // The index must be visible before we read whether a kick is wanted: the device asks, then looks at the index.
        fence();
        final boolean wanted = eventIdx
                ? passed(unsignedShort(availEvent), availIdx, published)
                : (Memory.getShort(device) & VIRTQ_USED_F_NO_NOTIFY) == 0;
        published = availIdx;
        kickIf(wanted);
    }

    @Override
    public boolean hasUsed() {
        return usedIdx != (Memory.getShortAcquire(device + IDX) & 0xFFFF);
    }

    @Override
    public int poll(final int[] buffers, final int[] lengths, final int from, final int max) {
        // Pairs with the device's release of used.idx: entries and buffer contents below it may be read.
        final int used = Memory.getShortAcquire(device + IDX) & 0xFFFF;
        final int pending = used - usedIdx & 0xFFFF;
        if (pending == 0) {
            return 0;
        }
        if (pending > outstanding) {
            throw fault("used.idx " + used + " is " + pending + " after ours, with " + outstanding + " outstanding");
        }
        if (eventIdx && !interruptsWanted && (usedIdx - silencedAt & 0xFFFF) >= SILENCE) {
            disableInterrupts();
        }
        if (inOrder) {
            return pollInOrder(used, buffers, lengths, from, max);
        }
        final int n = Math.min(pending, max);
        for (int i = 0; i < n; i++) {
            final long element = Memory.getLong(device + RING + 8L * (usedIdx + i & mask));
            final int id = (int) element;
            final int length = (int) (element >>> 32);
            if (id < 0 || id >= size || bufferOf[id] == NONE) {
                throw fault("used id " + Integer.toUnsignedString(id) + " is not outstanding");
            }
            checkLength(id, length);
            buffers[from + i] = bufferOf[id];
            lengths[from + i] = length;
            bufferOf[id] = NONE;
            int descriptor = id;
            for (int left = descriptorsOf[id]; left > 0; left--) {
                freeStack[free++] = descriptor;
                descriptor = nextOf[descriptor];
            }
        }
        outstanding -= n;
        usedIdx = usedIdx + n & 0xFFFF;
        return n;
    }

    /**
     * Virtio 1.3, 2.7.9 "In-order use of descriptors": the device may write one entry for a batch, with the id of its last
     * buffer, and moves the index over all of them. The buffers before the last were used to their full length.
     */
    private int pollInOrder(final int used, final int[] buffers, final int[] lengths, final int from, final int max) {
        int n = 0;
        while (n < max && usedIdx != used) {
            if (batchEnd == usedIdx) {
                final long element = Memory.getLong(device + RING + 8L * (usedIdx & mask));
                final int id = (int) element;
                int last = usedIdx;
                while (headAt[last & mask] != id) {
                    last = last + 1 & 0xFFFF;
                    if (last == used) {
                        throw fault("used id " + Integer.toUnsignedString(id) + " at index " + usedIdx
                                + " is not in order: expected " + headAt[usedIdx & mask] + " or one of the "
                                + (used - usedIdx - 1 & 0xFFFF) + " after it");
                    }
                }
                batchLength = (int) (element >>> 32);
                checkLength(id, batchLength);
                batchEnd = last + 1 & 0xFFFF;
            }
            final int head = headAt[usedIdx & mask];
            usedIdx = usedIdx + 1 & 0xFFFF;
            buffers[from + n] = bufferOf[head];
            lengths[from + n] = usedIdx == batchEnd ? batchLength : capacityOf[head];
            bufferOf[head] = NONE;
            free += descriptorsOf[head];
            n++;
        }
        outstanding -= n;
        return n;
    }

    private void checkLength(final int id, final int length) {
        if (length < 0 || length > capacityOf[id]) {
            throw fault("used length " + Integer.toUnsignedString(length) + " of id " + id + " is more than its "
                    + capacityOf[id] + " writable bytes");
        }
    }

    @Override
    public void enableInterrupts() {
        interruptsWanted = true;
        if (eventIdx) {
            Memory.putShort(usedEvent, (short) usedIdx);
        } else {
            Memory.putShort(driver, (short) 0);
        }
        // The wish must be visible before we look again: the device moves its index, then reads the wish.
        fence();
    }

    @Override
    public void disableInterrupts() {
        interruptsWanted = false;
        silencedAt = usedIdx;
        if (eventIdx) {
            // Far behind: no index that the device reaches soon. Flags stay 0 with EVENT_IDX (virtio 1.3, 2.7.7).
            Memory.putShort(usedEvent, (short) (usedIdx - 1));
        } else {
            Memory.putShort(driver, (short) VIRTQ_AVAIL_F_NO_INTERRUPT);
        }
    }

    @Override
    public int base() {
        return Memory.getShortAcquire(device + IDX) & 0xFFFF;
    }

    @Override
    public void writeIndirect(
            final long tableVa, final int index, final int n, final long gpa, final int length, final int flags) {
        final boolean last = index == n - 1;
        final long at = tableVa + 16L * index;
        Memory.putLong(at, gpa);
        Memory.putLong(
                at + 8,
                length & 0xFFFFFFFFL
                        | (long) (last ? flags : flags | VIRTQ_DESC_F_NEXT) << 32
                        | (long) (last ? 0 : index + 1) << 48);
    }
}
