package dma.model.internal.dsa;

import linux.Memory;

/**
 * {@code struct dsa_hw_desc} of {@code linux/idxd.h}, by the address of one.
 *
 * <pre>
 *  0          4              8             16       24            32     36      38   40              64
 *  | PASID…   | flags | op   | completion  | source | destination | size | int.  | 0  | op specific   |
 * </pre>
 */
final class Descriptor {
    static final int BYTES = 64;

    static final int FENCE = 1;
    static final int BLOCK_ON_FAULT = 1 << 1;
    static final int COMPLETION_VALID = 1 << 2;
    static final int REQUEST_COMPLETION = 1 << 3;
    static final int REQUEST_INTERRUPT = 1 << 4;
    static final int CHECK_RESULT = 1 << 7;
    static final int CACHE_CONTROL = 1 << 8;
    static final int READBACK = 1 << 14;

    /** Bits 0 to 5, 9 to 13 and 15: whoever sets them may, and the model has no use for most. */
    static final int COMMON = 0x3f | 0x3e00 | 0x8000;

    /** In the first word: the submitter is the kernel. */
    static final int PRIVILEGED = 1 << 31;

    private static final int FLAGS = 4;
    private static final int COMPLETION = 8;
    private static final int SOURCE = 16;
    private static final int DESTINATION = 24;
    private static final int SIZE = 32;
    private static final int INTERRUPT = 36;
    private static final int RESERVED = 38;
    private static final int SPECIFIC = 40;

    private Descriptor() {}

    /** PASID and privilege. */
    static int first(final long at) {
        return Memory.getInt(at);
    }

    static int opcode(final long at) {
        return Memory.getInt(at + FLAGS) >>> 24;
    }

    static int flags(final long at) {
        return Memory.getInt(at + FLAGS) & 0xffffff;
    }

    static long completion(final long at) {
        return Memory.getLong(at + COMPLETION);
    }

    /** Also the pattern of a fill, and the list of a batch. */
    static long source(final long at) {
        return Memory.getLong(at + SOURCE);
    }

    static long destination(final long at) {
        return Memory.getLong(at + DESTINATION);
    }

    /** Also how many descriptors a batch has; unsigned. */
    static long size(final long at) {
        return Memory.getInt(at + SIZE) & 0xffff_ffffL;
    }

    static int interrupt(final long at) {
        return Memory.getShort(at + INTERRUPT) & 0xffff;
    }

    static int reserved(final long at) {
        return Memory.getShort(at + RESERVED);
    }

    /** What a comparison is expected to say. */
    static int expected(final long at) {
        return Memory.getByte(at + SPECIFIC) & 0xff;
    }

    /** The bits of the last 24 bytes, put together; the first byte of them left out if asked. */
    static long specific(final long at, final boolean withoutFirst) {
        final long first = Memory.getLong(at + SPECIFIC);
        return (withoutFirst ? first & ~0xffL : first)
                | Memory.getLong(at + SPECIFIC + 8)
                | Memory.getLong(at + SPECIFIC + 16);
    }
}
