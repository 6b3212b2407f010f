package vhost.frontend.internal;

import static vhost.frontend.Virtio.RING_EVENT_FLAGS_DESC;
import static vhost.frontend.Virtio.RING_EVENT_FLAGS_DISABLE;
import static vhost.frontend.Virtio.RING_EVENT_FLAGS_ENABLE;
import static vhost.frontend.Virtio.VIRTQ_DESC_F_AVAIL;
import static vhost.frontend.Virtio.VIRTQ_DESC_F_NEXT;
import static vhost.frontend.Virtio.VIRTQ_DESC_F_USED;
import static vhost.frontend.Virtio.VIRTQ_DESC_F_WRITE;

import linux.EventFd;
import linux.Memory;

/**
 * Driver side of a packed virtqueue (virtio 1.3, 2.8 "Packed Virtqueues"). Offsets in bytes, little-endian.
 *
 * <pre>
 *  descriptor, 16          | addr 8 | len 4 | id 2 | flags 2 |
 *  driver, device event    | off_wrap 2 | flags 2 |
 * </pre>
 */
public final class PackedDriverRing extends DriverRing {
    private static final long LEN = 8;
    private static final long ID = 12;
    private static final long FLAGS = 14;
    private static final int PHASE = VIRTQ_DESC_F_AVAIL | VIRTQ_DESC_F_USED;
    private static final int WRAP = 1 << 15;

    /** Free buffer ids, the last freed first. */
    private final int[] freeIds;

    private int freeIdCount;

    /** With IN_ORDER: ids in the order they were made available, a ring with one slot per id. */
    private final int[] order;

    private int orderHead;
    private int orderTail;

    private int nextAvail;
    private boolean availWrap;
    private int added;

    /** The first descriptor added since the last publication, and its flags: they are written last. */
    private long headAt;

    private int headFlags;

    private int nextUsed;
    private boolean usedWrap;

    /** With IN_ORDER: buffers left of a batch that one used descriptor stands for, and the length of its last. */
    private int batchLeft;

    private int batchLength;

    public PackedDriverRing(
            final String name,
            final RingAreas areas,
            final boolean eventIdx,
            final boolean inOrder,
            final EventFd kick) {
        super(name, areas, eventIdx, inOrder, kick);
        freeIds = new int[size];
        order = new int[inOrder ? size : 0];
    }

    @Override
    public void reset() {
        super.reset();
        for (int i = 0; i < size; i++) {
            freeIds[i] = size - 1 - i;
        }
        freeIdCount = size;
        orderHead = 0;
        orderTail = 0;
        nextAvail = 0;
        availWrap = true;
        added = 0;
        nextUsed = 0;
        usedWrap = true;
        batchLeft = 0;
        batchLength = 0;
        disableInterrupts();
    }

    @Override
    public void addSingle(final int buffer, final long gpa, final int length, final int capacity, final int flags) {
        final int id = make(buffer, 1, capacity);
        write(id, gpa, length, flags);
    }

    @Override
    public void addChain(
            final int buffer,
            final long[] gpas,
            final int[] lengths,
            final int n,
            final int capacity,
            final int flags) {
        final int id = make(buffer, n, capacity);
        for (int i = 0; i < n - 1; i++) {
            write(id, gpas[i], lengths[i], flags | VIRTQ_DESC_F_NEXT);
        }
        write(id, gpas[n - 1], lengths[n - 1], flags);
    }

    private int make(final int buffer, final int descriptors, final int capacity) {
        final int id = freeIds[--freeIdCount];
        bufferOf[id] = buffer;
        descriptorsOf[id] = descriptors;
        capacityOf[id] = capacity;
        if (inOrder) {
            order[orderTail] = id;
            orderTail = orderTail + 1 == size ? 0 : orderTail + 1;
        }
        free -= descriptors;
        outstanding++;
        return id;
    }

    private void write(final int id, final long gpa, final int length, final int flags) {
        final long at = desc + 16L * nextAvail;
        final int phased = flags | (availWrap ? VIRTQ_DESC_F_AVAIL : VIRTQ_DESC_F_USED);
        Memory.putLong(at, gpa);
        if (added == 0) {
            headAt = at + FLAGS;
            headFlags = phased;
            Memory.putInt(at + LEN, length);
            Memory.putShort(at + ID, (short) id);
        } else {
            // Nothing after the head is looked at before the head's flags are there, so these need no order.
            Memory.putLong(at + LEN, length & 0xFFFFFFFFL | (long) id << 32 | (long) phased << 48);
        }
        added++;
        if (++nextAvail == size) {
            nextAvail = 0;
            availWrap = !availWrap;
        }
    }

