package vhost.frontend.internal;

import vhost.frontend.GuestMemory;

/**
 * Buffers in guest memory, each one block of contiguous guest physical space, with an indirect table of its own if asked
 * for; and the numbers of those that are free, the last freed first, since it is the one most likely in the cache.
 */
final class BufferSet {
    private static final int ALIGN = 64;

    /** By buffer. */
    final long[] va;

    final long[] gpa;
    final long[] tableVa;
    final long[] tableGpa;

    private final int[] freeStack;
    private int free;

    BufferSet(final GuestMemory memory, final int count, final int blockBytes, final int tableEntries) {
        va = new long[count];
        gpa = new long[count];
        tableVa = new long[tableEntries > 0 ? count : 0];
        tableGpa = new long[tableVa.length];
        freeStack = new int[count];
        final int stride = stride(blockBytes);
        for (int i = 0; i < count; i++) {
            // One by one: where regions have holes between them, no block may lie across one.
            va[i] = memory.allocate(stride, ALIGN, false);
            gpa[i] = memory.gpa(va[i]);
        }
        for (int i = 0; i < tableVa.length; i++) {
            tableVa[i] = memory.allocate(16L * tableEntries, 16, false);
            tableGpa[i] = memory.gpa(tableVa[i]);
        }
        reset();
    }

    /** Guest memory that a set takes, bytes. */
    static long bytes(final int count, final int blockBytes, final int tableEntries) {
        return (long) count * (stride(blockBytes) + 16L * tableEntries);
    }

    private static int stride(final int blockBytes) {
        return (blockBytes + ALIGN - 1) / ALIGN * ALIGN;
    }

    void reset() {
        free = freeStack.length;
        for (int i = 0; i < free; i++) {
            freeStack[i] = free - 1 - i;
        }
    }

    int free() {
        return free;
    }

    /** Takes a free one; {@link #free()} must be positive. */
    int take() {
        return freeStack[--free];
    }

    void give(final int buffer) {
        freeStack[free++] = buffer;
    }
}
