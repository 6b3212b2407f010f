package vhost.core.api;

import org.osgi.annotation.versioning.ProviderType;

/**
 * Packet memory of one worker. Its thread only.
 *
 * <p>A packet is a {@code long}, the address of its buffer, read and written through {@link Packet}. Two sizes: most packets
 * fit the small one, segmentation offloads need the large one.
 */
@ProviderType
public interface PacketPool {
    /** No packet. */
    long NONE = 0L;

    /**
     * Takes a packet with room for {@code bytes} of data, at most {@link Packet#MAX_DATA_BYTES}. Its length and offloads are
     * not cleared.
     *
     * @return the packet, or {@link #NONE} where the pool is empty
     */
    long take(int bytes);

    /** Gives a packet back. It must be one of this pool's, and not be free already. */
    void free(long packet);

    /** Gives back {@code packets[from]} to {@code packets[from + count - 1]}. */
    void freeBurst(long[] packets, int from, int count);

    /** How many packets of both sizes are taken. */
    int inUse();
}
