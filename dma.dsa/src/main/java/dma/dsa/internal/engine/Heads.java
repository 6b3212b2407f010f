package dma.dsa.internal.engine;

import linux.Memory;

/**
 * The head of a copy: what lies before the first cache line that its destination fills from the beginning. The processor makes
 * it and the device the rest, since a device is many times slower where it begins to write within a line.
 *
 * <p>Only in memory that was announced: what is not mapped must never be touched. The owner's thread only; allocates nothing.
 */
final class Heads {
    private static final int LINE = 64;

    /** A copy of so many bytes at least leaves the device more than one line. */
    static final int SHORTEST = 2 * LINE;

    private final AnnouncedMemory memory;
    private final boolean wanted;

    Heads(final AnnouncedMemory memory, final boolean wanted) {
        this.memory = memory;
        this.wanted = wanted;
    }

    /** How many bytes of a copy the processor is to make, 0 to 63. */
    int length(final long source, final long destination, final long length) {
        final int head = (int) -destination & LINE - 1;
        return head != 0 && wanted && length >= SHORTEST && isPossible(source, destination, length) ? head : 0;
    }

    /** Between ranges that overlap it matters which bytes are copied first. */
    private boolean isPossible(final long source, final long destination, final long length) {
        return Math.abs(source - destination) >= length && memory.holds(source, destination, length);
    }

    /** Makes one; {@code false} where its memory is gone: a file was truncated. */
    static boolean make(final long source, final long destination, final int head) {
        try {
            Memory.copy(source, destination, head);
            Memory.surfaceFault();
            return true;
        } catch (InternalError e) {
            return false;
        }
    }
}
