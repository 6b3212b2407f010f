package vhost.core.internal.device;

import dma.api.MemoryRegion;
import java.util.List;
import vhost.core.api.VhostEngines.Wish;

/** What serves one queue, and what an application wants for it. Under the lock of {@link EngineRegistry}. */
final class Binding {
    Terms terms;
    EngineChannel channel;
    Wish pin;
    List<MemoryRegion> memory = List.of();

    /** Gave no channel, or could not reach memory: it is not asked again before something has changed. */
    Refusal refusal;

    /** What the log has said of that. */
    Refusal told;

    boolean isRefusedBy(final Offer offer) {
        return refusal != null && refusal.offer() == offer;
    }

    boolean hasNews() {
        return !refusal.equals(told);
    }

    /** Nothing of an engine that goes is kept. */
    void forget() {
        refusal = null;
        told = null;
    }
}
