package dma.model.internal.cbdma;

/**
 * The registers of BAR0 of a function with one channel: offset and width in bytes, and whether software may write. The channel
 * registers are at their absolute offset, 0x80 and on. Names are those of Linux' {@code drivers/dma/ioat/registers.h}.
 */
enum Register {
    CHANCNT(0x00, 1, false),
    XFERCAP(0x01, 1, false),
    GENCTRL(0x02, 1, true),
    INTRCTRL(0x03, 1, true),
    ATTNSTATUS(0x04, 4, false),
    CBVER(0x08, 1, false),
    PERPORTOFFSET(0x0A, 2, false),
    INTRDELAY(0x0C, 2, true),
    CS_STATUS(0x0E, 2, false),
    DMACAP(0x10, 4, false),
    DCAOFFSET(0x14, 2, false),
    CHANCTRL(0x80, 2, true),
    DMA_COMP(0x82, 2, false),
    CHANCMD(0x84, 1, true),
    DMACOUNT(0x86, 2, true),
    CHANSTS(0x88, 8, false),
    CHAINADDR(0x90, 8, true),
    CHANCMP(0x98, 8, true),
    CDAR(0xA0, 8, false),
    CHANERR(0xA8, 4, true),
    CHANERRMASK(0xAC, 4, true),
    DCACTRL(0xB0, 4, true),
    DRSCTL(0x136, 2, true),
    LTR_SWSEL(0x13C, 1, true),
    LTR_ACTIVE(0x140, 4, true),
    LTR_IDLE(0x144, 4, true);

    /** CHANCTRL: somebody uses the channel; write the completion word when the channel halts. */
    static final int IN_USE = 0x100;

    static final int ERR_COMPLETION_EN = 0x4;
    static final int INT_REARM = 0x1;

    /** CHANCMD. */
    static final int SUSPEND = 0x04;

    static final int ABORT = 0x08;
    static final int RESUME = 0x10;
    static final int RESET = 0x20;

    /** Bytes from the first register to behind the last one. */
    static final int SPACE = 0x148;

    private static final Register[] AT = new Register[SPACE];

    static {
        for (final Register each : values()) {
            AT[each.offset] = each;
            if (each.width == 8) {
                AT[each.offset + 4] = each;
            }
        }
    }

    final int offset;
    final int width;
    final boolean writable;

    Register(final int offset, final int width, final boolean writable) {
        this.offset = offset;
        this.width = width;
        this.writable = writable;
    }

    /** What is accessed by so many bytes at that offset: a whole register, or half of one of 64 bits; null where neither. */
    static Register accessed(final int offset, final int width) {
        if (offset < 0 || offset >= SPACE) {
            return null;
        }
        final Register register = AT[offset];
        if (register == null) {
            return null;
        }
        final boolean whole = offset == register.offset && width == register.width;
        return whole || width == 4 && register.width == 8 ? register : null;
    }
}
