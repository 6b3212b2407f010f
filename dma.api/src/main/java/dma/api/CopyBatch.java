package dma.api;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Copies on their way to an engine: a view over an array in native memory, so that an engine may also hand the array to a
 * device or to native code as it is. Allocates nothing after construction. One thread at a time.
 *
 * <pre>
 *  entry i, at address() + 32·i
 *  0         8              16       24         32
 *  | source  | destination  | length | reserved |     64-bit little-endian each, addresses of this process, bytes
 * </pre>
 */
public final class CopyBatch {
    /** Bytes an entry takes. */
    public static final int ENTRY_BYTES = 32;

    private static final int SOURCE = 0;
    private static final int DESTINATION = 8;
    private static final int LENGTH = 16;

    private final MemorySegment entries;
    private final int capacity;
    private int first;
    private int end;

    /** Room for {@code capacity} copies, in memory that lives as long as {@code arena}. */
    public CopyBatch(final Arena arena, final int capacity) {
        this.entries = arena.allocate((long) capacity * ENTRY_BYTES, 64);
        this.capacity = capacity;
    }

    /** Appends a copy; the caller has looked at {@link #isFull()}. */
    public void add(final long source, final long destination, final long length) {
        final long at = (long) end * ENTRY_BYTES;
        entries.set(JAVA_LONG, at + SOURCE, source);
        entries.set(JAVA_LONG, at + DESTINATION, destination);
        entries.set(JAVA_LONG, at + LENGTH, length);
        end++;
    }

    /** Empties it. */
    public void clear() {
        first = 0;
        end = 0;
    }

    /** Drops the {@code accepted} first copies: they are the engine's now. */
    public void advance(final int accepted) {
        first += accepted;
    }

    /** Whether no further copy fits. */
    public boolean isFull() {
        return end == capacity;
    }

    /** Whether nothing is left to submit. */
    public boolean isEmpty() {
        return first == end;
    }

    /** Index of the first copy that has not been accepted yet. */
    public int first() {
        return first;
    }

    /** Index after the last copy. */
    public int end() {
        return end;
    }

    /** Where the {@code index}-th copy reads. */
    public long source(final int index) {
        return entries.get(JAVA_LONG, (long) index * ENTRY_BYTES + SOURCE);
    }

    /** Where the {@code index}-th copy writes. */
    public long destination(final int index) {
        return entries.get(JAVA_LONG, (long) index * ENTRY_BYTES + DESTINATION);
    }

    /** How many bytes the {@code index}-th copy moves; at least 1. */
    public long length(final int index) {
        return entries.get(JAVA_LONG, (long) index * ENTRY_BYTES + LENGTH);
    }

    /** Address of the array, for engines that pass it on. */
    public long address() {
        return entries.address();
    }
}
