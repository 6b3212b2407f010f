package dma.model.pace;

import org.osgi.annotation.versioning.ProviderType;

/**
 * How fast the devices of a model are in modelled time, by its configured timing alone. The thread that does their work is a
 * processor of this host, and where that copies slower than the device would, real time cannot show it. A service. Any
 * thread.
 */
@ProviderType
public interface DevicePace {
    /**
     * What a copy takes the device where it never lacks copies and completions are taken at once; nanoseconds.
     *
     * @param engine the engine's name
     * @param bytes length of each copy
     * @param alignment of destinations, a power of two, bytes
     * @return NaN where the engine is not of this model, or the model is configured without timing
     */
    double copyNanos(String engine, long bytes, int alignment);

    /**
     * What the destinations of copies were a multiple of since this was asked last: the worst of them, a power of two up to
     * 64, bytes.
     *
     * @param engine the engine's name
     * @return 0 where there was no copy, or the engine is not of this model
     */
    int takeAlignment(String engine);

    /** The timing, one line for people. */
    String timing();
}
