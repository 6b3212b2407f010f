package dma.tck;

import static dma.tck.SeededFault.channel;

import dma.api.Completions;
import dma.api.CopyBatch;
import dma.api.CopyStatus;
import dma.api.DmaException;
import dma.api.DmaOps;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** Channels and threads that get into each other's way, and data paths that do what they must not. */
final class ThreadFaults {
    static final List<SeededFault> FAULTS = List.of(
            new SeededFault(
                    "opens the same channel twice", "open.a-channel-each", engine -> new ReferenceEngine(engine) {
                        private DmaOps shared;

                        @Override
                        public synchronized DmaOps open(final String owner) throws DmaException {
                            if (shared == null || ((ReferenceChannel) shared).isClosed()) {
                                shared = super.open(owner);
                            }
                            return shared;
                        }
                    }),
            new SeededFault(
                    "mixes channels",
                    "channel.keeps-to-itself",
                    engine -> new ReferenceEngine(engine) {
                        private volatile ReferenceChannel busy;

                        @Override
                        ReferenceChannel channel() {
                            return new ReferenceChannel(this) {
                                @Override
                                void publish(final int count) {
                                    super.publish(count);
                                    busy = this;
                                }

                                @Override
                                public int completedCopies(final Completions completions) {
                                    final ReferenceChannel other = busy;
                                    if (submitted.get() != reported || other == null || other.finishedTruly() == 0) {
                                        return super.completedCopies(completions);
                                    }
                                    other.reported++;
                                    completions.succeeded(1);
                                    return 1;
                                }
                            };
                        }
                    },
                    // Channels that are used in parallel are mixed as well.
                    "threads.channels-in-parallel"),
            new SeededFault(
                    "belongs to its thread", "threads.hand-over", channel(engine -> new ReferenceChannel(engine) {
                        private Thread owner;

                        @Override
                        public int transferData(final CopyBatch batch) {
                            owner = owner == null ? Thread.currentThread() : owner;
                            return owner == Thread.currentThread() ? super.transferData(batch) : CopyStatus.HALTED;
                        }
                    })),
            new SeededFault("opens one at a time", "threads.open-at-any-time", engine -> new ReferenceEngine(engine) {
                private final AtomicInteger opening = new AtomicInteger();

                @Override
                public DmaOps open(final String owner) throws DmaException {
                    try {
                        if (opening.incrementAndGet() > 1) {
                            throw new IllegalStateException("busy");
                        }
                        LockSupport.parkNanos(500_000);
                        return super.open(owner);
                    } finally {
                        opening.decrementAndGet();
                    }
                }
            }),
            new SeededFault(
                    "throws on the data path",
                    "threads.throws-nothing",
                    channel(engine -> new ReferenceChannel(engine) {
                        @Override
                        public int transferData(final CopyBatch batch) {
                            if (submitted.get() > 20_000) {
                                throw new IllegalStateException("wrapped");
                            }
                            return super.transferData(batch);
                        }
                    })),
            new SeededFault("allocates", "threads.allocates-nothing", channel(engine -> new ReferenceChannel(engine) {
                private volatile Object garbage;

                @Override
                public int transferData(final CopyBatch batch) {
                    garbage = new Object();
                    return super.transferData(batch);
                }
            })),
            new SeededFault(
                    "sleeps when asked", "threads.blocks-on-nothing", channel(engine -> new ReferenceChannel(engine) {
                        @Override
                        public int transferData(final CopyBatch batch) {
                            LockSupport.parkNanos(batch.end() == 32 ? 1000 : 0);
                            return super.transferData(batch);
                        }
                    })),
            new SeededFault(
                            "hangs for seconds",
                            "threads.blocks-on-nothing",
                            channel(engine -> new ReferenceChannel(engine) {
                                @Override
                                public int transferData(final CopyBatch batch) {
                                    if (submitted.get() > 30_000) {
                                        pause(60_000);
                                    }
                                    return super.transferData(batch);
                                }
                            }))
                    .alone());

    private ThreadFaults() {}
}
