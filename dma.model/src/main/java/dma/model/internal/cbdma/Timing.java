package dma.model.internal.cbdma;

/**
 * How long a channel takes. A descriptor ends one service time after the one before it, and no sooner than the latency plus
 * its transfer after the doorbell that published it. The model is never faster than that; it is slower where the processor
 * that makes the copies is.
 *
 * @param published whether it counts; without it descriptors end as soon as the model's thread has made them
 * @param latencyNanos doorbell to completion of an idle channel, without the transfer
 * @param floorNanos the least time between two completions
 * @param bytesPerMicro bandwidth of a channel, bytes a microsecond, that is MB/s
 */
public record Timing(boolean published, long latencyNanos, long floorNanos, long bytesPerMicro) {
    /**
     * No figure of these parts could be verified in a public source; so all three are ASSUMED: 1.5 us of latency (sweep 1 to
     * 3), 0.15 us a descriptor, 6 GB/s a channel (sweep 3 to 12).
     */
    public static final Timing PUBLISHED = new Timing(true, 1500, 150, 6000);

    public static final Timing NONE = new Timing(false, 0, 0, 1);

    public Timing {
        if (latencyNanos < 0 || floorNanos < 0 || bytesPerMicro < 1) {
            throw new IllegalArgumentException("dma.model.cbdma: timing out of range: latency " + latencyNanos
                    + " ns, floor " + floorNanos + " ns, bandwidth " + bytesPerMicro + " MB/s");
        }
    }

    /** When a descriptor ends; nanoseconds of {@link System#nanoTime}. */
    long due(final long doorbell, final long previous, final long bytes) {
        final long transfer = bytes * 1000 / bytesPerMicro;
        final long alone = doorbell + latencyNanos + transfer;
        final long behind = previous + Math.max(floorNanos, transfer);
        return behind - alone > 0 ? behind : alone;
    }
}
