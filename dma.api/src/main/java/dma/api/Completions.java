package dma.api;

/**
 * The outcomes of consecutive copies, in submission order: an engine appends, the core reads. Allocates nothing after
 * construction. One thread at a time.
 */
public final class Completions {
    private final byte[] statuses;
    private int count;
    private int failures;

    /** Room for {@code capacity} outcomes. */
    public Completions(final int capacity) {
        statuses = new byte[capacity];
    }

    /** Forgets all outcomes. The core calls it before it asks. */
    public void clear() {
        count = 0;
        failures = 0;
    }

    /** How many more fit. */
    public int room() {
        return statuses.length - count;
    }

    /** Appends {@code copies} successes; no more than {@link #room()}. */
    public void succeeded(final int copies) {
        for (int i = 0; i < copies; i++) {
            statuses[count + i] = CopyStatus.OK;
        }
        count += copies;
    }

    /** Appends one failure with a negative {@link CopyStatus}. */
    public void failed(final int status) {
        statuses[count++] = (byte) Math.max(status, Byte.MIN_VALUE);
        failures++;
    }

    /** How many were appended. */
    public int count() {
        return count;
    }

    /** How many of them are not {@link CopyStatus#OK}. */
    public int failures() {
        return failures;
    }

    /** The outcome of the {@code index}-th. */
    public int status(final int index) {
        return statuses[index];
    }
}
