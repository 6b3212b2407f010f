package vhost.core.internal.ring;

import java.lang.foreign.Arena;
import java.lang.invoke.VarHandle;
import linux.Memory;
import vhost.core.internal.memory.Translator;

/**
 * A split virtqueue (virtio 1.3, 2.7 "Split Virtqueues").
 *
 * <pre>
 *  descriptor table   N × | le64 addr | le32 len | le16 flags | le16 next |
 *  available ring     | le16 flags | le16 idx | le16 ring[N] | le16 used_event |
 *  used ring          | le16 flags | le16 idx | N × { le32 id, le32 len } | le16 avail_event |
 * </pre>
 */
public final class SplitVirtqueue extends Virtqueue {
    private static final int AVAIL_FLAGS = 0;
    private static final int IDX = 2;
    private static final int RING = 4;
    private static final int USED_ELEM_SIZE = 8;
    private static final short VRING_AVAIL_F_NO_INTERRUPT = 1;
    private static final short VRING_USED_F_NO_NOTIFY = 1;

    private final int mask;
    private final long desc;
    private final long avail;
    private final long used;
    private final long usedEvent;
    private final long availEvent;

    /** The avail index as last acquired, free-running. */
    private int availIndex;

    /** The next entry to take; {@code packetStart} is where {@link #rewind} goes back to. */
    private int nextAvail;

    private int packetStart;

    /** The next used entry to write, and how far the driver has been shown. */
    private int nextUsed;

    private int publishedUsed;

    /** The used index at the last look at {@code used_event}; nothing before the first one. */
    private boolean looked;

    private int lookedUsed;

    /**
     * A ring at addresses of ours, aligned 16, 2 and 4, each area wholly mapped. Its base is the index of the next entry, both
     * available and used. IN_ORDER changes nothing here.
     */
    public SplitVirtqueue(final Arena arena, final Translator translator, final RingConfig config) {
        super(arena, translator, config);
        this.mask = size - 1;
        this.desc = config.desc();
        this.avail = config.driver();
        this.used = config.device();
        this.usedEvent = avail + RING + 2L * size;
        this.availEvent = used + RING + (long) USED_ELEM_SIZE * size;
        this.availIndex = config.base() & 0xFFFF;
        this.nextAvail = availIndex;
        this.packetStart = availIndex;
        this.nextUsed = availIndex;
        this.publishedUsed = availIndex;
    }

    /** Bytes of the available ring, event word included where it was negotiated. */
    public static long availBytes(final int size, final boolean eventIndex) {
        return RING + 2L * size + (eventIndex ? 2 : 0);
    }

    /** Bytes of the used ring, event word included where it was negotiated. */
    public static long usedBytes(final int size, final boolean eventIndex) {
        return RING + (long) USED_ELEM_SIZE * size + (eventIndex ? 2 : 0);
    }

    /** The used index that a ring at {@code used} shows, to repair a base that does not fit it. */
    public static int usedIndex(final long used) {
        return Memory.getShortAcquire(used + IDX) & 0xFFFF;
    }

    @Override
    void mark() {
        packetStart = nextAvail;
    }

    @Override
    public void rewind() {
        nextAvail = packetStart;
    }

    @Override
    public boolean hasAvailable() {
        return (Memory.getShortAcquire(avail + IDX) & 0xFFFF) != nextAvail;
    }

    @Override
    public int takeRun(final int max, final int atLeast, final int skip) {
        if (nextAvail == availIndex && acquireAvail() != CHAIN) {
            return 0;
        }
        final int count = Math.min(max, (availIndex - nextAvail) & 0xFFFF);
        final int wantedFlags = deviceWrites ? VRING_DESC_F_WRITE : 0;
        long sum = 0;
        // All lines of descriptors are asked for first; a driver hands them out in order, four to a line.
        for (int i = 0; i < count; i += DESCS_PER_LINE) {
            final int head = Memory.getShort(avail + RING + 2L * ((nextAvail + i) & mask)) & mask;
            sum += Memory.getInt(desc + (long) head * DESC_SIZE + 8);
        }
        int taken = 0;
        for (; taken < count; taken++) {
            final int head = Memory.getShort(avail + RING + 2L * ((nextAvail + taken) & mask)) & 0xFFFF;
            if (head >= size) {
                break;
            }
            final long at = desc + (long) head * DESC_SIZE;
            final long gpa = Memory.getLong(at);
            final long word = Memory.getLong(at + 8);
            final long length = word & 0xFFFF_FFFFL;
            if (((int) (word >>> 32) & 0xFFFF) != wantedFlags || length < atLeast || !isRunLength(length)) {
                break;
            }
            final long address = translator.translate(gpa, length);
            if (address == 0) {
                break;
            }
            runId[taken] = head;
            runAddress[taken] = address;
            runLength[taken] = (int) length;
        }
        touched = sum + (deviceWrites ? 0 : touchRun(taken, skip));
        nextAvail = (nextAvail + taken) & 0xFFFF;
        return taken;
    }

    @Override
    public void untakeRun(final int count) {
        nextAvail = (nextAvail - count) & 0xFFFF;
    }

