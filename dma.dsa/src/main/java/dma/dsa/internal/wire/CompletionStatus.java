package dma.dsa.internal.wire;

import java.util.Arrays;

/** How an operation can end ({@code enum dsa_completion_status}), and what the driver makes of it for a copy. */
public enum CompletionStatus {
    NONE(0x00, Action.WAIT),
    SUCCESS(0x01, Action.DONE),
    /** Of a comparison. */
    SUCCESS_PRED(0x02, Action.FAIL),
    PAGE_FAULT_NOBOF(0x03, Action.RESUME),
    /** The system answered the device's request for a page with: invalid. */
    PAGE_FAULT_IR(0x04, Action.RESUME),
    /** Of a batch, as {@link #BATCH_PAGE_FAULT}: each of its members has a record of its own. */
    BATCH_FAIL(0x05, Action.FAIL),
    BATCH_PAGE_FAULT(0x06, Action.FAIL),
    DR_OFFSET_NOINC(0x07, Action.FAIL),
    DR_OFFSET_ERANGE(0x08, Action.FAIL),
    DIF_ERR(0x09, Action.FAIL),
    BAD_OPCODE(0x10, Action.REFUSE),
    INVALID_FLAGS(0x11, Action.REFUSE),
    NOZERO_RESERVE(0x12, Action.REFUSE),
    XFER_ERANGE(0x13, Action.REFUSE),
    DESC_CNT_ERANGE(0x14, Action.REFUSE),
    DR_ERANGE(0x15, Action.REFUSE),
    /** The device cannot copy between ranges that overlap; the processor can. */
    OVERLAP_BUFFERS(0x16, Action.FINISH),
    DCAST_ERR(0x17, Action.REFUSE),
    DESCLIST_ALIGN(0x18, Action.REFUSE),
    INT_HANDLE_INVAL(0x19, Action.REFUSE),
    /** The record could not be written when it was to be: the operation was not made. */
    CRA_XLAT(0x1a, Action.RESUBMIT),
    CRA_ALIGN(0x1b, Action.REFUSE),
    ADDR_ALIGN(0x1c, Action.REFUSE),
    PRIV_BAD(0x1d, Action.REFUSE),
    TRAFFIC_CLASS_CONF(0x1e, Action.REFUSE),
    PFAULT_RDBA(0x1f, Action.RESUBMIT),
    HW_ERR1(0x20, Action.FAIL),
    HW_ERR_DRB(0x21, Action.FAIL),
    TRANSLATION_FAIL(0x22, Action.UNREACHABLE),
    /** Any other code. */
    UNKNOWN(-1, Action.FAIL);

    /** What becomes of a copy that ended so. */
    public enum Action {
        /** It is under way. */
        WAIT,
        /** It was made. */
        DONE,
        /** Its pages are made present, and the device makes the rest; after too many times, the processor. */
        RESUME,
        /** The device is asked again for all of it; after too many times, the processor. */
        RESUBMIT,
        /** The processor makes all of it. */
        FINISH,
        /** Reported as failed. */
        FAIL,
        /** Reported as refused: the descriptor was not to the device's liking. */
        REFUSE,
        /** Reported as unreachable. */
        UNREACHABLE
    }

    private static final CompletionStatus[] BY_CODE = new CompletionStatus[CompletionRecord.STATUS_MASK + 1];

    static {
        Arrays.fill(BY_CODE, UNKNOWN);
        for (final CompletionStatus status : values()) {
            if (status != UNKNOWN) {
                BY_CODE[status.code] = status;
            }
        }
    }

    private final int code;
    private final Action action;

    CompletionStatus(final int code, final Action action) {
        this.code = code;
        this.action = action;
    }

    /** By the code of a completion record, 0 to 127. Allocates nothing. */
    public static CompletionStatus of(final int code) {
        return BY_CODE[code];
    }

    public int code() {
        return code;
    }

    public Action action() {
        return action;
    }
}
