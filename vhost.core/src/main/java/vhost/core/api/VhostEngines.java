package vhost.core.api;

import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/** The copy engines that are there now: an OSGi service. Any thread. */
@ProviderType
public interface VhostEngines {
    /** The name that stands for the core's own copy. */
    String BUILTIN = "builtin";

    /** A threshold that is learned from what copies cost: see {@code vhost:explain}. */
    int AUTO = -1;

    /** All engines, by name; the core's own copy is not among them. */
    List<EngineView> engines();

    /** The name of the engine that queues are given where it is there; {@link #BUILTIN} where they copy themselves. */
    String wanted();

    /** Copies of at least this many bytes go to the engine. */
    int threshold();

    /**
     * An engine, for people.
     *
     * @param name its {@code dma.engine.name}
     * @param type its {@code dma.engine.type}
     * @param backing {@code software}, {@code hardware} or {@code model}
     * @param numaNode or -1
     * @param maxCopyBytes the longest single copy
     * @param maxInFlight the most copies a channel holds
     * @param offloads whether copies run beside the processor
     * @param bundle the symbolic name of the bundle that offers it
     * @param queues the names of the queues that it serves now
     */
    record EngineView(
            String name,
            String type,
            String backing,
            int numaNode,
            long maxCopyBytes,
            int maxInFlight,
            boolean offloads,
            String bundle,
            List<String> queues) {}
}
