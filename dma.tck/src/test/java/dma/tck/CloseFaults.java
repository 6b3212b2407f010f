package dma.tck;

import static dma.tck.SeededFault.channel;

import dma.api.CopyBatch;
import java.util.List;

/** Channels that end wrongly. */
final class CloseFaults {
    static final List<SeededFault> FAULTS = List.of(
            new SeededFault(
                    "close leaves a thread that writes",
                    "close.writes-no-more",
                    channel(engine -> new ReferenceChannel(engine) {
                        private boolean closing;

                        @Override
                        public void close() {
                            closing = true;
                            super.close();
                        }

                        @Override
                        boolean giveUp() {
                            final int slot = slot(reported);
                            final long source = sources[slot];
                            final long destination = destinations[slot];
                            if (closing && submitted.get() != reported && lengths[slot] == 1 << 16) {
                                later(30, () -> move(source, destination, 1));
                            }
                            return super.giveUp();
                        }
                    }),
                    // Going away ends with a close.
                    "going-away.channels-can-end"),
            new SeededFault(
                    "close throws the second time",
                    "close.again-does-nothing",
                    channel(engine -> new ReferenceChannel(engine) {
                        @Override
                        public void close() {
                            if (isClosed()) {
                                throw new IllegalStateException("closed");
                            }
                            super.close();
                        }
                    })),
            new SeededFault(
                    "close keeps the place",
                    "close.releases-the-channel",
                    engine -> new ReferenceEngine(engine) {
                        @Override
                        ReferenceChannel channel() {
                            return new ReferenceChannel(this) {
                                private boolean leaks;

                                @Override
                                boolean giveUp() {
                                    leaks = submitted.get() != reported;
                                    return super.giveUp();
                                }

                                @Override
                                void releasePlace() {
                                    if (!leaks) {
                                        super.releasePlace();
                                    }
                                }
                            };
                        }
                    },
                    // When all places are lost there is no channel any more.
                    "open.gives-a-channel"),
            new SeededFault(
                    "close aborts the others",
                    "close.leaves-other-channels",
                    engine -> new ReferenceEngine(engine) {
                        private volatile ReferenceChannel first;

                        @Override
                        ReferenceChannel channel() {
                            return new ReferenceChannel(this) {
                                @Override
                                void step() {
                                    takeTime(1024);
                                    super.step();
                                }

                                @Override
                                public int transferData(final CopyBatch batch) {
                                    final int count = super.transferData(batch);
                                    first = this;
                                    return count;
                                }

                                @Override
                                public void close() {
                                    final ReferenceChannel other = first;
                                    super.close();
                                    if (other != null && other != this && !other.isClosed()) {
                                        other.skip();
                                    }
                                }
                            };
                        }
                    },
                    // There, too, a channel is closed while others copy.
                    "threads.open-at-any-time"));

    private CloseFaults() {}
}
