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

    /** A packet's kind is told by where it lies: small ones come first. */
    private static final long NO_MARK = 0;

    private final MemoryRegion memory;
    private final long smallBase;
    private final long largeBase;
    private final long[] small = new long[SMALL_PACKETS];
    private final long[] large = new long[LARGE_PACKETS];
    private int smallFree;
    private int largeFree;

    /** Packets made so far: they are made when the first ones run out, so that unused pages are never touched. */
    private int smallMade;

    private int largeMade;
    private volatile boolean withheld;

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
        smallBase = base;
        largeBase = base + (long) SMALL_PACKETS * SMALL_STRIDE;
    }

    /** Where all packets lie, for engines that must be told. */
    MemoryRegion memory() {
        return memory;
    }

    @Override
    public long take(final int bytes) {
        return bytes <= SMALL_DATA && smallFree != 0 ? small[--smallFree] : takeOther(bytes);
    }

    private long takeOther(final int bytes) {
        if (bytes <= SMALL_DATA) {
            return smallMade == SMALL_PACKETS ? NONE : make(smallBase + (long) smallMade++ * SMALL_STRIDE, SMALL_DATA);
        }
        if (bytes > Packet.MAX_DATA_BYTES) {
            return NONE;
        }
        if (largeFree != 0) {
            return large[--largeFree];
        }
        return largeMade == LARGE_PACKETS
                ? NONE
                : make(largeBase + (long) largeMade++ * LARGE_STRIDE, Packet.MAX_DATA_BYTES);
    }

    private static long make(final long packet, final int capacity) {
        Packet.init(packet, capacity, NO_MARK);
        return packet;
    }

    @Override
    public void free(final long packet) {
        if (packet < largeBase) {
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
        return smallMade - smallFree + largeMade - largeFree;
    }

    /** The worker. An engine may write to packets for ever: this memory stays mapped. */
    void withhold() {
        withheld = true;
    }

    /** Gives the memory back. No packet may be used any more. */
    void close() throws LinuxException {
        if (withheld) {
            return;
        }
        Linux.munmap(memory.address(), memory.length());
    }
}
