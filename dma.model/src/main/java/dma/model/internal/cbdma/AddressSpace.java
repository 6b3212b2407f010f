package dma.model.internal.cbdma;

/** What a device can reach, and where that is in this process. The model's thread; allocates nothing. */
interface AddressSpace {
    /** Where device addresses lead: the address in this process, and how many bytes follow in one piece. */
    final class Place {
        long address;
        long length;
    }

    /**
     * Looks up at most {@code wanted} bytes from {@code ioAddress} on.
     *
     * @param access {@link dma.cbdma.device.VfioContainer#READ} or {@code WRITE}
     * @return whether at least the first byte can be reached; {@code place} holds it then
     */
    boolean find(long ioAddress, long wanted, int access, Place place);
}
