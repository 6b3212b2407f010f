package dma.model.internal.dsa;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Decides when a {@link DsaFault} happens on a device, by counting opportunities; a change of {@link DsaFaults} begins to
 * count anew. The device's thread, but for what says otherwise.
 */
final class Injector {
    private static final int FAULTS = DsaFault.values().length;

    private final AtomicLongArray injected = new AtomicLongArray(FAULTS);
    private final long[] opportunities = new long[FAULTS];
    private volatile DsaFaults wanted;
    private DsaFaults current;
    private boolean active;

    /** Where a copy that met a fault ends, and how many more it is to meet. */
    private long resumedEnd;

    private int resumed;

    Injector(final DsaFaults faults) {
        change(faults);
    }

    /** Any thread. */
    void change(final DsaFaults faults) {
        wanted = faults;
    }

    /** Any thread. */
    DsaFaults wanted() {
        return wanted;
    }

    /** Any thread. How often it happened. */
    long injected(final DsaFault fault) {
        return injected.getOpaque(fault.ordinal());
    }

    /** Any thread. It happened once more. */
    void count(final DsaFault fault) {
        injected.getAndIncrement(fault.ordinal());
    }

    /** Whether there is a change to look at. */
    boolean hasChanged() {
        return current != wanted;
    }

    /** Looks for a change; once a burst. */
    void refresh() {
        if (current != wanted) {
            current = wanted;
            active = current != DsaFaults.NONE;
            resumed = 0;
            Arrays.fill(opportunities, 0);
        }
    }

    /** How it is to happen now; null where it is not. */
    Injection next(final DsaFault fault) {
        if (!active) {
            return null;
        }
        final Injection injection = current.of(fault);
        if (injection == null || ++opportunities[fault.ordinal()] % injection.every() != 0) {
            return null;
        }
        count(fault);
        return injection;
    }

    /** As {@link #next}, for a copy that ends at {@code end}: faults happen in a row to what resumes one that met them. */
    Injection nextPage(final DsaFault fault, final long end) {
        if (!active) {
            return null;
        }
        final Injection injection = current.of(fault);
        if (injection != null && resumed > 0 && end == resumedEnd) {
            resumed--;
            count(fault);
            return injection;
        }
        final Injection now = next(fault);
        if (now != null) {
            resumedEnd = end;
            resumed = now.times() - 1;
        }
        return now;
    }
}
