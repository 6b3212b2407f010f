package vhost.core.internal.ring;

import java.lang.foreign.Arena;
import java.lang.invoke.VarHandle;
import linux.Memory;
import vhost.core.internal.memory.Translator;

/**
 * A packed virtqueue (virtio 1.3, 2.8 "Packed Virtqueues").
 *
 * <pre>
 *  descriptor ring                 N × | le64 addr | le32 len | le16 id | le16 flags |
 *  driver and device event area    | le16 off_wrap | le16 flags |
 * </pre>
 *
 * <p>N need not be a power of two. A descriptor is available where its AVAIL flag equals our wrap counter and its USED flag
 * does not; we use it by setting both to the wrap counter of the used position.
 */
public final class PackedVirtqueue extends Virtqueue {
    private static final int FLAGS = 14;
    private static final int F_AVAIL = 1 << 7;
    private static final int F_USED = 1 << 15;

    /** A descriptor with one of these, unless it is WRITE and wanted, is no part of a run. */
    private static final int NOT_IN_RUN = VRING_DESC_F_NEXT | VRING_DESC_F_WRITE | VRING_DESC_F_INDIRECT;

    private static final short RING_EVENT_FLAGS_ENABLE = 0;
    private static final short RING_EVENT_FLAGS_DISABLE = 1;
    private static final short RING_EVENT_FLAGS_DESC = 2;

    /**
     * IN_ORDER lets one entry, with the id of the last buffer, stand for all buffers used at once (virtio 1.3, 2.8.9
     * "In-order use of descriptors"): the driver's other descriptors stay in its processor's cache. Buffers that were written
     * have a length each to be told.
     */
    private final boolean batchesUsed;

    private final long desc;
    private final long driverEvent;
    private final long deviceEvent;

    private int availPosition;
    private boolean availWrap;
    private int packetPosition;
    private boolean packetWrap;

    private int usedPosition;
    private boolean usedWrap;

    /** The first entry since the last publish: written last, since it makes all the others visible. */
    private boolean pushed;

    private long firstAt;
    private long firstWord;

    /** Where the used position stood at the last look at the driver's event; nothing before the first one. */
    private boolean looked;

    private int lookedPosition;

    /**
     * A ring at addresses of ours, aligned 16, 4 and 4, each area wholly mapped. Its base is as in SET_VRING_BASE: bits 0-14
     * avail position, 15 its wrap counter, 16-30 used position, 31 its wrap counter; an upper half of 0 means that both are
     * the same.
     */
    public PackedVirtqueue(final Arena arena, final Translator translator, final RingConfig config) {
        super(arena, translator, config);
        this.batchesUsed = config.inOrder() && !deviceWrites;
        this.desc = config.desc();
        this.driverEvent = config.driver();
        this.deviceEvent = config.device();
        final int base = config.base();
        final int used = base >>> 16 == 0 ? base : base >>> 16;
        availPosition = base & 0x7FFF;
        availWrap = (base & 0x8000) != 0;
        packetPosition = availPosition;
        packetWrap = availWrap;
        usedPosition = used & 0x7FFF;
        usedWrap = (used & 0x8000) != 0;
    }

    /** Whether a base from the front-end lies in a ring of {@code size}. */
    public static boolean isBase(final int base, final int size) {
        return (base & 0x7FFF) < size && (base >>> 16 & 0x7FFF) < size;
    }

    @Override
    void mark() {
        packetPosition = availPosition;
        packetWrap = availWrap;
    }

    @Override
    public void rewind() {
        availPosition = packetPosition;
        availWrap = packetWrap;
    }

    @Override
    public boolean hasAvailable() {
        // Pairs with the driver's release of the flags: the rest of the descriptor may be read after this.
        return isAvailable(Memory.getShortAcquire(desc + (long) availPosition * DESC_SIZE + FLAGS), availWrap);
    }

    private static boolean isAvailable(final int flags, final boolean wrap) {
        return wrap ? (flags & (F_AVAIL | F_USED)) == F_AVAIL : (flags & (F_AVAIL | F_USED)) == F_USED;
    }

    /** The flags of an available descriptor of a run, where they are in its second word; all others are 0. */
    private long wantedWord(final boolean wrap) {
        return (long) ((wrap ? F_AVAIL : F_USED) | (deviceWrites ? VRING_DESC_F_WRITE : 0)) << 48;
    }

