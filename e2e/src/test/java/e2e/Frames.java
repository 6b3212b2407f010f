package e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import linux.Memory;
import vhost.frontend.QueuePair;
import vhost.frontend.ReceivedPackets;
import vhost.frontend.VhostFrontend;

/**
 * A sequence of Ethernet frames of which every byte follows from a seed and the frame's number: one of each length from
 * the shortest to the longest, in turn. Sent by one queue pair and expected, in order and unharmed, at another.
 */
final class Frames implements AutoCloseable {
    /** Without the checksum that no virtio device sees. */
    static final int SHORTEST = 60;

    private static final int BURST = 32;
    private static final int MAC = 6;
    /** Words are written and compared: the last one reaches over the end. */
    private static final int WORD = 8;

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Arena arena = Arena.ofShared();
    private final long seed;
    private final int shortest;
    private final int longest;
    private final boolean swapped;
    private final MemorySegment expected;
    private final MemorySegment got;
    private final MemorySegment[] outgoing = new MemorySegment[BURST];
    private final long[] addresses = new long[BURST];
    private final int[] lengths = new int[BURST];
    private long sent;
    private long received;

    /**
     * @param longest bytes
     * @param swapped whether source and destination address are expected to come back exchanged
     */
    Frames(final long seed, final int longest, final boolean swapped) {
        this(seed, SHORTEST, longest, swapped);
    }

    private Frames(final long seed, final int shortest, final int longest, final boolean swapped) {
        this.seed = seed;
        this.shortest = shortest;
        this.longest = longest;
        this.swapped = swapped;
        expected = arena.allocate(longest + WORD, WORD);
        got = arena.allocate(longest + WORD, WORD);
        for (int i = 0; i < BURST; i++) {
            outgoing[i] = arena.allocate(longest + WORD, WORD);
            addresses[i] = outgoing[i].address();
        }
    }

    /** How many it takes to have each length once. */
    int cycle() {
        return longest - shortest + 1;
    }

    /** Sends {@code count} frames over the first pair of a device that gets back what it sends. */
    static void loop(final VhostFrontend frontend, final int longest, final int count) {
        loop(frontend, SHORTEST, longest, count);
    }

    /** As {@link #loop(VhostFrontend, int, int)}, with frames that are not short. */
    static void loop(final VhostFrontend frontend, final int shortest, final int longest, final int count) {
        try (Frames frames = new Frames(frontend.hashCode(), shortest, longest, true)) {
            frames.carry(frontend.queuePair(0), frontend.queuePair(0), count);
        }
    }

    /** Sends {@code count} more frames and receives and checks them. */
    void carry(final QueuePair from, final QueuePair to, final long count) {
        final ReceivedPackets packets = to.newReceivedPackets(BURST);
        final long end = sent + count;
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (received < end) {
            final int moved = send(from, end) + receive(to, packets);
            if (moved > 0) {
                deadline = System.nanoTime() + PATIENCE.toNanos();
            } else if (System.nanoTime() > deadline) {
                fail(
                        "stuck after %d frames sent and %d received: %s, %s",
                        sent, received, from.counters(), to.counters());
            } else {
                Thread.yield();
            }
        }
        to.release();
    }

    private int send(final QueuePair pair, final long end) {
        final int count = (int) Math.min(BURST, end - sent);
        for (int i = 0; i < count; i++) {
            lengths[i] = length(sent + i);
            write(outgoing[i], sent + i);
        }
        final int taken = pair.sendBurst(addresses, lengths, null, 0, count);
        sent += taken;
        return taken;
    }

    private int receive(final QueuePair pair, final ReceivedPackets packets) {
        final int count = pair.receiveBurst(packets, BURST);
        for (int i = 0; i < count; i++) {
            check(packets, i);
        }
        return count;
    }

    private void check(final ReceivedPackets packets, final int i) {
        final int length = length(received);
        assertThat(packets.length(i)).as("length of frame %d", received).isEqualTo(length);
        write(expected, received);
        if (swapped) {
            final byte[] addressesOfBoth = expected.asSlice(0, 2 * MAC).toArray(ValueLayout.JAVA_BYTE);
            MemorySegment.copy(addressesOfBoth, 0, expected, ValueLayout.JAVA_BYTE, MAC, MAC);
            MemorySegment.copy(addressesOfBoth, MAC, expected, ValueLayout.JAVA_BYTE, 0, MAC);
        }
        packets.copy(i, got.address());
        final long different =
                Memory.segment(expected.address(), length).mismatch(Memory.segment(got.address(), length));
        assertThat(different)
                .as("first byte of frame %d, which has %d bytes, that differs", received, length)
                .isEqualTo(-1);
        received++;
    }

    private int length(final long number) {
        return shortest + (int) (number % cycle());
    }

    private void write(final MemorySegment frame, final long number) {
        long word = seed + number * 0x9E3779B97F4A7C15L;
        for (int offset = 0; offset < length(number); offset += WORD) {
            // A step of SplitMix64's sequence: no two words alike, none like that of the frame before.
            word += 0x9E3779B97F4A7C15L;
            long mixed = (word ^ word >>> 30) * 0xBF58476D1CE4E5B9L;
            mixed = (mixed ^ mixed >>> 27) * 0x94D049BB133111EBL;
            frame.set(ValueLayout.JAVA_LONG, offset, mixed ^ mixed >>> 31);
        }
        // Two stations with addresses of nobody, and an EtherType for experiments.
        frame.set(ValueLayout.JAVA_BYTE, 0, (byte) 2);
        frame.set(ValueLayout.JAVA_BYTE, MAC, (byte) 2);
        frame.set(ValueLayout.JAVA_BYTE, 2 * MAC, (byte) 0x88);
        frame.set(ValueLayout.JAVA_BYTE, 2 * MAC + 1, (byte) 0xB5);
    }

    @Override
    public void close() {
        arena.close();
    }
}
