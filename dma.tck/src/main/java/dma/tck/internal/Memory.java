package dma.tck.internal;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dma.api.MemoryRegion;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/**
 * Sources and destinations of copies. A destination lies as far into its half as the source into the other, and every byte
 * of it is the inverse of its source's until it is copied: so each byte that is copied changes, and each that changed
 * without having been asked for is seen.
 */
final class Memory {
    static final long PAGE = 4096;

    private final long bytes;
    private final MemorySegment both;
    private final MemorySegment source;
    private final MemorySegment destination;

    /** What the destination looks like where nothing was copied; the engine does not know of it. */
    private final MemorySegment inverse;

    Memory(final Arena arena, final long wanted) {
        bytes = (wanted + PAGE - 1) / PAGE * PAGE;
        both = arena.allocate(2 * bytes, PAGE);
        source = both.asSlice(0, bytes);
        destination = both.asSlice(bytes, bytes);
        inverse = arena.allocate(bytes, PAGE);
        fill(1);
    }

    /** Other contents, all to be copied again. */
    void fill(final long seed) {
        for (long at = 0; at < bytes; at += Long.BYTES) {
            // A step of SplitMix64: no two words alike.
            long mixed = (seed << 32) + at * 0x9E3779B97F4A7C15L;
            mixed = (mixed ^ mixed >>> 30) * 0xBF58476D1CE4E5B9L;
            mixed = (mixed ^ mixed >>> 27) * 0x94D049BB133111EBL;
            source.set(JAVA_LONG, at, mixed);
            inverse.set(JAVA_LONG, at, ~mixed);
        }
        clear();
    }

    /** Undoes all copies. */
    void clear() {
        destination.copyFrom(inverse);
    }

    void clear(final long at, final long length) {
        MemorySegment.copy(inverse, at, destination, at, length);
    }

    MemoryRegion region() {
        return new MemoryRegion(both.address(), both.byteSize());
    }

    long size() {
        return bytes;
    }

    long source(final long at) {
        return source.address() + at;
    }

    long destination(final long at) {
        return destination.address() + at;
    }

    /** Whether all of it has been copied. */
    boolean isCopied(final long at, final long length) {
        VarHandle.acquireFence(); // Look again each time: others write there.
        return MemorySegment.mismatch(source, at, at + length, destination, at, at + length) == -1;
    }

    /** As {@link #isCopied(long, long)}, where the destination does not lie as the source does. */
    boolean isCopied(final long from, final long to, final long length) {
        VarHandle.acquireFence();
        return MemorySegment.mismatch(source, from, from + length, destination, to, to + length) == -1;
    }

    /** Whether none of it has been written. */
    boolean isUntouched(final long at, final long length) {
        VarHandle.acquireFence();
        return MemorySegment.mismatch(inverse, at, at + length, destination, at, at + length) == -1;
    }

    boolean isUntouched() {
        return isUntouched(0, bytes);
    }

    /** The first byte from {@code at} on that is not as its source; -1 for none. */
    long firstMissing(final long at, final long length) {
        return MemorySegment.mismatch(source, at, at + length, destination, at, at + length);
    }

    /** The first byte from {@code at} on, below {@code end}, that was written; -1 for none. */
    long firstWritten(final long at, final long end) {
        final long first = MemorySegment.mismatch(inverse, at, end, destination, at, end);
        return first == -1 ? -1 : at + first;
    }

    /** Whether nobody wrote to the sources. */
    boolean isSourceKept() {
        VarHandle.acquireFence();
        for (long at = 0; at < bytes; at += Long.BYTES) {
            if (source.get(JAVA_LONG, at) != ~inverse.get(JAVA_LONG, at)) {
                return false;
            }
        }
        return true;
    }
}
