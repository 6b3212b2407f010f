package vhost.demo.internal;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import vhost.core.api.VhostEngines;
import vhost.core.api.VhostEngines.EngineView;

/**
 * The engines that take part, by kind.
 *
 * @param byKind the names of those of each kind that takes part; never an empty list
 */
record Contenders(Map<EngineKind, List<String>> byKind) {
    private static final long PATIENCE_SECONDS = 5;
    private static final long LOOK_MILLIS = 20;

    /**
     * Waits until there are engines of each kind.
     *
     * @throws IllegalStateException where some kind does not come in time
     */
    static Contenders await(final VhostEngines engines, final Set<EngineKind> kinds) {
        final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (true) {
            final Contenders now = among(engines.engines(), kinds);
            final Set<EngineKind> missing = EnumSet.copyOf(kinds);
            missing.removeAll(now.byKind.keySet());
            if (missing.isEmpty()) {
                return now;
            }
            if (System.nanoTime() - deadline > 0) {
                throw new IllegalStateException("no engine of " + missing + " came within " + PATIENCE_SECONDS
                        + " s; './vhost exec engines' in a running platform shows what there is");
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(LOOK_MILLIS));
        }
    }

    private static Contenders among(final List<EngineView> all, final Set<EngineKind> kinds) {
        final Map<EngineKind, List<String>> found = new EnumMap<>(EngineKind.class);
        for (final EngineKind kind : kinds) {
            final List<String> names = kind.namesIn(all);
            if (!names.isEmpty()) {
                found.put(kind, names);
            }
        }
        return new Contenders(found);
    }

    Set<EngineKind> kinds() {
        return byKind.keySet();
    }

    /** All of them, kind by kind. */
    List<String> names() {
        final List<String> names = new ArrayList<>();
        byKind.values().forEach(names::addAll);
        return names;
    }

    EngineKind kindOf(final String name) {
        return byKind.entrySet().stream()
                .filter(entry -> entry.getValue().contains(name))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("engine " + name + " takes no part"));
    }
}
