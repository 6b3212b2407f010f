package vhost.core.internal.device;

import java.util.function.LongSupplier;

/** Bounds how many lines somebody else, such as a front-end or an engine, can make us log. Any thread. */
public final class LogLimit {
    private final int most;
    private final long intervalNanos;
    private final LongSupplier nanoClock;
    private long intervalStart;
    private int lines;
    private long withheld;

    /** Admits {@code most} lines in each interval. */
    public LogLimit(final int most, final long intervalNanos, final LongSupplier nanoClock) {
        this.most = most;
        this.intervalNanos = intervalNanos;
        this.nanoClock = nanoClock;
        intervalStart = nanoClock.getAsLong();
    }

    /** {@code line} as it is to be logged, with a count of those withheld before it; null where it is withheld itself. */
    public synchronized String admit(final String line) {
        final long now = nanoClock.getAsLong();
        if (now - intervalStart >= intervalNanos) {
            intervalStart = now;
            lines = 0;
        }
        if (lines == most) {
            withheld++;
            return null;
        }
        lines++;
        final String admitted = withheld == 0 ? line : line + " (" + withheld + " lines before it were left out)";
        withheld = 0;
        return admitted;
    }
}
