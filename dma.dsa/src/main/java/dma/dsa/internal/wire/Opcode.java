package dma.dsa.internal.wire;

/** Operations of the device ({@code enum dsa_opcode}). This driver asks for NOOP, BATCH and MEMMOVE. */
public enum Opcode {
    NOOP(0x00),
    BATCH(0x01),
    DRAIN(0x02),
    MEMMOVE(0x03),
    MEMFILL(0x04),
    COMPARE(0x05),
    COMPVAL(0x06),
    CR_DELTA(0x07),
    AP_DELTA(0x08),
    DUALCAST(0x09),
    CRCGEN(0x10),
    COPY_CRC(0x11),
    DIF_CHECK(0x12),
    DIF_INS(0x13),
    DIF_STRP(0x14),
    DIF_UPDT(0x15),
    CFLUSH(0x20);

    private final int code;

    Opcode(final int code) {
        this.code = code;
    }

    /** Its number, and its bit in {@code op_cap} and {@code op_config}. */
    public int code() {
        return code;
    }
}
