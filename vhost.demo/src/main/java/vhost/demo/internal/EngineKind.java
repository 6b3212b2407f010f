package vhost.demo.internal;

import java.util.List;
import java.util.Locale;
import vhost.core.api.VhostEngines.EngineView;

/** What the demo swaps queues through. Its text says {@code model} where it is one. */
enum EngineKind {
    CPU("cpu", "software"),
    DSA("dsa", "model"),
    CBDMA("cbdma", "model");

    private final String type;
    private final String backing;

    EngineKind(final String type, final String backing) {
        this.type = type;
        this.backing = backing;
    }

    /** The names of the engines of this kind among {@code all}, in their order. */
    List<String> namesIn(final List<EngineView> all) {
        return all.stream()
                .filter(engine -> engine.type().equals(type) && engine.backing().equals(backing))
                .map(EngineView::name)
                .toList();
    }

    boolean isModel() {
        return this != CPU;
    }

    @Override
    public String toString() {
        return isModel() ? type.toUpperCase(Locale.ROOT) + " " + backing : type;
    }
}
