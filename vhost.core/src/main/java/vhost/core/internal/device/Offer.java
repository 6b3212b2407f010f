package vhost.core.internal.device;

import dma.api.DmaEngine;
import dma.api.DmaLimits;

/**
 * An engine on offer.
 *
 * @param engine the service
 * @param name people assign queues by it
 * @param type see {@link DmaEngine#TYPE}
 * @param backing see {@link DmaEngine#BACKING}
 * @param numaNode or -1
 * @param bundle who offers it
 * @param limits what it stated when it came
 * @param breaker whether it is used
 */
record Offer(
        DmaEngine engine,
        String name,
        String type,
        String backing,
        int numaNode,
        String bundle,
        DmaLimits limits,
        Breaker breaker) {
    /** Two services are two offers, whatever they say of themselves. */
    @Override
    public boolean equals(final Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }
}
