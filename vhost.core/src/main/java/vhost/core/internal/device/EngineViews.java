package vhost.core.internal.device;

import java.util.ArrayList;
import java.util.List;
import vhost.core.api.VhostEngines;
import vhost.core.api.VhostEngines.EngineView;
import vhost.core.api.VhostEngines.SizeClass;
import vhost.core.api.VhostEngines.ThresholdReport;
import vhost.core.api.VhostEngines.Wish;
import vhost.core.internal.async.AutoThreshold;

/** What people are shown of engines and of the queues that they serve. */
final class EngineViews {
    private EngineViews() {}

    /** {@code served}: the queues it serves; {@code retiring}: how many of its channels drain. */
    static EngineView engine(final Offer offer, final List<String> served, final int retiring) {
        return new EngineView(
                offer.name(),
                offer.type(),
                offer.backing(),
                offer.numaNode(),
                offer.limits().maxCopyBytes(),
                offer.limits().maxInFlight(),
                offer.limits().offloads(),
                offer.bundle(),
                offer.breaker().toString(),
                served.size(),
                retiring,
                served);
    }

    /** {@code learned}: what the queue's owner reports, or null; {@code absence}: of the engine that is wished. */
    static ThresholdReport threshold(
            final VhostQueueImpl queue, final Wish wish, final String absence, final AutoThreshold.Report learned) {
        final List<SizeClass> sizes = new ArrayList<>();
        for (int i = 0; learned != null && i < AutoThreshold.CLASSES; i++) {
            if (learned.seen()[i] != 0) {
                final int from = i == 0 ? 1 : AutoThreshold.longest(i - 1) + 1;
                sizes.add(new SizeClass(
                        from,
                        learned.seen()[i],
                        learned.coreNanos()[i],
                        learned.engineNanos()[i],
                        from >= learned.threshold() ? queue.engine() : VhostEngines.BUILTIN));
            }
        }
        return new ThresholdReport(
                queue.name(),
                queue.engine(),
                learned == null ? queue.threshold() : learned.threshold(),
                wish.threshold() == VhostEngines.AUTO,
                sizes,
                "wished: engine " + wish.engine() + ", threshold " + VhostEngines.textOf(wish.threshold()) + " ("
                        + wish.why() + ")" + absence);
    }

    /**
     * Why the queue has not got the engine that is wished; empty where it has. {@code offer}: that engine, or null; {@code
     * refusal}: what the queue was refused last, or null.
     */
    static String absence(final VhostQueueImpl queue, final Wish wish, final Offer offer, final Refusal refusal) {
        if (wish.engine().equals(queue.engine())) {
            return "";
        }
        if (offer == null) {
            return "; that engine is not there";
        }
        if (!offer.breaker().isOk()) {
            return "; that engine is " + offer.breaker();
        }
        return refusal != null && refusal.offer() == offer
                ? "; it does not serve it: " + refusal.why()
                : "; the queue's owner has not answered";
    }
}
