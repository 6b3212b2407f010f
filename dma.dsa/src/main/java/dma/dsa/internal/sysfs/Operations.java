package dma.dsa.internal.sysfs;

import dma.dsa.internal.wire.Opcode;

/**
 * Which operations a device or a queue makes: {@code op_cap}, {@code op_config}.
 *
 * @param bits of the opcodes 0 to 63
 */
public record Operations(long bits) {
    /** Of a kernel that does not say: all of the device's first version. */
    static final Operations UNKNOWN = new Operations(-1);

    private static final int DIGITS = 16;

    /**
     * Reads one of two forms: since Linux 6.0 groups of 32 bits, the most significant first, with commas; before that words of
     * 64 bits, each after 0x, the least significant first.
     */
    static Operations parse(final String text) {
        if (text.isEmpty()) {
            return UNKNOWN;
        }
        final String word = text.split("\\s+")[0].replace(",", "").replaceFirst("^0x", "");
        try {
            return new Operations(Long.parseUnsignedLong(word.substring(Math.max(0, word.length() - DIGITS)), 16));
        } catch (NumberFormatException e) {
            return UNKNOWN;
        }
    }

    public boolean allow(final Opcode opcode) {
        return (bits >>> opcode.code() & 1) != 0;
    }
}