    @Override
    public int takeRun(final int max, final int atLeast, final int skip) {
        int position = availPosition;
        boolean wrap = availWrap;
        long sum = 0;
        // All lines of descriptors are asked for first, as far as they are available; the loop below acquires.
        for (int i = DESCS_PER_LINE - 1; i < Math.min(max, size); i += DESCS_PER_LINE) {
            final boolean over = position + i >= size;
            final long at = desc + (long) (over ? position + i - size : position + i) * DESC_SIZE;
            final int flags = Memory.getShort(at + FLAGS);
            sum += flags;
            if (!isAvailable(flags, over != wrap)) {
                break;
            }
        }
        // Fields would be read again behind each acquire.
        final long ringStart = desc;
        final int ringSize = size;
        final long[] address = runAddress;
        final int[] bufferLength = runLength;
        final int[] id = runId;
        final long flagsMask = (long) (F_AVAIL | F_USED | NOT_IN_RUN) << 48;
        long wanted = wantedWord(wrap);
        int taken = 0;
        for (; taken < max; taken++) {
            final long at = ringStart + (long) position * DESC_SIZE;
            // Pairs with the driver's release of the flags, which are the upper end of this word.
            final long word = Memory.getLongAcquire(at + 8);
            final long length = word & 0xFFFF_FFFFL;
            if ((word & flagsMask) != wanted || length < atLeast || !isRunLength(length)) {
                break;
            }
            final long ours = translator.translate(Memory.getLong(at), length);
            if (ours == 0) {
                break;
            }
            address[taken] = ours;
            bufferLength[taken] = (int) length;
            id[taken] = (int) (word >>> 32) & 0xFFFF;
            if (++position == ringSize) {
                position = 0;
                wrap = !wrap;
                wanted = wantedWord(wrap);
            }
        }
        touched = sum + (deviceWrites ? 0 : touchRun(taken, skip));
        availPosition = position;
        availWrap = wrap;
        return taken;
    }

    @Override
    public void untakeRun(final int count) {
        availPosition -= count;
        if (availPosition < 0) {
            availPosition += size;
            availWrap = !availWrap;
        }
    }

    @Override
    public void pushUsedRun(final int count) {
        if (count == 0) {
            return;
        }
        if (batchesUsed) {
            pushUsed(runId[count - 1], count, 0);
            return;
        }
        pushUsed(runId[0], 1, runWritten[0]);
        int position = usedPosition;
        boolean wrap = usedWrap;
        long flags = usedFlags(wrap);
        for (int i = 1; i < count; i++) {
            Memory.putLong(desc + (long) position * DESC_SIZE + 8, usedWord(flags, runId[i], runWritten[i]));
            if (++position == size) {
                position = 0;
                wrap = !wrap;
                flags = usedFlags(wrap);
            }
        }
        usedPosition = position;
        usedWrap = wrap;
    }

    /** The flags of a used descriptor, where they are in its second word. */
    private static long usedFlags(final boolean wrap) {
        return wrap ? (long) (F_AVAIL | F_USED) << 48 : 0;
    }

    private static long usedWord(final long flags, final int id, final int written) {
        return flags | (written != 0 ? (long) VRING_DESC_F_WRITE << 48 : 0) | (long) id << 32 | written & 0xFFFF_FFFFL;
    }

    @Override
    public int nextChain() {
        final long at = desc + (long) availPosition * DESC_SIZE;
        // A driver can go on making descriptors available while we read; a packet takes each of them once at most.
        if (!isAvailable(Memory.getShortAcquire(at + FLAGS), availWrap) || chains() == size) {
            return EMPTY;
        }
        return walk(Memory.getLong(at), Memory.getLong(at + 8));
    }

