package com.acme.dma;

import dma.api.DmaEngine;
import dma.api.DmaException;
import dma.api.DmaLimits;
import dma.api.DmaOps;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;

/**
 * Copies in stripes: a long copy is cut in two, and two threads, the lanes, make one half each. A short one is made by one of
 * them alone, in turn.
 */
@Component(
        service = DmaEngine.class,
        property = {
            DmaEngine.NAME + "=acme-stripes",
            DmaEngine.TYPE + "=acme",
            DmaEngine.BACKING + "=software",
            DmaEngine.NUMA_NODE + ":Integer=-1"
        })
public final class StripingEngine implements DmaEngine, AutoCloseable {
    static final int LANES = 2;
    private static final int MAX_IN_FLIGHT = 128;

    /** A lane looks for an abort between two copies only, so none may take long. */
    private static final long MAX_COPY_BYTES = 4 << 20;

    private static final DmaLimits LIMITS = new DmaLimits(MAX_COPY_BYTES, MAX_IN_FLIGHT, 1, true, false);

    private final List<StripingChannel> channels = new CopyOnWriteArrayList<>();
    private final Lane[] lanes = new Lane[LANES];

    @Activate
    public StripingEngine() {
        for (int i = 0; i < LANES; i++) {
            lanes[i] = new Lane(i, channels);
            lanes[i].start();
        }
    }

    @Override
    public DmaLimits limits() {
        return LIMITS;
    }

    @Override
    public DmaOps open(final String owner) throws DmaException {
        if (hasEnded()) {
            throw new DmaException("acme-stripes has been stopped; deploy it again, or take another engine");
        }
        final StripingChannel channel = new StripingChannel(this, MAX_IN_FLIGHT);
        channels.add(channel);
        return channel;
    }

    void remove(final StripingChannel channel) {
        channels.remove(channel);
    }

    /** Something is to be done. Allocates nothing and takes no lock. */
    void wake() {
        for (final Lane lane : lanes) {
            lane.wake();
        }
    }

    /** Whether a lane has come to its end, and so makes no more copies; all of them do at the same time. */
    boolean hasEnded() {
        for (final Lane lane : lanes) {
            if (lane.isEnding()) {
                return true;
            }
        }
        return false;
    }

    /** The service is gone, and the platform has closed its channels; whoever has not can still abort. */
    @Override
    @Deactivate
    public void close() {
        for (final Lane lane : lanes) {
            lane.end();
        }
    }

    /** Whether lane {@code index} can no longer touch any memory. */
    boolean hasLeft(final int index) {
        return !lanes[index].isAlive();
    }
}
