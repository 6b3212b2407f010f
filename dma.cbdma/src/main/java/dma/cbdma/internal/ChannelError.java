package dma.cbdma.internal;

import dma.api.CopyStatus;
import java.util.Locale;
import java.util.StringJoiner;

/**
 * The bits of CHANERR, each with its name and what becomes of the copy that met it: Linux {@code
 * drivers/dma/ioat/registers.h}. DPDK has another name for two of them: it takes bit 8 for a descriptor that could not be read,
 * and bit 10 for a bad length; so the raw value is told as well, and 10 and 11 count as a bad length.
 */
enum ChannelError {
    SOURCE_ADDRESS(CopyStatus.UNREACHABLE),
    DESTINATION_ADDRESS(CopyStatus.UNREACHABLE),
    NEXT_DESCRIPTOR_ADDRESS(CopyStatus.FAILED),
    DESCRIPTOR(CopyStatus.FAILED),
    CHAIN_ADDRESS(CopyStatus.FAILED),
    CHANNEL_COMMAND(CopyStatus.FAILED),
    CHIPSET_UNCORRECTABLE(CopyStatus.HALTED),
    DMA_UNCORRECTABLE(CopyStatus.HALTED),
    READ_DATA(CopyStatus.UNREACHABLE),
    WRITE_DATA(CopyStatus.UNREACHABLE),
    DESCRIPTOR_CONTROL(CopyStatus.REFUSED),
    DESCRIPTOR_LENGTH(CopyStatus.REFUSED),
    /** Nothing would be heard of later copies either. */
    COMPLETION_ADDRESS(CopyStatus.HALTED),
    INTERRUPT_CONFIGURATION(CopyStatus.FAILED),
    EXTENDED_DESCRIPTOR_ADDRESS(CopyStatus.FAILED),
    UNAFFILIATED(CopyStatus.FAILED),
    CRC_OR_XOR_P(CopyStatus.FAILED),
    XOR_Q(CopyStatus.FAILED),
    DESCRIPTOR_COUNT(CopyStatus.FAILED),
    DIF_ALL_F(CopyStatus.FAILED),
    DIF_GUARD(CopyStatus.FAILED),
    DIF_APPLICATION_TAG(CopyStatus.FAILED),
    DIF_REFERENCE_TAG(CopyStatus.FAILED),
    BUNDLE(CopyStatus.FAILED),
    DIF_RESULT_ALL_F(CopyStatus.FAILED),
    DIF_RESULT_GUARD(CopyStatus.FAILED),
    DIF_RESULT_APPLICATION_TAG(CopyStatus.FAILED),
    DIF_RESULT_REFERENCE_TAG(CopyStatus.FAILED),
    RESERVED_28(CopyStatus.FAILED),
    RESERVED_29(CopyStatus.FAILED),
    RESERVED_30(CopyStatus.FAILED),
    RESERVED_31(CopyStatus.FAILED);

    private static final ChannelError[] ALL = values();
    private static final int FATAL = fatal();

    private final int outcome;

    ChannelError(final int outcome) {
        this.outcome = outcome;
    }

    private static int fatal() {
        int bits = 0;
        for (final ChannelError each : ALL) {
            bits |= each.outcome == CopyStatus.HALTED ? 1 << each.ordinal() : 0;
        }
        return bits;
    }

    /** Whether the channel is not to be started again. All ones is a device that has gone. Allocates nothing. */
    static boolean isFatal(final int raw) {
        return (raw & FATAL) != 0;
    }

    /** What becomes of the copy that the channel halted at; the lowest bit decides. Allocates nothing. */
    static int outcome(final int raw) {
        return raw == 0 ? CopyStatus.FAILED : ALL[Integer.numberOfTrailingZeros(raw)].outcome;
    }

    /** For people: the raw value, and names. */
    static String names(final int raw) {
        if (raw == Registers.ABSENT) {
            return "0xffffffff, the device does not answer";
        }
        final StringJoiner names = new StringJoiner(", ");
        for (final ChannelError each : ALL) {
            if ((raw & 1 << each.ordinal()) != 0) {
                names.add(each.name().toLowerCase(Locale.ROOT).replace('_', ' '));
            }
        }
        return "0x" + Integer.toHexString(raw) + (raw == 0 ? "" : " (" + names + ")");
    }
}
