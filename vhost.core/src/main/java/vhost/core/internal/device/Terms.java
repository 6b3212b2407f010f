package vhost.core.internal.device;

import vhost.core.api.VhostEngines;
import vhost.core.internal.async.CopyChannel.Overflow;

/**
 * What a queue is to be served by.
 *
 * @param offer null where the core copies itself
 */
record Terms(Offer offer, int threshold, Overflow overflow, int deadlineMillis) {
    Terms withoutEngine() {
        return new Terms(null, threshold, overflow, deadlineMillis);
    }

    String engine() {
        return offer == null ? VhostEngines.BUILTIN : offer.name();
    }

    /** Whether the channel for {@code other} is as good as a new one. */
    boolean isServedAsBy(final Terms other) {
        return offer != null
                && offer == other.offer
                && overflow == other.overflow
                && deadlineMillis == other.deadlineMillis;
    }

    boolean equalsInEffect(final Terms other) {
        return other != null
                && offer == other.offer
                && threshold == other.threshold
                && (offer == null || isServedAsBy(other));
    }
}
