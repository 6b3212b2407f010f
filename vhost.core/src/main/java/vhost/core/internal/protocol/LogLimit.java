package vhost.core.internal.protocol;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Bounds how many lines a front-end can make a port log. Port's thread only. */
final class LogLimit {
    static final int LINES = 10;
    static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final LongSupplier nanoClock;
    private long intervalStart;
    private int lines;
    private long withheld;

    LogLimit(final LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
        intervalStart = nanoClock.getAsLong();
    }

    /** {@code line} as it is to be logged, with a count of those withheld before it; null where it is withheld itself. */
    String admit(final String line) {
        final long now = nanoClock.getAsLong();
        if (now - intervalStart >= INTERVAL_NANOS) {
            intervalStart = now;
            lines = 0;
        }
        if (lines == LINES) {
            withheld++;
            return null;
        }
        lines++;
        final String admitted = withheld == 0 ? line : line + " (" + withheld + " lines before it were left out)";
        withheld = 0;
        return admitted;
    }
}
