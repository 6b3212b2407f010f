package vhost.demo.internal;

import java.util.Map;
import java.util.TreeMap;
import vhost.core.api.VhostEngines.Swap;

/** What one engine did. */
final class EngineAccount {
    private final Map<String, Long> copiesByQueue = new TreeMap<>();
    private long bytes;
    private long changes;
    private long failures;

    /** A queue came to the engine. */
    void came() {
        changes++;
    }

    /** A queue left the engine, and its channel is empty. */
    void left(final Swap swap) {
        if (swap.copies() != 0) {
            copiesByQueue.merge(swap.queue(), swap.copies(), Long::sum);
        }
        bytes += swap.bytes();
        failures += swap.redone() + (swap.failure().isEmpty() ? 0 : 1);
    }

    /** Whether it made copies for that queue. */
    boolean served(final String queue) {
        return copiesByQueue.containsKey(queue);
    }

    /** Queues that it made copies for. */
    int queues() {
        return copiesByQueue.size();
    }

    long copies() {
        return copiesByQueue.values().stream().mapToLong(Long::longValue).sum();
    }

    long bytes() {
        return bytes;
    }

    /** How often a queue was given to it. */
    long changes() {
        return changes;
    }

    /** Copies that it failed at, and how often it was not believed any more. */
    long failures() {
        return failures;
    }
}
