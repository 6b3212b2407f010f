package dma.cbdma.internal;

import java.util.Arrays;
import linux.Memory;

/**
 * Descriptors in memory that the device reads, linked to a circle, and behind them, on a cache line of its own, the word that
 * it writes on completion: Linux {@code drivers/dma/ioat/hw.h}.
 *
 * <pre>
 *  0x00   4       8        0x10          0x18   0x20       0x30      0x38
 *  | size | control | source | destination | next | reserved | user1 | user2 |
 * </pre>
 *
 * <p>user1 and user2 are ours: the addresses of this process that the copy names. Beside the ring stands what becomes of each
 * slot. Slots are named by free-running numbers. The owner of the channel writes plain: the doorbell, a release, publishes.
 */
final class DescriptorRing {
    /** {@link #outcome}: there is more of the same copy in the next slot. */
    static final int CONTINUED = 1;

    private static final int SIZE = 0x00;
    private static final int CONTROL = 0x04;
    private static final int SOURCE = 0x08;
    private static final int DESTINATION = 0x10;
    private static final int NEXT = 0x18;
    private static final int SOURCE_ADDRESS = 0x30;
    private static final int DESTINATION_ADDRESS = 0x38;
    private static final int SHIFT = 6;
    private static final int CACHE_LINE = 64;

    private static final int COMPLETION_UPDATE = 0x008;
    private static final int NULL = 0x020;

    /** What a descriptor that copies nothing names as its size: 0 is an error. */
    private static final int NULL_SIZE = 8;

    private final long base;
    private final long iova;
    private final int slots;
    private final int mask;
    private final long status;
    private final byte[] outcomes;

    /** How many slots have an outcome other than 0. */
    private int special;

    /** In {@link #bytes} of memory at {@code base}; {@code slots} is a power of two. */
    DescriptorRing(final long base, final long iova, final int slots) {
        this.base = base;
        this.iova = iova;
        this.slots = slots;
        this.mask = slots - 1;
        this.status = base + ((long) slots << SHIFT);
        this.outcomes = new byte[slots];
        for (int i = 0; i < slots; i++) {
            Memory.putLong(at(i) + NEXT, iova(i + 1));
        }
    }

    static long bytes(final int slots) {
        return ((long) slots << SHIFT) + CACHE_LINE;
    }

    /** How many slots may be under way: one stays free, or full would look like empty. */
    int capacity() {
        return slots - 1;
    }

    /** Where the device finds a slot. */
    long iova(final long slot) {
        return iova + ((slot & mask) << SHIFT);
    }

    /** Where the device writes the word. */
    long statusIova() {
        return iova + ((long) slots << SHIFT);
    }

    private long at(final long slot) {
        return base + ((slot & mask) << SHIFT);
    }

    /** The word. Whoever has seen a descriptor in it sees what that copy wrote. */
    long statusAcquire() {
        return Memory.getLongAcquire(status);
    }

    /** As if {@code slot} had been the last one that was completed. The device writes nothing now. */
    void prime(final long slot) {
        Memory.putLongRelease(status, iova(slot));
    }

    /** How many slots {@code word} is ahead of {@code completed}; -1 where it names no slot, 0 where it names none yet. */
    int ahead(final long word, final long completed) {
        final long address = word & Registers.ADDRESS;
        if (address == 0) {
            return 0;
        }
        final long slot = address - iova >>> SHIFT;
        return (slot & ~(long) mask) == 0 ? (int) (slot + 1 - completed) & mask : -1;
    }

    /** Fills a slot; {@code outcome} is 0, or {@link #CONTINUED}. */
    void copy(
            final long slot,
            final long length,
            final long sourceIova,
            final long destinationIova,
            final long source,
            final long destination,
            final int outcome) {
        final long at = at(slot);
        Memory.putInt(at + SIZE, (int) length);
        Memory.putInt(at + CONTROL, COMPLETION_UPDATE);
        Memory.putLong(at + SOURCE, sourceIova);
        Memory.putLong(at + DESTINATION, destinationIova);
        Memory.putLong(at + SOURCE_ADDRESS, source);
        Memory.putLong(at + DESTINATION_ADDRESS, destination);
        if (outcome != 0) {
            outcome(slot, outcome);
        }
    }

    /** Fills a slot with a descriptor that copies nothing, and has it end with {@code outcome}. */
    void refusal(final long slot, final int outcome) {
        final long at = at(slot);
        Memory.putInt(at + SIZE, NULL_SIZE);
        Memory.putInt(at + CONTROL, NULL | COMPLETION_UPDATE);
        Memory.putLong(at + SOURCE, 0);
        Memory.putLong(at + DESTINATION, 0);
        outcome(slot, outcome);
    }

    /** 0, {@link #CONTINUED}, or a negative status. */
    int outcome(final long slot) {
        return outcomes[(int) slot & mask];
    }

    void outcome(final long slot, final int outcome) {
        final int index = (int) slot & mask;
        special += (outcome == 0 ? 0 : 1) - (outcomes[index] == 0 ? 0 : 1);
        outcomes[index] = (byte) outcome;
    }

    /** Whether every slot is a copy of its own that goes well. */
    boolean isPlain() {
        return special == 0;
    }

    /** Forgets all outcomes. */
    void clear() {
        Arrays.fill(outcomes, (byte) 0);
        special = 0;
    }

    /** The last slot of the copy that {@code slot} belongs to. */
    long last(final long slot) {
        long last = slot;
        while (outcome(last) == CONTINUED) {
            last++;
        }
        return last;
    }

    /** Whether {@code slot} names memory between {@code first} and {@code end}, addresses of this process. */
    boolean names(final long slot, final long first, final long end) {
        final long at = at(slot);
        if ((Memory.getInt(at + CONTROL) & NULL) != 0) {
            return false;
        }
        final long length = Integer.toUnsignedLong(Memory.getInt(at + SIZE));
        return overlaps(Memory.getLong(at + SOURCE_ADDRESS), length, first, end)
                || overlaps(Memory.getLong(at + DESTINATION_ADDRESS), length, first, end);
    }

    private static boolean overlaps(final long address, final long length, final long first, final long end) {
        return address < end && address + length > first;
    }
}
