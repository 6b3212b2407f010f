package dma.model.internal.dsa;

/** What goes wrong on purpose; each is a key of the configuration {@code dma.model.dsa}, read by {@link Injection#parse}. */
public enum DsaFault {
    /** A copy ends after {@code at} bytes because a page is absent; {@code times} in a row as it is resumed. */
    PAGE("fault.page"),
    /** As {@link #PAGE}, and the page request was answered by no. */
    RESPONSE("fault.response"),
    /** A descriptor ends with status {@code code}; it did nothing. */
    ERROR("fault.error"),
    /** A shared queue refuses a descriptor, {@code times} in a row. */
    FULL("fault.full"),
    /** A queue starts no further descriptor for {@code millis}. */
    HANG("fault.hang"),
    /** The device halts: all that it has and gets is lost, for {@code millis}. */
    HALT("fault.halt"),
    /** A copy is made once more, {@code millis} after it was made: a write that no hardware makes. */
    LATE("fault.late"),
    /** A batch's list cannot be read from member {@code at} on. */
    LIST("fault.list");

    private final String key;

    DsaFault(final String key) {
        this.key = key;
    }

    /** Such as {@code fault.page}. */
    public String key() {
        return key;
    }
}
