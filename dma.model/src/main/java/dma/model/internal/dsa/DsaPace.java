package dma.model.internal.dsa;

import dma.model.internal.timing.Draw;

/** Lets engines of a group work in modelled time only: the clock that the model's records are held by, and no data. */
final class DsaPace {
    /** So many that launching the first does not show. */
    private static final int COPIES = 16_384;

    private final DsaSettings settings;

    DsaPace(final DsaSettings settings) {
        this.settings = settings;
    }

    /** As {@link dma.model.pace.DevicePace#copyNanos}. */
    double copyNanos(final String engine, final long bytes, final int alignment) {
        return settings.queues().stream()
                .filter(queue -> engine.equals(DsaModel.NAME + queue.device() + "/" + queue.name()))
                .findFirst()
                .filter(queue -> settings.timing().published())
                .map(queue -> copyNanos(queue, bytes, alignment))
                .orElse(Double.NaN);
    }

    /** One engine does a batch, as {@link Dispatcher} has it; where users may not submit batches, each copy is alone. */
    private double copyNanos(final WorkQueueSettings queue, final long bytes, final int alignment) {
        final DeviceSettings device = settings.device(queue.device());
        final EngineClock clock = new EngineClock(settings.timing(), device.engines(), new Draw(settings.seed()), 0);
        final int batch = device.userSubmissionSafe() ? queue.maxBatch() : 1;
        long last = 0;
        int engine = 0;
        for (int i = 0; i < COPIES; i++) {
            if (i % batch == 0) {
                engine = clock.pick(queue.group(), 0);
            }
            last = Math.max(last, clock.run(queue.group(), engine, 0, bytes, alignment));
        }
        return (double) last / COPIES;
    }
}
