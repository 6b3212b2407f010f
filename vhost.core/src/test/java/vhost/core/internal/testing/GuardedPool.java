package vhost.core.internal.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dma.api.MemoryRegion;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import linux.Memory;
import vhost.core.api.Packet;
import vhost.core.api.PacketPool;

/** Packets between guard bytes; a test may be called when one is taken. */
public final class GuardedPool implements PacketPool {
    private static final int GUARD = 64;
    private static final long PAGE = 4096;
    private static final byte PATTERN = 0x5A;
    private static final byte[] INTACT = new byte[GUARD];
    private static final int STRIDE = Packet.DATA + Packet.MAX_DATA_BYTES + GUARD + 63 & -64;

    static {
        Arrays.fill(INTACT, PATTERN);
    }

    private final MemorySegment memory;
    private final long[] stack;
    private int free;
    private int made;
    private Runnable onTake = () -> {};

    public GuardedPool(final Arena arena, final int packets) {
        memory = arena.allocate((long) STRIDE * packets, 64);
        stack = new long[packets];
    }

    /** The pages that the packets are in. */
    public MemoryRegion region() {
        final long first = memory.address() & -PAGE;
        return new MemoryRegion(first, (memory.address() + memory.byteSize() + PAGE - 1 & -PAGE) - first);
    }

    /** Runs each time before a packet is handed out. */
    public void onTake(final Runnable action) {
        onTake = action;
    }

    @Override
    public long take(final int bytes) {
        onTake.run();
        return free != 0 ? stack[--free] : made < stack.length ? make() : NONE;
    }

    private long make() {
        final long packet = memory.address() + (long) STRIDE * made++;
        Memory.fill(packet, STRIDE, PATTERN);
        Packet.init(packet, Packet.MAX_DATA_BYTES, 0);
        Packet.setLength(packet, 0);
        return packet;
    }

    /** Fails where bytes behind the data were written. */
    public static void assertGuarded(final long packet) {
        final MemorySegment guard = Memory.segment(Packet.data(packet) + Packet.length(packet), GUARD);
        assertThat(guard.mismatch(MemorySegment.ofArray(INTACT)))
                .as("bytes behind a packet of %d", Packet.length(packet))
                .isEqualTo(-1);
    }

    @Override
    public void free(final long packet) {
        Memory.fill(Packet.data(packet), Packet.length(packet), PATTERN);
        stack[free++] = packet;
    }

    @Override
    public void freeBurst(final long[] packets, final int from, final int count) {
        for (int i = from + count - 1; i >= from; i--) {
            free(packets[i]);
        }
    }

    @Override
    public int inUse() {
        return made - free;
    }
}
