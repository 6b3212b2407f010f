package vhost.core.internal.device;

import dma.api.DmaEngine;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The engines that are there, by name; of several of one name, the one that came first. Under the registry's lock. */
final class Offers {
    private final Map<String, Offer> byName = new TreeMap<>();

    /** Engines whose name another one has; they take its place when it goes. */
    private final List<Offer> waiting = new ArrayList<>();

    /** Returns the one that has the name already, and for which {@code offer} now waits; or null. */
    Offer add(final Offer offer) {
        final Offer first = byName.putIfAbsent(offer.name(), offer);
        if (first != null) {
            waiting.add(offer);
        }
        return first;
    }

    void remove(final DmaEngine engine) {
        waiting.removeIf(offer -> offer.engine() == engine);
        byName.values().removeIf(offer -> offer.engine() == engine);
        waiting.removeIf(offer -> byName.putIfAbsent(offer.name(), offer) == null);
    }

    /** Returns null where there is none of that name. */
    Offer get(final String name) {
        return byName.get(name);
    }

    boolean contains(final Offer offer) {
        return byName.get(offer.name()) == offer;
    }

    Set<String> names() {
        return byName.keySet();
    }

    Collection<Offer> all() {
        return byName.values();
    }
}
