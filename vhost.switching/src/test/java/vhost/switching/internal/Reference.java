package vhost.switching.internal;

/** Checksums as the RFC's words say, one byte after the other. */
final class Reference {
    private Reference() {}

    /** The one's complement sum of big-endian words; an odd last byte is padded (RFC 1071). */
    static int sum(byte[] data, int from, int length) {
        long sum = 0;
        for (int i = 0; i < length; i++) {
            int octet = data[from + i] & 0xFF;
            sum += i % 2 == 0 ? octet << 8 : octet;
        }
        return fold(sum);
    }

    static int fold(long sum) {
        long folded = sum;
        while (folded > 0xFFFF) {
            folded = (folded & 0xFFFF) + (folded >>> 16);
        }
        return (int) folded;
    }

    /** The sum of the transport segment from {@code transport} to the end, with its pseudo header. */
    static int transportSum(byte[] data, int addresses, int addressBytes, int protocol, int transport) {
        int length = data.length - transport;
        return fold((long) sum(data, addresses, addressBytes) + protocol + length + sum(data, transport, length));
    }

    static int number(byte[] data, int at) {
        return (data[at] & 0xFF) << 8 | data[at + 1] & 0xFF;
    }

    static void putNumber(byte[] data, int at, int value) {
        data[at] = (byte) (value >>> 8);
        data[at + 1] = (byte) value;
    }

    static int word(byte[] data, int at) {
        return number(data, at) << 16 | number(data, at + 2);
    }

    static void putWord(byte[] data, int at, int value) {
        putNumber(data, at, value >>> 16);
        putNumber(data, at + 2, value);
    }
}
