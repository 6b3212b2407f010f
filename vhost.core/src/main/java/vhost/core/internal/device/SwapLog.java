package vhost.core.internal.device;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import vhost.core.api.VhostEngines.Swap;

/** What changed of the queues' engines and thresholds; the last {@link #REMEMBERED}. Any thread. */
final class SwapLog {
    static final int REMEMBERED = 256;

    private final Deque<Entry> entries = new ArrayDeque<>();
    private long count;

    /** One change. What its channel before did is told later. */
    static final class Entry {
        private final Swap begun;

        /** Written last and read first of what is told later: who sees it sees the rest. */
        private volatile long drainMicros = -1;

        private long copies;
        private long bytes;
        private long redone;
        private String failure = "";
        private boolean quarantined;

        private Entry(final Swap begun) {
            this.begun = begun;
        }

        /** The channel before is released; {@code whyFailed} is null where it did not fail. */
        void drained(
                final long nanos,
                final long copiesMade,
                final long bytesMade,
                final long redoneCopies,
                final String whyFailed,
                final boolean inQuarantine) {
            copies = copiesMade;
            bytes = bytesMade;
            redone = redoneCopies;
            failure = whyFailed == null ? "" : whyFailed;
            quarantined = inQuarantine;
            drainMicros = TimeUnit.NANOSECONDS.toMicros(Math.max(0, nanos));
        }

        private Swap view() {
            final long drained = drainMicros;
            final boolean told = drained >= 0;
            return new Swap(
                    begun.number(),
                    begun.at(),
                    begun.queue(),
                    begun.fromEngine(),
                    begun.fromThreshold(),
                    begun.toEngine(),
                    begun.toThreshold(),
                    begun.why(),
                    begun.useMicros(),
                    drained,
                    told ? copies : 0,
                    told ? bytes : 0,
                    told ? redone : 0,
                    told ? failure : "",
                    told && quarantined);
        }
    }

    /** Adds a change. */
    synchronized Entry add(
            final String queue,
            final String fromEngine,
            final int fromThreshold,
            final String toEngine,
            final int toThreshold,
            final String why,
            final long useNanos) {
        count++;
        final Entry entry = new Entry(new Swap(
                count,
                Instant.now(),
                queue,
                fromEngine,
                fromThreshold,
                toEngine,
                toThreshold,
                why,
                TimeUnit.NANOSECONDS.toMicros(useNanos),
                -1,
                0,
                0,
                0,
                "",
                false));
        entries.addFirst(entry);
        if (entries.size() > REMEMBERED) {
            entries.removeLast();
        }
        return entry;
    }

    /** The newest first. */
    synchronized List<Swap> last(final int max) {
        final List<Swap> views = new ArrayList<>();
        for (final Entry entry : entries) {
            if (views.size() >= max) {
                break;
            }
            views.add(entry.view());
        }
        return views;
    }

    /** All that there ever were. */
    synchronized long count() {
        return count;
    }
}
