package dma.tck;

import static dma.tck.SeededFault.channel;

import dma.api.CopyBatch;
import dma.api.CopyStatus;
import java.util.List;

/** Copies that are taken wrongly. */
final class AcceptanceFaults {
    static final List<SeededFault> FAULTS = List.of(
            new SeededFault(
                    "returns more than was offered",
                    "transfer.count-in-range",
                    channel(engine -> new ReferenceChannel(engine) {
                        @Override
                        public int transferData(final CopyBatch batch) {
                            final int count = super.transferData(batch);
                            return submitted.get() > 100 ? count + 65 : count;
                        }
                    })),
            new SeededFault(
                    "returns nonsense", "transfer.count-in-range", channel(engine -> new ReferenceChannel(engine) {
                        @Override
                        public int transferData(final CopyBatch batch) {
                            final int count = super.transferData(batch);
                            return count == 0 ? -11 : count;
                        }
                    })),
            new SeededFault(
                    "halts after a while", "channel.stays-healthy", channel(engine -> new ReferenceChannel(engine) {
                        @Override
                        public int transferData(final CopyBatch batch) {
                            return submitted.get() > 10_000 ? CopyStatus.HALTED : super.transferData(batch);
                        }
                    })),
            new SeededFault(
                            "accepts nothing any more",
                            "transfer.accepts-when-idle",
                            channel(engine -> new ReferenceChannel(engine) {
                                @Override
                                int room() {
                                    return submitted.get() < 150 ? super.room() : 0;
                                }
                            }))
                    .alone(),
            new SeededFault(
                            "needs a second doorbell",
                            "transfer.rings-once",
                            channel(engine -> new ReferenceChannel(engine) {
                                private int held;

                                @Override
                                void publish(final int count) {
                                    super.publish(held + count - 1);
                                    held = 1;
                                }

                                @Override
                                public int transferData(final CopyBatch batch) {
                                    final int count = Math.min(batch.end() - batch.first(), room() - held);
                                    for (int i = 0; i < count; i++) {
                                        take(batch, batch.first() + i, submitted.get() + held + i);
                                    }
                                    if (count > 0) {
                                        publish(count);
                                    }
                                    return count;
                                }

                                @Override
                                boolean giveUp() {
                                    held = 0;
                                    return super.giveUp();
                                }
                            }))
                    .alone(),
            new SeededFault(
                    "begins at zero", "transfer.begins-at-first", channel(engine -> new ReferenceChannel(engine) {
                        @Override
                        void take(final CopyBatch batch, final int entry, final long index) {
                            super.take(batch, batch.end() - entry <= 8 ? entry - batch.first() : entry, index);
                        }
                    })),
            new SeededFault(
                    "accepts from the end", "transfer.takes-a-prefix", channel(engine -> new ReferenceChannel(engine) {
                        @Override
                        void take(final CopyBatch batch, final int entry, final long index) {
                            final int left = batch.end() - batch.first() - room();
                            super.take(batch, left > 0 ? entry + left : entry, index);
                        }
                    })),
            new SeededFault(
                    "makes what it refused",
                    "transfer.leaves-what-it-refused",
                    channel(engine -> new ReferenceChannel(engine) {
                        @Override
                        public int transferData(final CopyBatch batch) {
                            final int count = super.transferData(batch);
                            for (int i = batch.first() + count; i < batch.end(); i++) {
                                move(batch.source(i), batch.destination(i), batch.length(i));
                            }
                            return count;
                        }
                    })),
            new SeededFault(
                            "stays full",
                            "transfer.recovers-when-full",
                            channel(engine -> new ReferenceChannel(engine) {
                                private int full;

                                @Override
                                int room() {
                                    final int room = super.room();
                                    full = room == 0 || full > 2 ? full + 1 : 0;
                                    return full > 2 ? 0 : room;
                                }
                            }))
                    .alone(),
            new SeededFault(
                    "advances the batch", "transfer.leaves-the-batch", channel(engine -> new ReferenceChannel(engine) {
                        @Override
                        public int transferData(final CopyBatch batch) {
                            final int count = super.transferData(batch);
                            batch.advance(count);
                            return count;
                        }
                    })),
            new SeededFault(
                    "reads the batch later",
                    "transfer.reads-the-batch-at-once",
                    channel(engine -> new ReferenceChannel(engine) {
                        @Override
                        void step() {
                            takeTime(1500);
                            super.step();
                        }

                        private final CopyBatch[] batches = new CopyBatch[64];
                        private final int[] entries = new int[64];

                        @Override
                        void take(final CopyBatch batch, final int entry, final long index) {
                            batches[slot(index)] = batch;
                            entries[slot(index)] = entry;
                        }

                        @Override
                        void make(final long index) {
                            super.take(batches[slot(index)], entries[slot(index)], index);
                            super.make(index);
                        }
                    })));

    private AcceptanceFaults() {}
}
