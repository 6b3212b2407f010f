package vhost.core.internal.device;

import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which queue tries an engine that was out, and when all may have it again. {@link Breaker} says when, this says who; it
 * changes no queue itself. Guarded by the registry's lock.
 */
final class Probation {
    /** What one queue had done by then. */
    private static final class Seen {
        /** Packets when it was last looked at for a trial. */
        long packets;

        /** Copies by engines when its trial began. */
        long copies;
    }

    /**
     * What follows from a look at an engine.
     *
     * @param line for people, or null
     * @param queues that may have got another right to the engine
     * @param why for the log of swaps
     */
    record Step(String line, Collection<VhostQueueImpl> queues, String why) {}

    private final Map<VhostQueueImpl, Seen> seen = new HashMap<>();

    /** An engine that these queues wish for is out: what they send from now on counts. */
    void out(final Collection<VhostQueueImpl> wishers) {
        wishers.forEach(queue -> seen(queue).packets = queue.counters().packets());
    }

    /** The queue is no more. */
    void forget(final VhostQueueImpl queue) {
        seen.remove(queue);
    }

    /** Looks at an engine for which these queues wish. Returns null where all stays as it is. */
    Step look(final Offer offer, final List<VhostQueueImpl> wishers) {
        final Breaker breaker = offer.breaker();
        if (breaker.isDue()) {
            return tryOn(offer, wishers, nextTrial(wishers, null));
        }
        if (!breaker.isOnProbation()) {
            return null;
        }
        final VhostQueueImpl trial = trial(offer, wishers);
        if (trial == null) {
            return tryOn(offer, wishers, nextTrial(wishers, null));
        }
        if (breaker.proves(trial.counters().engineCopies() - seen(trial).copies)) {
            return new Step("engine " + offer.name() + " works again", wishers, "engine works again");
        }
        return breaker.isTrialOver() ? tryOn(offer, wishers, nextTrial(wishers, trial)) : null;
    }

    /** The queue that tries it now, or null. */
    private static VhostQueueImpl trial(final Offer offer, final List<VhostQueueImpl> wishers) {
        return wishers.stream()
                .filter(queue -> queue.name().equals(offer.breaker().trial()))
                .findFirst()
                .orElse(null);
    }

    /** The queue with most traffic since it was last looked at, another one than {@code before} where one has some. */
    private VhostQueueImpl nextTrial(final List<VhostQueueImpl> wishers, final VhostQueueImpl before) {
        final Map<VhostQueueImpl, Long> traffic = new HashMap<>();
        for (final VhostQueueImpl queue : wishers) {
            final Seen last = seen(queue);
            final long packets = queue.counters().packets();
            traffic.put(queue, queue == before ? 0 : packets - last.packets);
            last.packets = packets;
        }
        final VhostQueueImpl busiest =
                wishers.stream().max(Comparator.comparing(traffic::get)).orElse(null);
        return busiest != null && traffic.get(busiest) == 0 && before != null ? before : busiest;
    }

    private Step tryOn(final Offer offer, final List<VhostQueueImpl> wishers, final VhostQueueImpl next) {
        final Breaker breaker = offer.breaker();
        final String line = breaker.isOnProbation()
                ? null
                : "engine " + offer.name() + " is tried again" + (next == null ? "" : " on " + next.name());
        final Set<VhostQueueImpl> changed = new LinkedHashSet<>();
        final VhostQueueImpl before = trial(offer, wishers);
        if (before != null) {
            changed.add(before);
        }
        breaker.tryOn(next == null ? "" : next.name());
        if (next != null) {
            seen(next).copies = next.counters().engineCopies();
            changed.add(next);
        }
        return new Step(line, changed, "probation");
    }

    private Seen seen(final VhostQueueImpl queue) {
        return seen.computeIfAbsent(queue, added -> new Seen());
    }
}
