package dma.model.internal.dsa;

/** What a completion record says, {@code enum dsa_completion_status} of {@code linux/idxd.h}. */
final class Status {
    static final int NONE = 0;
    static final int SUCCESS = 0x01;
    static final int SUCCESS_PREDICATE = 0x02;
    static final int PAGE_FAULT = 0x03;
    static final int INVALID_RESPONSE = 0x04;
    static final int BATCH_FAILURE = 0x05;
    static final int BATCH_PAGE_FAULT = 0x06;
    static final int UNSUPPORTED_OPCODE = 0x10;
    static final int INVALID_FLAGS = 0x11;
    static final int RESERVED_FIELD = 0x12;
    static final int TRANSFER_SIZE = 0x13;
    static final int DESCRIPTOR_COUNT = 0x14;
    static final int OVERLAP = 0x16;
    static final int LIST_MISALIGNED = 0x18;
    static final int INTERRUPT_HANDLE = 0x19;
    static final int COMPLETION_TRANSLATION = 0x1a;
    static final int COMPLETION_MISALIGNED = 0x1b;
    static final int PRIVILEGE = 0x1d;
    static final int HARDWARE_ERROR = 0x20;

    /** With a page fault: the access that failed was a write. */
    static final int WRITE = 0x80;

    private Status() {}
}
