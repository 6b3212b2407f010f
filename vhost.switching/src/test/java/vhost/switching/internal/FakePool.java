package vhost.switching.internal;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import linux.Memory;
import vhost.core.api.Packet;
import vhost.core.api.PacketPool;

/** A pool over native memory that lets nobody free twice, or from another thread than the first that used it. */
final class FakePool implements PacketPool {
    static final int SMALL = 2048;

    /** In the reserved part of a packet: how many queues have it in flight. */
    private static final long LENT = 24;

    private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();

    /** Many rigs are made; their memory goes with them. */
    private final Arena arena = Arena.ofAuto();

    private final long[] small;
    private final long[] large;
    private final boolean[] taken;
    private int smallFree;
    private int largeFree;
    private Thread user;

    FakePool(int smallPackets, int largePackets) {
        small = new long[smallPackets];
        large = new long[largePackets];
        taken = new boolean[smallPackets + largePackets];
        for (int i = 0; i < smallPackets; i++) {
            small[smallFree++] = make(SMALL, i);
        }
        for (int i = 0; i < largePackets; i++) {
            large[largeFree++] = make(Packet.MAX_DATA_BYTES, smallPackets + i);
        }
    }

    private long make(int capacity, int number) {
        long packet = arena.allocate(Packet.DATA + capacity, Packet.DATA).address();
        Packet.init(packet, capacity, number);
        return packet;
    }

    /** Any worker. One more queue has the packet in flight. */
    static void lend(long packet) {
        int before = (int) INT.getAndAdd(Memory.ALL, packet + LENT, 1);
        if (before < 0) {
            throw new AssertionError("in flight " + before + " times");
        }
    }

    /** Any worker. */
    static void giveBack(long packet) {
        int before = (int) INT.getAndAdd(Memory.ALL, packet + LENT, -1);
        if (before <= 0) {
            throw new AssertionError("given back and not in flight");
        }
    }

    /** The next thread that uses the pool is the one that may. */
    void release() {
        user = null;
    }

    private void check() {
        if (user == null) {
            user = Thread.currentThread();
        } else if (user != Thread.currentThread()) {
            throw new AssertionError("pool of " + user + " used by " + Thread.currentThread());
        }
    }

    @Override
    public long take(int bytes) {
        check();
        long packet;
        if (bytes <= SMALL) {
            packet = smallFree > 0 ? small[--smallFree] : NONE;
        } else if (bytes <= Packet.MAX_DATA_BYTES) {
            packet = largeFree > 0 ? large[--largeFree] : NONE;
        } else {
            throw new AssertionError(bytes + " bytes fit no packet");
        }
        if (packet != NONE) {
            taken[(int) Packet.owner(packet)] = true;
        }
        return packet;
    }

    @Override
    public void free(long packet) {
        check();
        int number = (int) Packet.owner(packet);
        if (!taken[number]) {
            throw new AssertionError("freed twice: packet " + number);
        }
        if ((int) INT.getVolatile(Memory.ALL, packet + LENT) != 0) {
            throw new AssertionError("freed while a queue has it: packet " + number);
        }
        taken[number] = false;
        if (Packet.capacity(packet) == SMALL) {
            small[smallFree++] = packet;
        } else {
            large[largeFree++] = packet;
        }
    }

    @Override
    public void freeBurst(long[] packets, int from, int count) {
        for (int i = from; i < from + count; i++) {
            free(packets[i]);
        }
    }

    @Override
    public int inUse() {
        return taken.length - smallFree - largeFree;
    }
}