    @Override
    public void publish() {
        if (added == 0) {
            return;
        }
        // Pairs with the device's acquire of the flags: with the head, all that was added becomes visible.
        Memory.putShortRelease(headAt, (short) headFlags);
        // The descriptors must be visible before we read whether a kick is wanted: the device asks, then looks again.
        fence();
        // One 4-byte read: off_wrap and flags of one moment.
        final int event = Memory.getIntAcquire(device);
        final int flags = event >>> 16 & 3;
        final boolean wanted;
        if (flags == RING_EVENT_FLAGS_DESC && eventIdx) {
            int offset = event & WRAP - 1;
            if ((event & WRAP) != 0 != availWrap) {
                offset -= size;
            }
            wanted = passed(offset, nextAvail, nextAvail - added);
        } else {
            wanted = flags == RING_EVENT_FLAGS_ENABLE;
        }
        added = 0;
        kickIf(wanted);
    }

    @Override
    public boolean hasUsed() {
        return batchLeft > 0 || isUsed(Memory.getShortAcquire(desc + 16L * nextUsed + FLAGS));
    }

    private boolean isUsed(final int flags) {
        return (flags & PHASE) == (usedWrap ? PHASE : 0);
    }

    @Override
    public int poll(final int[] buffers, final int[] lengths, final int from, final int max) {
        int n = 0;
        while (n < max) {
            if (batchLeft > 0) {
                batchLeft--;
                final int id = order[orderHead];
                take(id, batchLeft == 0 ? batchLength : capacityOf[id], buffers, lengths, from + n++);
                continue;
            }
            if (outstanding == 0) {
                // The slot holds what was there a lap ago.
                break;
            }
            final long at = desc + 16L * nextUsed;
            // Pairs with the device's release of the flags: id, length and buffer contents may be read.
            final int flags = Memory.getShortAcquire(at + FLAGS) & 0xFFFF;
            if (!isUsed(flags)) {
                if ((flags & PHASE) != (usedWrap ? VIRTQ_DESC_F_AVAIL : VIRTQ_DESC_F_USED)) {
                    throw fault("descriptor " + nextUsed + " has flags " + Integer.toHexString(flags)
                            + ", neither available nor used in wrap " + usedWrap);
                }
                break;
            }
            final int id = Memory.getShort(at + ID) & 0xFFFF;
            final int length = (flags & VIRTQ_DESC_F_WRITE) == 0 ? 0 : Memory.getInt(at + LEN);
            if (id >= size || bufferOf[id] == NONE) {
                throw fault("used id " + id + " is not outstanding");
            }
            if (length < 0 || length > capacityOf[id]) {
                throw fault("used length " + Integer.toUnsignedString(length) + " of id " + id + " is more than its "
                        + capacityOf[id] + " writable bytes");
            }
            if (inOrder) {
                batchLeft = batchUntil(id);
                batchLength = length;
            } else {
                take(id, length, buffers, lengths, from + n++);
            }
        }
        return n;
    }

    /** Virtio 1.3, 2.8.8 "In-order use of descriptors": one used descriptor may stand for all buffers up to its own. */
    private int batchUntil(final int id) {
        int at = orderHead;
        int count = 1;
        while (order[at] != id) {
            at = at + 1 == size ? 0 : at + 1;
            if (++count > outstanding) {
                throw fault("used id " + id + " is not in order");
            }
        }
        return count;
    }

    private void take(final int id, final int length, final int[] buffers, final int[] lengths, final int to) {
        buffers[to] = bufferOf[id];
        lengths[to] = length;
        bufferOf[id] = NONE;
        freeIds[freeIdCount++] = id;
        final int descriptors = descriptorsOf[id];
        free += descriptors;
        outstanding--;
        if (inOrder) {
            orderHead = orderHead + 1 == size ? 0 : orderHead + 1;
        }
        nextUsed += descriptors;
        if (nextUsed >= size) {
            nextUsed -= size;
            usedWrap = !usedWrap;
        }
    }

    @Override
    public void enableInterrupts() {
        if (eventIdx) {
            Memory.putShort(driver, (short) (nextUsed | (usedWrap ? WRAP : 0)));
            // Pairs with the device, which reads flags, then off_wrap.
            Memory.putShortRelease(driver + 2, (short) RING_EVENT_FLAGS_DESC);
        } else {
            Memory.putShort(driver + 2, (short) RING_EVENT_FLAGS_ENABLE);
        }
        // The wish must be visible before we look again: the device marks a descriptor used, then reads the wish.
        fence();
    }

    @Override
    public void disableInterrupts() {
        Memory.putShort(driver + 2, (short) RING_EVENT_FLAGS_DISABLE);
    }

    /** Bits 0-14 next available, 15 its wrap counter, 16-30 next used, 31 its wrap counter: all starts again at used. */
    @Override
    public int base() {
        final int used = nextUsed | (usedWrap ? WRAP : 0);
        return used << 16 | used;
    }

    @Override
    public void writeIndirect(
            final long tableVa, final int index, final int n, final long gpa, final int length, final int flags) {
        final long at = tableVa + 16L * index;
        Memory.putLong(at, gpa);
        Memory.putLong(at + LEN, length & 0xFFFFFFFFL | (long) flags << 48);
    }
}