    @Override
    public void pushUsedRun(final int count) {
        for (int i = 0; i < count; i++) {
            Memory.putLong(
                    used + RING + (long) USED_ELEM_SIZE * ((nextUsed + i) & mask),
                    runId[i] | (long) runWritten[i] << 32);
        }
        nextUsed = (nextUsed + count) & 0xFFFF;
    }

    /** Looks for further entries: {@link #CHAIN} where there are, {@link #EMPTY}, or a fault. */
    private int acquireAvail() {
        // Pairs with the driver's release of avail.idx: entries and descriptors below it may be read after this.
        final int index = Memory.getShortAcquire(avail + IDX) & 0xFFFF;
        if (index == nextAvail) {
            return EMPTY;
        }
        // Chains that we hold and have not shown as used count too: the driver owns N descriptors in all. Measured from
        // our
        // place, so that an index which goes back in the middle of a burst is one that jumped, too.
        if (((index - nextAvail) & 0xFFFF) > size - ((nextAvail - publishedUsed) & 0xFFFF)) {
            return RingFault.AVAIL_INDEX;
        }
        availIndex = index;
        return CHAIN;
    }

    @Override
    public int nextChain() {
        if (nextAvail == availIndex) {
            final int found = acquireAvail();
            if (found != CHAIN) {
                return found;
            }
        }
        final int head = Memory.getShort(avail + RING + 2L * (nextAvail & mask)) & 0xFFFF;
        if (head >= size) {
            return RingFault.HEAD;
        }
        final long at = desc + (long) head * DESC_SIZE;
        return walk(head, Memory.getLong(at), Memory.getLong(at + 8));
    }

    /** Any chain; {@code gpa} and {@code word} are the two halves of its first descriptor. */
    private int walk(final int head, final long headGpa, final long headWord) {
        final int before = bytesSoFar();
        long table = desc;
        int tableSize = size;
        boolean inTable = false;
        long gpa = headGpa;
        long word = headWord;
        for (int steps = 0; steps < size; steps++) {
            final long length = word & 0xFFFF_FFFFL;
            final int flags = (int) (word >>> 32) & 0xFFFF;
            int next;
            if ((flags & VRING_DESC_F_INDIRECT) != 0) {
                if (inTable || (flags & VRING_DESC_F_NEXT) != 0 || !isTableLength(length)) {
                    return RingFault.INDIRECT;
                }
                table = indirectTable(gpa, (int) length);
                if (table == 0) {
                    return RingFault.ADDRESS;
                }
                tableSize = (int) length / DESC_SIZE;
                inTable = true;
                next = 0;
                steps--; // the descriptor that names a table is not part of the chain: one more step, once
            } else {
                if ((flags & VRING_DESC_F_WRITE) != 0 != deviceWrites) {
                    return RingFault.DIRECTION;
                }
                final int fault = addBuffer(gpa, length);
                if (fault != 0) {
                    return fault;
                }
                if ((flags & VRING_DESC_F_NEXT) == 0) {
                    nextAvail = (nextAvail + 1) & 0xFFFF;
                    endChain(head, 1, before);
                    return CHAIN;
                }
                next = (int) (word >>> 48);
                if (next >= tableSize) {
                    return RingFault.NEXT;
                }
            }
            final long at = table + (long) next * DESC_SIZE;
            gpa = Memory.getLong(at);
            word = Memory.getLong(at + 8);
        }
        return RingFault.LOOP;
    }

    @Override
    public void pushUsed(final int id, final int descriptors, final int written) {
        Memory.putLong(
                used + RING + (long) USED_ELEM_SIZE * (nextUsed & mask), id & 0xFFFF_FFFFL | (long) written << 32);
        nextUsed = (nextUsed + 1) & 0xFFFF;
    }

    @Override
    public boolean publish() {
        if (nextUsed == publishedUsed) {
            return false;
        }
        // Releases the used entries and all copies: pairs with the driver's acquire of used.idx.
        Memory.putShortRelease(used + IDX, (short) nextUsed);
        publishedUsed = nextUsed;
        // The driver writes its wish, fences, then reads used.idx; we write used.idx, fence, then read its wish.
        VarHandle.fullFence();
        if (!eventIndex) {
            return (Memory.getShort(avail + AVAIL_FLAGS) & VRING_AVAIL_F_NO_INTERRUPT) == 0;
        }
        final int event = Memory.getShort(usedEvent) & 0xFFFF;
        final int since = (nextUsed - lookedUsed) & 0xFFFF;
        final boolean call = !looked || ((nextUsed - event - 1) & 0xFFFF) < since;
        looked = true;
        lookedUsed = nextUsed;
        return call;
    }

    @Override
    public void wantKick(final boolean wanted) {
        if (eventIndex) {
            // An event index that the driver has passed asks for nothing: there is no need to take it back.
            if (wanted) {
                Memory.putShort(availEvent, (short) nextAvail);
            }
        } else {
            Memory.putShort(used, wanted ? 0 : VRING_USED_F_NO_NOTIFY);
        }
        // The caller looks at avail.idx next; the driver writes it, fences, then reads this.
        VarHandle.fullFence();
    }

    @Override
    public int base() {
        return nextAvail;
    }

    @Override
    public String describe() {
        return "split " + size;
    }
}
