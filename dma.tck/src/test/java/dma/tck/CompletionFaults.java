package dma.tck;

import static dma.tck.SeededFault.channel;

import dma.api.Completions;
import dma.api.CopyBatch;
import java.util.List;

/** Copies that are reported wrongly. */
final class CompletionFaults {
    static final List<SeededFault> FAULTS = List.of(
            new SeededFault(
                    "reports on an idle channel",
                    "completion.none-when-idle",
                    channel(engine -> new ReferenceChannel(engine) {
                        private int asked;

                        @Override
                        public int completedCopies(final Completions completions) {
                            if (submitted.get() == 0 && ++asked == 500) {
                                completions.succeeded(1);
                                return 1;
                            }
                            return super.completedCopies(completions);
                        }
                    })),
            new SeededFault("swallows the last copy", "completion.of-every-copy", channel(engine -> new Losing(engine) {
                        @Override
                        boolean loses(final int count) {
                            return count == 37;
                        }
                    }))
                    .alone(),
            new SeededFault("loses copies when full", "completion.of-every-copy", channel(engine -> new Losing(engine) {
                        @Override
                        boolean loses(final int count) {
                            return count > 0 && count == room();
                        }
                    }))
                    .alone(),
            new SeededFault(
                    "reports twice",
                    "completion.once",
                    channel(engine -> new ReferenceChannel(engine) {
                        private long next = 50;

                        @Override
                        public int completedCopies(final Completions completions) {
                            final int count = super.completedCopies(completions);
                            if (reported < next || completions.room() == 0) {
                                return count;
                            }
                            next = reported + 50;
                            completions.succeeded(1);
                            return count + 1;
                        }
                    }),
                    // One report too many may be that of a copy that was refused or aborted, for all that can be seen.
                    "completion.only-of-accepted",
                    "abort.empties-the-channel",
                    // It stands for the next copy, which is not made yet,
                    "completion.after-the-data",
                    // or was to fail.
                    "failure.at-its-place"),
            new SeededFault(
                    "reports what it refused",
                    "completion.only-of-accepted",
                    channel(engine -> new ReferenceChannel(engine) {
                        private int refused;

                        @Override
                        public int transferData(final CopyBatch batch) {
                            final int count = super.transferData(batch);
                            refused += batch.end() - batch.first() - count;
                            return count;
                        }

                        @Override
                        public int completedCopies(final Completions completions) {
                            final int count = super.completedCopies(completions);
                            final int more = submitted.get() == reported ? Math.min(refused, completions.room()) : 0;
                            completions.succeeded(more);
                            refused -= more;
                            return count + more;
                        }

                        @Override
                        boolean giveUp() {
                            refused = 0;
                            return super.giveUp();
                        }
                    })),
            new SeededFault(
                    "returns another count",
                    "completion.counts-what-it-appends",
                    channel(engine -> new ReferenceChannel(engine) {
                        @Override
                        public int completedCopies(final Completions completions) {
                            final int count = super.completedCopies(completions);
                            return count > 1 ? count - 1 : count;
                        }
                    })),
            new SeededFault(
                    "overfills completions",
                    "completion.fits-the-room",
                    channel(engine -> new ReferenceChannel(engine) {
                        @Override
                        public int completedCopies(final Completions completions) {
                            final int count = finished();
                            for (int i = 0; i < count; i++) {
                                report(completions, statuses[slot(reported)]);
                                reported++;
                            }
                            return count;
                        }
                    })),
            new SeededFault("clears completions", "completion.appends", channel(engine -> new ReferenceChannel(engine) {
                @Override
                public int completedCopies(final Completions completions) {
                    if (finished() > 0) {
                        completions.clear();
                    }
                    return super.completedCopies(completions);
                }
            })),
            new SeededFault(
                    "reports a positive status",
                    "completion.status-known",
                    channel(engine -> new ReferenceChannel(engine) {
                        @Override
                        void report(final Completions completions, final int status) {
                            if (reported % 1000 == 999) {
                                completions.failed(5);
                            } else {
                                super.report(completions, status);
                            }
                        }
                    })),
            new SeededFault(
                    "reports before the data",
                    "completion.after-the-data",
                    channel(engine -> new ReferenceChannel(engine) {
                        @Override
                        void step() {
                            takeTime(1024);
                            super.step();
                        }

                        @Override
                        int finished() {
                            return (int) (submitted.get() - reported);
                        }

                        @Override
                        int room() {
                            // It does not forget copies, it only reports them too early.
                            return Math.min(
                                    super.room(), limits.maxInFlight() - (int) (submitted.get() - completed.get()));
                        }
                    }),
                    // A copy that is reported before anybody has tried it cannot be reported as failed.
                    "failure.truncated-memory",
                    "failure.at-its-place",
                    // What was reported when the engine went is written when its last channel has ended.
                    "going-away.channels-can-end"),
            new SeededFault(
                    "reports out of order",
                    "completion.in-order",
                    channel(engine -> new ReferenceChannel(engine) {
                        /** Of what is there to be made, the last one first. */
                        @Override
                        void step() {
                            final long begin = completed.get();
                            final long end = submitted.get();
                            for (long i = end - 1; i >= begin && !isAborting(); i--) {
                                takeTime(1500);
                                make(i);
                                completed.incrementAndGet();
                            }
                        }
                    }),
                    // What is reported for a copy that was overtaken is told before it is made, with the status of
                    // another one.
                    "completion.after-the-data",
                    "failure.truncated-memory",
                    "failure.at-its-place"),
            new SeededFault(
                    "fails the next copy instead",
                    "failure.at-its-place",
                    channel(engine -> new ReferenceChannel(engine) {
                        @Override
                        void make(final long index) {
                            super.make(index);
                            if (index > 0 && lengths[slot(index)] == 512 && lengths[slot(index - 1)] == 512) {
                                final byte status = statuses[slot(index)];
                                statuses[slot(index)] = statuses[slot(index - 1)];
                                statuses[slot(index - 1)] = status;
                            }
                        }
                    })));

    /** Accepts the last copy of some calls, and never makes it. */
    private abstract static class Losing extends ReferenceChannel {
        private int lost;

        Losing(final ReferenceEngine engine) {
            super(engine);
        }

        /** Whether the last one of {@code count} copies goes. */
        abstract boolean loses(int count);

        @Override
        int room() {
            return super.room() - lost;
        }

        @Override
        void publish(final int count) {
            final boolean loses = loses(count);
            super.publish(loses ? count - 1 : count);
            lost += loses ? 1 : 0;
        }

        @Override
        boolean giveUp() {
            lost = 0;
            return super.giveUp();
        }
    }

    private CompletionFaults() {}
}
