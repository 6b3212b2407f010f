package dma.model.internal.cbdma;

/** What is counted for each channel. */
public enum Counter {
    /** Writes of DMACOUNT that the channel took. */
    DOORBELLS,
    /** Descriptors completed. */
    DESCRIPTORS,
    /** Bytes copied or filled. */
    BYTES,
    /** Completion words written to memory. */
    WRITEBACKS,
    /** Halts of any cause but a reset. */
    HALTS,
    /** Resets that ended. */
    RESETS,
    /** Faults injected. */
    INJECTED,
    /** Late writes that landed. */
    LATE
}
