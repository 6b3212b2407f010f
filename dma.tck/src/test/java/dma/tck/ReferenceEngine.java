package dma.tck;

import dma.api.DmaEngine;
import dma.api.DmaException;
import dma.api.DmaLimits;
import dma.api.DmaOps;
import java.util.concurrent.atomic.AtomicInteger;

/** A good engine in the fewest lines: what faults are seeded into. */
class ReferenceEngine implements DmaEngine, AutoCloseable {
    static final int CHANNELS = 32;

    /** Less than a batch of the kit, so that it is met within one. */
    static final int MAX_IN_FLIGHT = 40;

    private final DmaLimits limits;
    private final AtomicInteger channels = new AtomicInteger();
    private volatile boolean closed;

    ReferenceEngine(final DmaLimits limits) {
        this.limits = limits;
    }

    /** Of any address and, within {@code maxCopyBytes}, any length. */
    static DmaLimits limits(final boolean offloads, final boolean needsMapping) {
        return new DmaLimits(1 << 20, MAX_IN_FLIGHT, 1, offloads, needsMapping);
    }

    @Override
    public DmaLimits limits() {
        return limits;
    }

    @Override
    public DmaOps open(final String owner) throws DmaException {
        if (closed) {
            throw new DmaException("reference: it has been stopped; start it again");
        }
        if (channels.incrementAndGet() > CHANNELS) {
            channels.decrementAndGet();
            throw new DmaException("reference: all " + CHANNELS + " channels are taken; close one");
        }
        return channel();
    }

    /** Where a fault is put in. */
    ReferenceChannel channel() {
        return new ReferenceChannel(this);
    }

    void release() {
        channels.decrementAndGet();
    }

    /** Opens no more channels; those that are open go on. */
    @Override
    public void close() {
        closed = true;
    }
}
