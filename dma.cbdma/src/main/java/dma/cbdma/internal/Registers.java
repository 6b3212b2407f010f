package dma.cbdma.internal;

import dma.cbdma.device.RegisterSpace;

/**
 * The registers of a CBDMA function and of its first channel: Linux {@code drivers/dma/ioat/registers.h}.
 *
 * <pre>
 *  0x00  8 CHANCNT   0x01 8 XFERCAP   0x08 8 CBVER    0x10 32 DMACAP
 *  0x80 16 CHANCTRL  0x84 8 CHANCMD   0x86 16 DMACOUNT   0x88 64 CHANSTS
 *  0x90 64 CHAINADDR 0x98 64 CHANCMP  0xA8 32 CHANERR
 * </pre>
 *
 * <p>Allocates nothing. A write is a release, a read an acquire; see {@link RegisterSpace}.
 */
final class Registers {
    // CHANSTS bits 2..0, and of the word that the device writes on completion.
    static final int ACTIVE = 0;
    static final int IDLE = 1;
    static final int SUSPENDED = 2;
    static final int HALTED = 3;
    static final int ARMED = 4;
    static final long STATE = 7;

    /** Of that word: address of the last descriptor that was completed. */
    static final long ADDRESS = ~0x3FL;

    /** What a bus reads that nobody answers on. */
    static final int ABSENT = -1;

    private static final int CHANCNT = 0x00;
    private static final int XFERCAP = 0x01;
    private static final int CBVER = 0x08;
    private static final int CHANCTRL = 0x80;
    private static final int CHANCMD = 0x84;
    private static final int DMACOUNT = 0x86;
    private static final int CHANSTS = 0x88;
    private static final int CHAINADDR = 0x90;
    private static final int CHANCMP = 0x98;
    private static final int CHANERR = 0xA8;

    private static final int CHANCTRL_IN_USE = 0x0100;

    /** ANY_ERR_ABORT_EN and ERR_COMPLETION_EN: an error halts the channel, and the completion word says so. */
    private static final int CHANCTRL_RUN = 0x000C;

    private static final int CHANCMD_RESET = 0x20;
    private static final int CHANCMD_SUSPEND = 0x04;

    private static final int LEAST_XFERCAP = 12;

    /** The size field of a descriptor has 32 bits, and 0 means none. */
    private static final int MOST_XFERCAP = 31;

    private final RegisterSpace space;

    Registers(final RegisterSpace space) {
        this.space = space;
    }

    /** Major in bits 7..4, minor in 3..0. */
    int version() {
        return space.read8(CBVER);
    }

    int channels() {
        return space.read8(CHANCNT) & 0x1F;
    }

    /** Most bytes of a descriptor; 0 where the function names a size that cannot be. */
    long maxTransfer() {
        final int exponent = space.read8(XFERCAP) & 0x1F;
        if (exponent == 0) {
            return 1L << MOST_XFERCAP; // 4 GiB
        }
        return exponent < LEAST_XFERCAP ? 0 : 1L << Math.min(exponent, MOST_XFERCAP);
    }

    /** Takes the channel from whoever had it before: firmware, or a driver that ended badly. */
    void claim() {
        if ((space.read16(CHANCTRL) & CHANCTRL_IN_USE) != 0) {
            space.write16(CHANCTRL, 0);
        }
    }

    /** All of CHANSTS. */
    long status() {
        return space.read64(CHANSTS);
    }

    /** The state in CHANSTS; 7 where nobody answers. */
    int state() {
        return (int) (status() & STATE);
    }

    int error() {
        return space.read32(CHANERR);
    }

    /** Clears the bits of {@code error}. */
    void clearError(final int error) {
        space.write32(CHANERR, error);
    }

    void suspend() {
        space.write8(CHANCMD, CHANCMD_SUSPEND);
    }

    void reset() {
        space.write8(CHANCMD, CHANCMD_RESET);
    }

    boolean isResetting() {
        return (space.read8(CHANCMD) & CHANCMD_RESET) != 0;
    }

    /** The first descriptor; counts of {@link #publish} begin there. Low half first: Linux found one store of 64 bits unreliable. */
    void chain(final long iova) {
        space.write32(CHAINADDR, (int) iova);
        space.write32(CHAINADDR + 4, (int) (iova >>> 32));
    }

    /** Has errors halt the channel, and completions written to {@code iova}. */
    void run(final long iova) {
        space.write32(CHANCMP, (int) iova);
        space.write32(CHANCMP + 4, (int) (iova >>> 32));
        space.write16(CHANCTRL, CHANCTRL_RUN);
    }

    /** The doorbell: how many descriptors were published since {@link #chain}, of which the device has the low 16 bits. */
    void publish(final long count) {
        space.write16(DMACOUNT, (int) (count & 0xFFFF));
    }
}
