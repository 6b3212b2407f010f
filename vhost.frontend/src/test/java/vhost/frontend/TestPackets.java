package vhost.frontend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import linux.Memory;

/**
 * Packets whose every byte follows from a stream's number and a sequence number, sent and expected back with the MAC
 * addresses swapped.
 */
final class TestPackets implements AutoCloseable {
    static final int MIN = 60;
    private static final int BURST = 32;
    private static final int MAC = 6;

    private final Arena arena = Arena.ofShared();
    private final int stream;
    private final int maxBytes;
    private final MemorySegment expected;
    private final MemorySegment got;
    private final long[] addresses = new long[BURST];
    private final int[] lengths = new int[BURST];
    private long sent;
    private long received;

    TestPackets(final int stream, final int maxBytes) {
        this.stream = stream;
        this.maxBytes = maxBytes;
        expected = arena.allocate(maxBytes + 8L, 64);
        got = arena.allocate(maxBytes + 8L, 64);
        for (int i = 0; i < BURST; i++) {
            addresses[i] = arena.allocate(maxBytes + 8L, 64).address();
        }
    }

    long sent() {
        return sent;
    }

    long received() {
        return received;
    }

    /** Sends at most {@code count} of the packets to come. Returns how many were taken. */
    int send(final QueuePair pair, final long[] headers, final int count) {
        final int n = Math.min(count, BURST);
        for (int i = 0; i < n; i++) {
            lengths[i] = length(sent + i);
            write(Memory.segment(addresses[i], maxBytes + 8L), sent + i);
        }
        final int taken = pair.sendBurst(addresses, lengths, headers, 0, n);
        sent += taken;
        return taken;
    }

    /** Checks that packet {@code i} is the next one, unharmed but for the MAC addresses, which were swapped. */
    void check(final ReceivedPackets packets, final int i) {
        final int length = length(received);
        assertEquals(length, packets.length(i), () -> "length of packet " + received + " of stream " + stream);
        write(expected, received);
        final MemorySegment macs = expected.asSlice(0, 2 * MAC);
        final byte[] swapped = macs.toArray(ValueLayout.JAVA_BYTE);
        MemorySegment.copy(swapped, 0, macs, ValueLayout.JAVA_BYTE, MAC, MAC);
        MemorySegment.copy(swapped, MAC, macs, ValueLayout.JAVA_BYTE, 0, MAC);
        packets.copy(i, got.address());
        final long mismatch = expected.asSlice(0, length).mismatch(got.asSlice(0, length));
        assertTrue(
                mismatch < 0,
                () -> "packet " + received + " of stream " + stream + " differs at byte " + mismatch + " of " + length);
        received++;
    }

    private int length(final long sequence) {
        final int spread = maxBytes - MIN + 1;
        return sequence % 7 == 0 ? maxBytes : MIN + (int) Long.remainderUnsigned(mix(sequence), spread);
    }

    /** Ethernet header, then a pattern; up to 7 bytes more than the packet has. */
    private void write(final MemorySegment into, final long sequence) {
        final long seed = mix(sequence + ((long) stream << 32));
        for (int offset = 0; offset < length(sequence); offset += 8) {
            into.set(ValueLayout.JAVA_LONG_UNALIGNED, offset, mix(seed + offset));
        }
        into.set(ValueLayout.JAVA_BYTE, 0, (byte) 2);
        into.set(ValueLayout.JAVA_BYTE, MAC, (byte) 2);
        // an EtherType for local experiments
        into.set(ValueLayout.JAVA_BYTE, 2 * MAC, (byte) 0x88);
        into.set(ValueLayout.JAVA_BYTE, 2 * MAC + 1, (byte) 0xB5);
    }

    /** SplitMix64. */
    private static long mix(final long value) {
        long z = value * 0x9E3779B97F4A7C15L + 0x9E3779B97F4A7C15L;
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }

    @Override
    public void close() {
        arena.close();
    }
}
