package bench.internal;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import linux.Memory;

/**
 * What packets hold: a stamp of window and number, then bytes that differ from packet to packet.
 *
 * <pre>
 *  0        8
 *  | stamp  | a piece of the pattern …
 * </pre>
 */
final class Payload implements AutoCloseable {
    private static final int STAMP_BYTES = 8;
    private static final int SHIFTS = 4096;
    private static final int SHIFT = 61;
    private static final byte POISON = (byte) 0xA5;

    private final Arena arena = Arena.ofShared();
    private final long pattern;
    private final long scratch;

    Payload() {
        final byte[] bytes = new byte[SHIFTS + Load.MAX_BYTES];
        new Random(1).nextBytes(bytes);
        final MemorySegment segment = arena.allocate(bytes.length, 64);
        segment.copyFrom(MemorySegment.ofArray(bytes));
        pattern = segment.address();
        scratch = arena.allocate(Load.MAX_BYTES, 64).address();
    }

    /** Room for a packet that is to be checked. */
    long scratch() {
        return scratch;
    }

    private long piece(final int packet) {
        return pattern + (packet * SHIFT & SHIFTS - 1);
    }

    /** Everything but the stamp. */
    void write(final long data, final int length, final int packet) {
        Memory.copy(piece(packet), data + STAMP_BYTES, length - STAMP_BYTES);
    }

    static void stamp(final long data, final int window, final int packet) {
        Memory.putLong(data, stampOf(window, packet));
    }

    private static long stampOf(final int window, final int packet) {
        return (long) window << 32 | packet;
    }

    /** Throws where the data is not that of the packet. */
    void check(final long data, final int length, final int window, final int packet) {
        final long stamp = Memory.getLong(data);
        if (stamp != stampOf(window, packet)) {
            throw new IllegalStateException("packet " + packet + " of window " + window + " is packet " + (int) stamp
                    + " of window " + (stamp >>> 32));
        }
        final long differs = Memory.segment(data + STAMP_BYTES, length - STAMP_BYTES)
                .mismatch(Memory.segment(piece(packet), length - STAMP_BYTES));
        if (differs >= 0) {
            throw new IllegalStateException("packet " + packet + " of window " + window + ", " + length
                    + " bytes, is damaged at byte " + (STAMP_BYTES + differs) + ": "
                    + Memory.ALL.get(ValueLayout.JAVA_BYTE, data + STAMP_BYTES + differs));
        }
    }

    /** Overwrites, so that a copy that is not made the next time is found out. */
    static void poison(final long data, final int length) {
        Memory.fill(data, length, POISON);
    }

    @Override
    public void close() {
        arena.close();
    }
}
