package vhost.demo.internal;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import vhost.core.api.VhostEngines;
import vhost.core.api.VhostEngines.Swap;

/**
 * What each engine did, from what the core tells of each change of a queue: exact, since the engine before tells what it made
 * through its channel when that is empty. One thread.
 */
final class EngineAccounts {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(3);
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private final VhostEngines engines;
    private final Map<String, EngineAccount> accounts = new HashMap<>();
    private long read;
    private long untold;

    /** Everything from now on counts. */
    EngineAccounts(final VhostEngines engines) {
        this.engines = engines;
        this.read = engines.swapCount();
    }

    /** Reads what has changed since the last time. No queue has an engine now; waits until the last channel is empty. */
    void collect() {
        final long count = engines.swapCount();
        final long deadline = System.nanoTime() + PATIENCE_NANOS;
        List<Swap> news = news(count);
        while (!news.stream().allMatch(EngineAccounts::isTold) && System.nanoTime() - deadline < 0) {
            LockSupport.parkNanos(LOOK_NANOS);
            news = news(count);
        }
        untold += count - read - news.size(); // forgotten already
        for (final Swap swap : news) {
            add(swap);
        }
        read = count;
    }

    private List<Swap> news(final long until) {
        return engines.swaps((int) (engines.swapCount() - read)).stream()
                .filter(swap -> swap.number() > read && swap.number() <= until)
                .toList();
    }

    private void add(final Swap swap) {
        if (!isTold(swap)) {
            untold++;
        }
        if (isChange(swap)) {
            if (!swap.fromEngine().equals(VhostEngines.BUILTIN)) {
                of(swap.fromEngine()).left(swap);
            }
            if (!swap.toEngine().equals(VhostEngines.BUILTIN)) {
                of(swap.toEngine()).came();
            }
        }
    }

    /** Else only the threshold was changed, and the channel stays. */
    private static boolean isChange(final Swap swap) {
        return !swap.fromEngine().equals(swap.toEngine());
    }

    private static boolean isTold(final Swap swap) {
        return swap.drainMicros() >= 0 || !isChange(swap) || swap.fromEngine().equals(VhostEngines.BUILTIN);
    }

    /** What the engine of that name did. */
    EngineAccount of(final String engine) {
        return accounts.computeIfAbsent(engine, name -> new EngineAccount());
    }

    /** Changes of which it is not known what the engine before did. */
    long untold() {
        return untold;
    }
}
