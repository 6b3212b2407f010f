package dma.model.internal.cbdma;

/**
 * Which CHANERR bit stands for which failure. The names of the bits are known; which of them the parts set is not in each
 * case, so it can be chosen.
 *
 * @param source the source cannot be reached: 8 (read data), or 0 (source address)
 * @param destination the destination cannot be reached: 9 (write data), or 1 (destination address)
 * @param nextAddress {@code next} is misaligned: 2
 * @param descriptor a descriptor cannot be fetched: 3, or 2
 * @param chain CHAINADDR is misaligned, or the first descriptor cannot be fetched: 4
 * @param command CHANCMD is none that there is: 5
 * @param control reserved bits or an unknown operation: 10
 * @param length zero, or longer than XFERCAP: 11 as Linux names it, or 10 as DPDK does
 * @param completion CHANCMP is misaligned or cannot be reached: 12
 * @param busMaster a descriptor is to be fetched while bus mastering is off: 3 (assumed), or {@link #NO_PROGRESS}
 */
public record ErrorBits(
        int source,
        int destination,
        int nextAddress,
        int descriptor,
        int chain,
        int command,
        int control,
        int length,
        int completion,
        int busMaster) {
    /** Nothing happens, instead of an error. */
    public static final int NO_PROGRESS = -1;

    /** As Linux and FreeBSD name the bits. */
    public static final ErrorBits LINUX = new ErrorBits(8, 9, 2, 3, 4, 5, 10, 11, 12, 3);

    /** As DPDK reads them: addresses at bits 0 and 1, the length at bit 10. */
    public static final ErrorBits DPDK = new ErrorBits(0, 1, 2, 3, 4, 5, 10, 10, 12, 3);
}
