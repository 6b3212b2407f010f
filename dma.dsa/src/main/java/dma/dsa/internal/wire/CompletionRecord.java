package dma.dsa.internal.wire;

import linux.Memory;

/**
 * The 32 bytes in which a device tells how a descriptor ended ({@code struct dsa_completion_record}), a multiple of 32 in
 * memory.
 *
 * <pre>
 *  0x00 | status | result | fault info | bytes completed; of a batch: descriptors |
 *  0x08 | address that faulted                                                    |
 *  0x10 | flags that are not valid (24 bits), and of other operations             |
 * </pre>
 *
 * <p>The device writes the status last, and all data before it: {@link #status}, an acquire load, pairs with that. The
 * other fields mean something only after a status that is not 0.
 */
public final class CompletionRecord {
    /** Bytes. */
    public static final int SIZE = 32;

    public static final int STATUS = 0x00;
    public static final int RESULT = 0x01;
    public static final int BYTES_COMPLETED = 0x04;
    public static final int FAULT_ADDRESS = 0x08;
    public static final int INVALID_FLAGS = 0x10;

    /** Of the status byte: the code. */
    public static final int STATUS_MASK = 0x7f;

    /** Of the status byte: the access that faulted was a write. */
    public static final int STATUS_WRITE = 0x80;

    private CompletionRecord() {}

    /** Makes it ready for the next descriptor that names it. */
    public static void clear(final long at) {
        Memory.putLong(at, 0);
        Memory.putLong(at + FAULT_ADDRESS, 0);
        Memory.putLong(at + INVALID_FLAGS, 0);
        Memory.putLong(at + INVALID_FLAGS + Long.BYTES, 0);
    }

    /** The status code; 0 while the operation is under way. Acquire: the data is visible, and so are the other fields. */
    public static int status(final long at) {
        return Memory.getByteAcquire(at + STATUS) & STATUS_MASK;
    }

    /** Of a copy that ended early: whether it was made from its end, so that what is left is its beginning. */
    public static boolean isBackward(final long at) {
        return Memory.getByte(at + RESULT) != 0;
    }

    /** Bytes made, without a gap; of a batch, descriptors that were dealt with. */
    public static long completed(final long at) {
        return Integer.toUnsignedLong(Memory.getInt(at + BYTES_COMPLETED));
    }
}
