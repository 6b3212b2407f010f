package vhost.switching.internal;

import linux.Memory;

/**
 * The Internet checksum (RFC 1071), over memory by address.
 *
 * <p>Sums are of 16-bit words as this machine reads them, low byte first. That is the sum of the words in network order with
 * its bytes swapped (RFC 1071, 2 (B)), so the folded result is stored as it is, and a number from the code has to be
 * swapped before it is added.
 */
final class Checksum {
    private static final int STEP = 32;

    private Checksum() {}

    /** Adds {@code length} bytes, up to 2<sup>24</sup>; an odd last one counts as if a zero followed. */
    static long add(final long start, final long address, final int length) {
        long even = start;
        long odd = 0;
        long at = address;
        final long steps = address + (length & -STEP);
        for (; at < steps; at += STEP) {
            final long a = Memory.getLong(at);
            final long b = Memory.getLong(at + 8);
            final long c = Memory.getLong(at + 16);
            final long d = Memory.getLong(at + 24);
            even += (a & 0xFFFF_FFFFL) + (a >>> 32) + (b & 0xFFFF_FFFFL) + (b >>> 32);
            odd += (c & 0xFFFF_FFFFL) + (c >>> 32) + (d & 0xFFFF_FFFFL) + (d >>> 32);
        }
        final long end = address + length;
        for (; at + 4 <= end; at += 4) {
            even += Memory.getInt(at) & 0xFFFF_FFFFL;
        }
        if (at + 2 <= end) {
            odd += Memory.getShort(at) & 0xFFFF;
            at += 2;
        }
        if (at < end) {
            odd += Memory.getByte(at) & 0xFF;
        }
        return even + odd;
    }

    /** Adds a 16-bit number of the code's. */
    static long addNumber(final long sum, final int value) {
        return sum + swap(value);
    }

    /** The sum folded to 16 bits and complemented, to be stored as it is. */
    static int complete(final long sum) {
        long folded = (sum & 0xFFFF_FFFFL) + (sum >>> 32);
        folded = (folded & 0xFFFF) + (folded >>> 16);
        folded = (folded & 0xFFFF) + (folded >>> 16);
        folded = (folded & 0xFFFF) + (folded >>> 16);
        return (int) ~folded & 0xFFFF;
    }

    /** The two bytes of a 16-bit number exchanged. */
    static int swap(final int value) {
        return (value & 0xFF) << 8 | (value >>> 8) & 0xFF;
    }
}