    private int walk(final long headGpa, final long headWord) {
        final int before = bytesSoFar();
        final int start = availPosition;
        final boolean startWrap = availWrap;
        long gpa = headGpa;
        long word = headWord;
        int fault = RingFault.LOOP;
        for (int count = 1; count <= size; count++) {
            final long length = word & 0xFFFF_FFFFL;
            final int flags = (int) (word >>> 48);
            advanceAvail();
            if ((flags & VRING_DESC_F_INDIRECT) != 0) {
                fault = (flags & VRING_DESC_F_NEXT) != 0 || !isTableLength(length)
                        ? RingFault.INDIRECT
                        : walkTable(gpa, (int) length);
            } else if ((flags & VRING_DESC_F_WRITE) != 0 != deviceWrites) {
                fault = RingFault.DIRECTION;
            } else {
                fault = addBuffer(gpa, length);
            }
            if (fault != 0) {
                break;
            }
            if ((flags & VRING_DESC_F_NEXT) == 0) {
                endChain((int) (word >>> 32) & 0xFFFF, count, before);
                return CHAIN;
            }
            fault = RingFault.LOOP;
            // The driver wrote the head's flags last: the chain's other descriptors are complete.
            final long at = desc + (long) availPosition * DESC_SIZE;
            gpa = Memory.getLong(at);
            word = Memory.getLong(at + 8);
        }
        availPosition = start;
        availWrap = startWrap;
        return fault;
    }

    /**
     * An indirect table is sequential; only WRITE means anything in it. DPDK's driver (22.11 and before and since) leaves WRITE
     * set in the tables of packets that it sends: what we only read from may say so.
     */
    private int walkTable(final long gpa, final int length) {
        final long table = indirectTable(gpa, length);
        if (table == 0) {
            return RingFault.ADDRESS;
        }
        for (long at = table; at < table + length; at += DESC_SIZE) {
            final long address = Memory.getLong(at);
            final long word = Memory.getLong(at + 8);
            if (deviceWrites && ((int) (word >>> 48) & VRING_DESC_F_WRITE) == 0) {
                return RingFault.DIRECTION;
            }
            final int fault = addBuffer(address, word & 0xFFFF_FFFFL);
            if (fault != 0) {
                return fault;
            }
        }
        return 0;
    }

    private void advanceAvail() {
        availPosition++;
        if (availPosition == size) {
            availPosition = 0;
            availWrap = !availWrap;
        }
    }

    @Override
    public void pushUsed(final int id, final int descriptors, final int written) {
        final long at = desc + (long) usedPosition * DESC_SIZE;
        final long word = usedWord(usedFlags(usedWrap), id, written);
        if (pushed && batchesUsed) {
            firstWord = firstWord & ~(0xFFFFL << 32) | (long) id << 32;
        } else if (pushed) {
            Memory.putLong(at + 8, word);
        } else {
            pushed = true;
            firstAt = at + 8;
            firstWord = word;
        }
        usedPosition += descriptors;
        if (usedPosition >= size) {
            usedPosition -= size;
            usedWrap = !usedWrap;
        }
    }

    @Override
    public boolean publish() {
        if (!pushed) {
            return false;
        }
        // Releases the other entries and all copies: the driver looks at this one first, with acquire.
        Memory.putLongRelease(firstAt, firstWord);
        pushed = false;
        // The driver writes its wish, fences, then reads the descriptor; we write that, fence, then read its wish.
        VarHandle.fullFence();
        final int before = lookedPosition;
        final boolean first = !looked;
        looked = true;
        lookedPosition = usedPosition;
        final int flags = Memory.getShortAcquire(driverEvent + 2) & 3;
        if (flags == RING_EVENT_FLAGS_ENABLE || flags != RING_EVENT_FLAGS_DESC || !eventIndex) {
            return flags != RING_EVENT_FLAGS_DISABLE;
        }
        final int offWrap = Memory.getShort(driverEvent) & 0xFFFF;
        int event = offWrap & 0x7FFF;
        if ((offWrap & 0x8000) != 0 != usedWrap) {
            event -= size;
        }
        final int old = usedPosition <= before ? before - size : before;
        return first || ((usedPosition - event - 1) & 0xFFFF) < ((usedPosition - old) & 0xFFFF);
    }

    @Override
    public void wantKick(final boolean wanted) {
        Memory.putShort(deviceEvent + 2, wanted ? RING_EVENT_FLAGS_ENABLE : RING_EVENT_FLAGS_DISABLE);
        // The caller looks at the next descriptor; the driver writes it, fences, then reads this.
        VarHandle.fullFence();
    }

    @Override
    public int base() {
        return availPosition | (availWrap ? 0x8000 : 0) | usedPosition << 16 | (usedWrap ? 0x8000_0000 : 0);
    }

    @Override
    public String describe() {
        return "packed " + size;
    }
}
