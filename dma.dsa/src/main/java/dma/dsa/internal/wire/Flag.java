package dma.dsa.internal.wire;

/** The flags of a descriptor that this driver uses ({@code IDXD_OP_FLAG_*}). */
public final class Flag {
    /** In a batch: starts after all before it have ended. Never set here: copies are independent. */
    public static final int FENCE = 0x0001;

    /** Block on fault: the device waits for a page instead of giving up. Only where the queue allows it. */
    public static final int BLOCK_ON_FAULT = 0x0002;

    /** The address of the completion record is valid. */
    public static final int RECORD_ADDRESS_VALID = 0x0004;

    /** The completion record is wanted on success too; on failure it comes always. */
    public static final int REQUEST_RECORD = 0x0008;

    /** The destination goes into the cache. Only where GENCAP has its bit 2. */
    public static final int CACHE_CONTROL = 0x0100;

    private Flag() {}
}
