package dma.dsa.internal.wire;

import linux.Memory;

/**
 * The 64 bytes that ask a device for an operation ({@code struct dsa_hw_desc}), little-endian, a multiple of 64 in
 * memory. Written by plain stores: whoever submits it orders them.
 *
 * <pre>
 *  0x00     | pasid, privilege: 0 for user space | flags (24 bits) | opcode (8) |
 *  0x08     | address of the completion record                                  |
 *  0x10     | source; list of a batch                                           |
 *  0x18     | destination                                                       |
 *  0x20     | bytes; descriptors of a batch      | interrupt handle | reserved  |
 *  0x28     | of other operations: 0                                            |
 * </pre>
 */
public final class Descriptor {
    /** Bytes. */
    public static final int SIZE = 64;

    public static final int FLAGS_AND_OPCODE = 0x04;
    public static final int COMPLETION_ADDRESS = 0x08;
    public static final int SOURCE = 0x10;
    public static final int DESTINATION = 0x18;
    public static final int LENGTH = 0x20;
    public static final int INTERRUPT_HANDLE = 0x24;
    public static final int OPERATION_SPECIFIC = 0x28;

    /** Where the opcode begins in the word at {@link #FLAGS_AND_OPCODE}. */
    private static final int OPCODE_SHIFT = 24;

    private static final int FLAG_MASK = (1 << OPCODE_SHIFT) - 1;

    private static final int ALL_BUT_FLAGS = ~FLAG_MASK;

    private Descriptor() {}

    /** Writes a whole descriptor at {@code at}, whose bytes from {@link #OPERATION_SPECIFIC} on nobody ever writes. */
    public static void write(
            final long at,
            final Opcode opcode,
            final int flags,
            final long record,
            final long source,
            final long destination,
            final long length) {
        Memory.putLong(at, (long) (flags | opcode.code() << OPCODE_SHIFT) << Integer.SIZE);
        Memory.putLong(at + COMPLETION_ADDRESS, record);
        Memory.putLong(at + SOURCE, source);
        Memory.putLong(at + DESTINATION, destination);
        // The upper half is the interrupt handle and reserved: 0, as lengths have 32 bits.
        Memory.putLong(at + LENGTH, length);
    }

    /** Exchanges the flags only. */
    public static void writeFlags(final long at, final int flags) {
        Memory.putInt(at + FLAGS_AND_OPCODE, Memory.getInt(at + FLAGS_AND_OPCODE) & ALL_BUT_FLAGS | flags);
    }

    public static long source(final long at) {
        return Memory.getLong(at + SOURCE);
    }

    public static long destination(final long at) {
        return Memory.getLong(at + DESTINATION);
    }

    /** Bytes. */
    public static long length(final long at) {
        return Integer.toUnsignedLong(Memory.getInt(at + LENGTH));
    }

    /** Takes what was made off the copy; see {@link CompletionRecord#isBackward}. */
    public static void advance(final long at, final long bytes, final boolean backward) {
        if (!backward) {
            Memory.putLong(at + SOURCE, source(at) + bytes);
            Memory.putLong(at + DESTINATION, destination(at) + bytes);
        }
        Memory.putLong(at + LENGTH, length(at) - bytes);
    }
}
