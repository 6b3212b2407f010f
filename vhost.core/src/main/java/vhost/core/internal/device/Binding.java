package vhost.core.internal.device;

import dma.api.DmaException;
import dma.api.MemoryRegion;
import java.util.ArrayList;
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

    /** The guest memory that the queue works on: its channel is told, and what an engine refused may be asked again. */
    void changeMemory(final List<MemoryRegion> gone, final List<MemoryRegion> come) {
        final List<MemoryRegion> now = new ArrayList<>(memory);
        now.removeAll(gone);
        now.addAll(come);
        memory = now;
        refusal = null;
        if (channel == null) {
            return;
        }
        if (channel.copies().failure() != null) {
            // It may be in an abort: nothing is asked of it but to end. What becomes of the engine is said elsewhere.
            refusal = new Refusal(channel.offer(), "it " + channel.copies().failure());
            told = refusal;
            return;
        }
        try {
            for (final MemoryRegion region : gone) {
                channel.withdraw(region);
            }
            for (final MemoryRegion region : come) {
                channel.announce(region);
            }
        } catch (DmaException | RuntimeException e) {
            refusal = new Refusal(channel.offer(), e.getMessage());
        }
    }

    /** Nothing of an engine that goes is kept. */
    void forget() {
        refusal = null;
        told = null;
    }
}
