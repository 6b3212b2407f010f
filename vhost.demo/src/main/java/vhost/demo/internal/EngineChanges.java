package vhost.demo.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;
import vhost.core.api.VhostEngines;
import vhost.core.api.VhostException;

/**
 * What happens to the engines while one size crosses: one change after the other, each on a thread of its own, so that the
 * traffic goes on meanwhile. Each change, once made, has the same time. Called by the thread of the traffic.
 */
final class EngineChanges {
    /** Copies of so many bytes and more are the engine's. */
    static final int THRESHOLD = 512;

    private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
    private static final String ALL = "demo-*";

    private final VhostEngines engines;
    private final List<String> queues;
    private final List<Step> steps = new ArrayList<>();
    private int current = -1;
    private Thread thread;
    private volatile Exception failure;
    private volatile long madeNanos;

    private interface Change {
        void make() throws VhostException, BundleException;
    }

    /** A change and what holds from then on, for people. */
    private record Step(String text, Change change) {}

    /**
     * Plans them.
     *
     * @param bundle of the engines of the processor
     * @param queues the names of all queues
     * @param round a queue has another engine of a kind in each round, where there are several
     */
    EngineChanges(
            final VhostEngines engines,
            final Bundle bundle,
            final Contenders contenders,
            final List<String> queues,
            final int round) {
        this.engines = engines;
        this.queues = queues;
        final List<String> cpu = contenders.byKind().get(EngineKind.CPU);
        final String last = cpu.getLast();
        for (final String engine : cpu.subList(0, cpu.size() - 1)) {
            steps.add(new Step(engine, () -> engines.assign(ALL, engine, THRESHOLD)));
        }
        contenders.byKind().forEach((kind, names) -> {
            if (kind.isModel()) {
                steps.add(new Step(text(kind, names), () -> spread(names, round)));
            }
        });
        steps.add(new Step(last, () -> engines.assign(ALL, last, THRESHOLD)));
        steps.add(new Step("engines' bundle stopped", () -> bundle.stop(Bundle.STOP_TRANSIENT)));
        steps.add(new Step(last, bundle::start));
        steps.add(new Step(last + ", threshold learned", () -> engines.threshold(ALL, VhostEngines.AUTO)));
    }

    private static String text(final EngineKind kind, final List<String> names) {
        return names.size() == 1 ? kind.toString() : kind + ", " + names.size() + " work queues";
    }

    private void spread(final List<String> names, final int round) throws VhostException {
        for (int i = 0; i < queues.size(); i++) {
            engines.assign(queues.get(i), names.get((i + round) % names.size()), THRESHOLD);
        }
    }

    /** Makes the next change when the last one has had its time. Returns {@code false} when that was the last of all. */
    boolean proceed() {
        if (thread != null && (thread.isAlive() || failure == null && System.nanoTime() - madeNanos < STEP_NANOS)) {
            return true;
        }
        join();
        if (current == steps.size() - 1) {
            return false;
        }
        current++;
        final Change change = steps.get(current).change();
        thread = Thread.ofPlatform().name("vhost-demo-engines").start(() -> make(change));
        return true;
    }

    /** How much of it is over, 0 to 1. */
    double done() {
        return (double) current / steps.size();
    }

    /** What holds now, for people. */
    String now() {
        return steps.get(current).text();
    }

    /** Takes all queues from their engines, so that what those did is known. */
    void end() throws VhostException {
        join();
        takeAll(engines);
    }

    /** Leaves all queues without an engine. */
    static void takeAll(final VhostEngines engines) throws VhostException {
        engines.assign(ALL, VhostEngines.BUILTIN, THRESHOLD);
    }

    private void make(final Change change) {
        try {
            change.make();
        } catch (VhostException | BundleException e) {
            failure = e;
        }
        madeNanos = System.nanoTime();
    }

    private void join() {
        if (thread == null) {
            return;
        }
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (failure != null) {
            throw new IllegalStateException("engines could not be changed: " + failure.getMessage(), failure);
        }
    }
}
