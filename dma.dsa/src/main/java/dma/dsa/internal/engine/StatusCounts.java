package dma.dsa.internal.engine;

import dma.dsa.internal.wire.CompletionStatus;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.EnumMap;
import java.util.Map;

/** How the descriptors of a channel ended, and what was made of it. Written by the channel's owner, read by anyone. */
final class StatusCounts {
    private static final VarHandle COUNT = MethodHandles.arrayElementVarHandle(long[].class);
    private static final int STATUSES = CompletionStatus.values().length;
    private static final int BATCHES = STATUSES;
    private static final int RESUBMITTED = STATUSES + 1;
    private static final int FINISHED = STATUSES + 2;
    private static final int HEADS = STATUSES + 3;

    private final long[] counts = new long[STATUSES + 4];

    /** Descriptors that ended with {@code status}; copies, but for the heads of batches that failed. */
    void add(final CompletionStatus status, final int descriptors) {
        add(status.ordinal(), descriptors);
    }

    void addBatch() {
        add(BATCHES, 1);
    }

    void addResubmitted() {
        add(RESUBMITTED, 1);
    }

    void addFinished() {
        add(FINISHED, 1);
    }

    void addHeads(final int heads) {
        add(HEADS, heads);
    }

    private void add(final int index, final long more) {
        COUNT.setOpaque(counts, index, counts[index] + more);
    }

    /** Adds all of {@code others}; control path. */
    void add(final StatusCounts others) {
        for (int i = 0; i < counts.length; i++) {
            add(i, (long) COUNT.getOpaque(others.counts, i));
        }
    }

    long of(final CompletionStatus status) {
        return (long) COUNT.getOpaque(counts, status.ordinal());
    }

    long batches() {
        return (long) COUNT.getOpaque(counts, BATCHES);
    }

    long resubmitted() {
        return (long) COUNT.getOpaque(counts, RESUBMITTED);
    }

    /** Copies whose rest the processor made. */
    long finished() {
        return (long) COUNT.getOpaque(counts, FINISHED);
    }

    /** Copies whose destination the processor has aligned. */
    long heads() {
        return (long) COUNT.getOpaque(counts, HEADS);
    }

    /** Those statuses that have happened. */
    Map<CompletionStatus, Long> all() {
        final Map<CompletionStatus, Long> all = new EnumMap<>(CompletionStatus.class);
        for (final CompletionStatus status : CompletionStatus.values()) {
            if (of(status) != 0) {
                all.put(status, of(status));
            }
        }
        return all;
    }

    /** Whether a descriptor ended other than with success. */
    boolean hasFailures() {
        return all().keySet().stream().anyMatch(status -> status != CompletionStatus.SUCCESS);
    }

    /** One line. */
    @Override
    public String toString() {
        final StringBuilder line = new StringBuilder(
                "copies made " + of(CompletionStatus.SUCCESS) + ", batches " + batches() + ", aligned by the processor "
                        + heads() + ", resubmitted " + resubmitted() + ", finished by the processor " + finished());
        all().forEach((status, count) -> {
            if (status != CompletionStatus.SUCCESS) {
                line.append(", ").append(status).append(' ').append(count);
            }
        });
        return line.toString();
    }
}
