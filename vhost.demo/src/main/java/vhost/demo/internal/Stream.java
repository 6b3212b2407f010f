package vhost.demo.internal;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import linux.Memory;
import vhost.frontend.QueuePair;
import vhost.frontend.ReceivedPackets;

/**
 * Numbered, checksummed packets from one front-end to another. One thread.
 *
 * <pre>
 *  0     6     12     14         22        26      30
 *  | dst | src | type | sequence | CRC32C  | zero  | bytes that differ from packet to packet …
 * </pre>
 *
 * <p>The checksum covers the whole packet, its own field taken as zero. No more packets are under way than the receiver has
 * buffers for, so that nothing has a reason to be lost.
 */
final class Stream implements AutoCloseable {
    /** Shortest packet that holds the fields. */
    static final int MIN_BYTES = 60;

    private static final int BURST = 32;
    private static final int SEQUENCE = 14;
    private static final int CHECKSUM = 22;
    private static final int PATTERN = 30;
    private static final int MAX_BYTES = 9216;
    private static final short ETHER_TYPE_LOCAL_EXPERIMENT = (short) 0x88B5;

    private final QueuePair from;
    private final QueuePair to;
    private final byte[] header;
    private final int buffers;

    private final Arena arena = Arena.ofShared();
    private final ByteBuffer[] outgoing = new ByteBuffer[BURST];
    private final long[] addresses = new long[BURST];
    private final int[] lengths = new int[BURST];
    private final MemorySegment incoming = arena.allocate(MAX_BYTES, 64);
    private final ByteBuffer incomingBytes = incoming.asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    private final ReceivedPackets received;
    private final CRC32C crc = new CRC32C();

    private long sent;
    private long expected;
    private long lost;
    private long reordered;
    private long damaged;
    private long bytes;

    /** @param buffers how many receive buffers of {@code bufferBytes} the receiver has */
    Stream(final QueuePair from, final QueuePair to, final byte[] source, final byte[] destination, final int buffers) {
        this.from = from;
        this.to = to;
        this.buffers = buffers;
        this.received = to.newReceivedPackets(BURST);
        this.header = new byte[SEQUENCE];
        System.arraycopy(destination, 0, header, 0, 6);
        System.arraycopy(source, 0, header, 6, 6);
        header[12] = (byte) (ETHER_TYPE_LOCAL_EXPERIMENT >>> 8);
        header[13] = (byte) ETHER_TYPE_LOCAL_EXPERIMENT;
        for (int i = 0; i < BURST; i++) {
            final MemorySegment packet = arena.allocate(MAX_BYTES, 64);
            for (int at = 0; at < MAX_BYTES; at++) {
                packet.set(ValueLayout.JAVA_BYTE, at, (byte) (at * 31 + i));
            }
            addresses[i] = packet.address();
            outgoing[i] = packet.asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        }
    }

    /** Sends a burst of {@code length} bytes a packet where the window allows it. Returns how many. */
    int send(final int length, final int bufferBytes) {
        final int each = (length + 12 + bufferBytes - 1) / bufferBytes;
        final long window = Math.max(1, buffers / each / 2);
        final int count = (int) Math.min(BURST, window - (sent - expected));
        if (count <= 0) {
            from.reclaim();
            return 0;
        }
        for (int i = 0; i < count; i++) {
            prepare(i, sent + i, length);
        }
        final int taken = from.sendBurst(addresses, lengths, null, 0, count);
        sent += taken;
        bytes += (long) taken * length;
        return taken;
    }

    private void prepare(final int slot, final long sequence, final int length) {
        final ByteBuffer packet = outgoing[slot];
        packet.put(0, header);
        packet.putLong(SEQUENCE, sequence);
        packet.putInt(CHECKSUM, 0);
        packet.putInt(CHECKSUM + 4, 0);
        packet.putLong(length - 8 > PATTERN ? length - 8 : PATTERN, sequence * 0x9E3779B97F4A7C15L);
        packet.putInt(CHECKSUM, checksum(packet, length));
        lengths[slot] = length;
    }

    private int checksum(final ByteBuffer packet, final int length) {
        crc.reset();
        crc.update(packet.position(0).limit(length));
        packet.clear();
        return (int) crc.getValue();
    }

    /** Checks what has arrived. Returns how many packets. */
    int receive() {
        final int count = to.receiveBurst(received, BURST);
        for (int i = 0; i < count; i++) {
            check(i);
        }
        return count;
    }

    private void check(final int index) {
        final int length = received.length(index);
        if (length < MIN_BYTES || length > MAX_BYTES) {
            damaged++;
            expected++;
            return;
        }
        received.copy(index, incoming.address());
        if (Memory.getShort(incoming.address() + 12) != Short.reverseBytes(ETHER_TYPE_LOCAL_EXPERIMENT)) {
            return; // not ours: the switch floods what others send
        }
        final int claimed = incomingBytes.getInt(CHECKSUM);
        final long sequence = incomingBytes.getLong(SEQUENCE);
        incomingBytes.putInt(CHECKSUM, 0);
        if (checksum(incomingBytes, length) != claimed) {
            damaged++;
            expected++;
        } else if (sequence == expected) {
            expected++;
        } else if (sequence > expected) {
            lost += sequence - expected;
            expected = sequence + 1;
        } else {
            reordered++;
        }
    }

    /** Everything that is still out has had its time: it is lost. */
    void settle() {
        lost += sent - expected;
        expected = sent;
    }

    long sent() {
        return sent;
    }

    long underWay() {
        return sent - expected;
    }

    long lost() {
        return Math.max(0, lost - reordered); // one that comes late was taken for lost first
    }

    long reordered() {
        return reordered;
    }

    long damaged() {
        return damaged;
    }

    long bytes() {
        return bytes;
    }

    @Override
    public void close() {
        arena.close();
    }
}
