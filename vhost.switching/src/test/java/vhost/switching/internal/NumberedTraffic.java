package vhost.switching.internal;

import linux.Memory;
import vhost.core.api.Packet;
import vhost.core.api.PacketPool;

/** Sends numbered packets without allocating. */
final class NumberedTraffic implements FakeQueue.Generator {
    private final long destination;
    private final long source;
    private final long limit;
    private volatile long sent;

    NumberedTraffic(String destination, String source, long limit) {
        this.destination = Frame.mac(destination);
        this.source = Frame.mac(source);
        this.limit = limit;
    }

    static long number(long packet) {
        return Memory.getLong(Packet.data(packet) + 16);
    }

    @Override
    public int fill(PacketPool pool, long[] burst, int max) {
        int made = 0;
        long number = sent;
        while (made < max && number < limit) {
            long packet = pool.take(64);
            if (packet == PacketPool.NONE) {
                break;
            }
            Packet.setLength(packet, 64);
            Packet.clearOffloads(packet);
            Ethernet.setAddresses(Packet.data(packet), destination, source);
            Memory.putLong(Packet.data(packet) + 16, number++);
            burst[made++] = packet;
        }
        sent = number;
        return made;
    }

    @Override
    public boolean hasMore() {
        return sent < limit;
    }

    /** Expects the packets of one sender in order. */
    static final class InOrder implements FakeQueue.Sink {
        private final long source;
        volatile long next;
        volatile String error;

        InOrder(String source) {
            this.source = Frame.mac(source);
        }

        @Override
        public void packet(long packet) {
            if (Ethernet.source(Packet.data(packet)) != source) {
                return;
            }
            if (number(packet) != next) {
                error = "expected " + next + ", got " + number(packet);
            }
            next = number(packet) + 1;
        }
    }
}
