package dma.dsa.internal.sysfs;

/**
 * A DSA device.
 *
 * @param name the kernel's, such as {@code dsa0}
 * @param number of its name
 * @param enabled its state
 * @param genCap the register GENCAP
 * @param maxTransferBytes the longest copy
 * @param maxBatch the most descriptors of a batch
 * @param numaNode -1 where there is none
 * @param pasidEnabled whether it works on addresses of a process, as user space needs it
 */
public record Device(
        String name,
        int number,
        boolean enabled,
        long genCap,
        Operations operations,
        long maxTransferBytes,
        int maxBatch,
        int numaNode,
        boolean pasidEnabled) {
    private static final int GENCAP_CACHE_CONTROL = 2;

    static Device read(final String name, final int number, final Attributes attributes) {
        return new Device(
                name,
                number,
                attributes.text("state", "").equals("enabled"),
                attributes.register("gen_cap"),
                Operations.parse(attributes.text("op_cap", "")),
                attributes.number("max_transfer_size", 0),
                attributes.integer("max_batch_size", 0),
                attributes.integer("numa_node", -1),
                attributes.integer("pasid_enabled", 1) == 1);
    }

    /** Whether a descriptor may say that the destination goes into the cache. */
    public boolean hasCacheControl() {
        return (genCap >>> GENCAP_CACHE_CONTROL & 1) != 0;
    }
}
