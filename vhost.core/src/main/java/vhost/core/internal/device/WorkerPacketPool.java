package vhost.core.internal.device;

import dma.api.MemoryRegion;
import linux.Linux;
import linux.LinuxException;
import vhost.core.api.Packet;
import vhost.core.api.PacketPool;

/**
 * The packets of one worker, in one anonymous mapping, last in first out, so that the warmest buffer comes back first.
 *
 * <p>Both strides are an odd number of cache lines away from a power of two: packets do not fall on the same cache sets. Pages
 * that were never used cost nothing.
 */
final class WorkerPacketPool implements PacketPool {
    private static final int SMALL_DATA = 2048;
    private static final int SMALL_STRIDE = Packet.DATA + SMALL_DATA;
    private static final int LARGE_STRIDE = Packet.DATA + ((Packet.MAX_DATA_BYTES + 63) & -64) + 64;

    private static final int SMALL_PACKETS = 8192;
    private static final int LARGE_PACKETS = 1024;
    private static final long SMALL = 0;
    private static final long LARGE = 1;

    private final MemoryRegion memory;
    private final long[] small = new long[SMALL_PACKETS];
    private final long[] large = new long[LARGE_PACKETS];
    private int smallFree;
    private int largeFree;

    WorkerPacketPool() throws LinuxException {
        final long bytes = (long) SMALL_PACKETS * SMALL_STRIDE + (long) LARGE_PACKETS * LARGE_STRIDE;
        final long length = (bytes + 4095) & -4096L;
        final long base = Linux.mmap(
                length,
                Linux.PROT_READ | Linux.PROT_WRITE,
                Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS | Linux.MAP_NORESERVE,
                -1,
                0);
        memory = new MemoryRegion(base, length);
        long at = base + (long) SMALL_PACKETS * SMALL_STRIDE;
        for (int i = 0; i < LARGE_PACKETS; i++) {
            large[LARGE_PACKETS - 1 - i] = at + (long) i * LARGE_STRIDE;
        }
        at = base;
        for (int i = 0; i < SMALL_PACKETS; i++) {
            small[SMALL_PACKETS - 1 - i] = at + (long) i * SMALL_STRIDE;
        }
        smallFree = SMALL_PACKETS;
        largeFree = LARGE_PACKETS;
    }

    /** Where all packets lie, for engines that must be told. */
    MemoryRegion memory() {
        return memory;
    }

    @Override
    public long take(final int bytes) {
        if (bytes <= SMALL_DATA && smallFree != 0) {
            final long packet = small[--smallFree];
            Packet.init(packet, SMALL_DATA, SMALL);
            return packet;
        }
        return takeLarge(bytes);
    }

    private long takeLarge(final int bytes) {
        if (largeFree == 0 || bytes > Packet.MAX_DATA_BYTES || bytes <= SMALL_DATA) {
            return NONE;
        }
        final long packet = large[--largeFree];
        Packet.init(packet, Packet.MAX_DATA_BYTES, LARGE);
        return packet;
    }

    @Override
    public void free(final long packet) {
        if (Packet.owner(packet) == SMALL) {
            small[smallFree++] = packet;
        } else {
            large[largeFree++] = packet;
        }
    }

    @Override
    public void freeBurst(final long[] packets, final int from, final int count) {
        for (int i = from + count - 1; i >= from; i--) {
            free(packets[i]);
        }
    }

    @Override
    public int inUse() {
        return SMALL_PACKETS - smallFree + LARGE_PACKETS - largeFree;
    }

    /** Gives the memory back. No packet may be used any more. */
    void close() throws LinuxException {
        Linux.munmap(memory.address(), memory.length());
    }
}
