package dma.api;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * A copy engine, offered as an OSGi service with the properties named here. See the package description for the order of
 * calls, threads, ownership and failures.
 */
@ConsumerType
public interface DmaEngine {
    /** Service property, String, required: the name people assign queues by; unique, such as {@code dsa0/wq0.1}. */
    String NAME = "dma.engine.name";

    /** Service property, String, required: the kind, such as {@code cpu}, {@code dsa}, {@code cbdma}. */
    String TYPE = "dma.engine.type";

    /** Service property, Integer: the NUMA node it sits on, or -1 where that means nothing. */
    String NUMA_NODE = "dma.engine.numa";

    /** Service property, String: {@code software}, {@code hardware} or {@code model}. */
    String BACKING = "dma.engine.backing";

    /** Facts that hold for every channel of this engine. */
    DmaLimits limits();

    /**
     * Opens a channel for one virtqueue.
     *
     * @param owner who will use it, for people to read, such as {@code port0/tx0}
     * @throws DmaException where there is no channel to be had; the message says why and what would mend it
     */
    DmaOps open(String owner) throws DmaException;
}
