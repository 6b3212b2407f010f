package dma.model.internal.dsa;

import dma.model.internal.timing.Draw;
import java.util.Arrays;
import java.util.List;

/**
 * When the engines of a device are free, in modelled time (nanoseconds, of the same origin as {@link System#nanoTime}). A
 * descriptor goes to the engine of its group that is free first; of several such, to one that is drawn. The bandwidth is
 * shared by the engines that are busy as a descriptor begins. The device's thread; a pure function of its inputs and of the
 * seed.
 */
final class EngineClock {
    private final DsaTiming timing;
    private final Draw draw;
    private final long[][] free;

    /** When an engine may begin the next descriptor of all. */
    private long deviceFree;

    EngineClock(final DsaTiming timing, final List<Integer> engines, final Draw draw, final long origin) {
        this.timing = timing;
        this.draw = draw;
        this.free = new long[engines.size()][];
        this.deviceFree = origin;
        for (int group = 0; group < free.length; group++) {
            free[group] = new long[engines.get(group)];
            Arrays.fill(free[group], origin);
        }
    }

    /** The engine of {@code group} that is free first. */
    int pick(final int group, final long now) {
        final long[] engines = free[group];
        int best = 0;
        int ties = 1;
        for (int i = 1; i < engines.length; i++) {
            final long difference = Math.max(engines[i], now) - Math.max(engines[best], now);
            if (difference < 0) {
                best = i;
                ties = 1;
            } else if (difference == 0 && draw.below(++ties) == 0) {
                best = i;
            }
        }
        return best;
    }

    /**
     * Lets an engine do a descriptor, not before {@code earliest}.
     *
     * @return when its record is written
     */
    long run(final int group, final int engine, final long earliest, final long bytes, final long destination) {
        final long[] engines = free[group];
        final long start = Math.max(Math.max(earliest, engines[engine]), deviceFree);
        deviceFree = start + timing.deviceFloor();
        engines[engine] = start;
        final long finish = start + timing.engineNanos(bytes, destination, busy(start) + 1);
        engines[engine] = finish;
        return finish + timing.pipelineNanos(bytes, destination);
    }

    private int busy(final long at) {
        int busy = 0;
        for (final long[] engines : free) {
            for (final long until : engines) {
                busy += until > at ? 1 : 0;
            }
        }
        return busy;
    }
}
