package vhost.core.internal.device;

import java.lang.foreign.Arena;
import vhost.core.internal.memory.GuestMemory;
import vhost.core.internal.memory.Translator;
import vhost.core.internal.ring.PackedVirtqueue;
import vhost.core.internal.ring.RingConfig;
import vhost.core.internal.ring.SplitVirtqueue;
import vhost.core.internal.ring.Virtqueue;

/** Makes the ring that a front-end and its driver have agreed on. */
final class RingFactory {
    private RingFactory() {}

    /** {@code areas}: our addresses of the descriptor ring, the driver's and the device's area. */
    static Virtqueue create(
            final Arena arena,
            final int index,
            final int size,
            final long[] areas,
            final int base,
            final GuestMemory memory,
            final long features) {
        final RingConfig config = new RingConfig(
                size,
                areas[0],
                areas[1],
                areas[2],
                base,
                index % 2 == 0,
                Features.has(features, Features.RING_INDIRECT_DESC),
                Features.has(features, Features.RING_EVENT_IDX),
                Features.has(features, Features.IN_ORDER));
        final Translator translator = new Translator(memory);
        return Features.has(features, Features.RING_PACKED)
                ? new PackedVirtqueue(arena, translator, config)
                : new SplitVirtqueue(arena, translator, config);
    }
}
