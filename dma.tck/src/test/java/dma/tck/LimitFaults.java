package dma.tck;

import static dma.tck.SeededFault.channel;

import dma.api.DmaLimits;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** What engines state wrongly. */
final class LimitFaults {
    static final List<SeededFault> FAULTS = List.of(
            new SeededFault(
                    "limits change",
                    "limits.constant",
                    engine -> new ReferenceEngine(engine) {
                        private final AtomicInteger asked = new AtomicInteger();

                        @Override
                        public DmaLimits limits() {
                            final DmaLimits all = super.limits();
                            return asked.incrementAndGet() < 3
                                    ? all
                                    : new DmaLimits(all.maxCopyBytes(), all.maxInFlight() + 1, 1, true, false);
                        }
                    },
                    // It lives by the limits that it changes to.
                    "limits.max-in-flight"),
            new SeededFault(
                    "accepts more than max in flight",
                    "limits.max-in-flight",
                    channel(engine -> new ReferenceChannel(engine) {
                        @Override
                        int room() {
                            return super.room() + 2;
                        }
                    })),
            new SeededFault(
                    "cuts copies at 64 kib", "limits.longest-copy", channel(engine -> new ReferenceChannel(engine) {
                        @Override
                        void copy(final long source, final long destination, final long length) {
                            super.copy(source, destination, Math.min(length, 1 << 16));
                        }
                    })),
            new SeededFault(
                    "rounds odd destinations down", "limits.alignment", channel(engine -> new ReferenceChannel(engine) {
                        @Override
                        void copy(final long source, final long destination, final long length) {
                            super.copy(source, destination & ~1, length);
                        }
                    })),
            new SeededFault(
                    "rounds sources down to 8", "limits.alignment", channel(engine -> new ReferenceChannel(engine) {
                        @Override
                        void copy(final long source, final long destination, final long length) {
                            super.copy(source & ~7, destination, length);
                        }
                    })),
            new SeededFault(
                    "says that it does not offload",
                    "limits.offloads",
                    ReferenceEngine.limits(false, false),
                    channel(engine -> new ReferenceChannel(engine) {
                        @Override
                        void publish(final int count) {
                            submitted.addAndGet(count);
                        }

                        @Override
                        int finished() {
                            while (completed.get() < submitted.get()) {
                                step();
                            }
                            return super.finished();
                        }
                    }),
                    // It copies when it is asked for completions, where the error of truncated memory may not pass.
                    "threads.throws-nothing"));

    private LimitFaults() {}
}
