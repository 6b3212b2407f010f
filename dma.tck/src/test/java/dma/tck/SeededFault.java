package dma.tck;

import dma.api.Completions;
import dma.api.CopyBatch;
import dma.api.CopyStatus;
import dma.api.DmaException;
import dma.api.DmaLimits;
import dma.api.DmaOps;
import dma.api.MemoryRegion;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;

/** A good engine with one thing wrong, and the rule that must find it. */
enum SeededFault {
    // what is stated
    LIMITS_CHANGE(
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
            "limits.max-in-flight"),
    ACCEPTS_MORE_THAN_MAX_IN_FLIGHT("limits.max-in-flight", channel(engine -> new ReferenceChannel(engine) {
        @Override
        int room() {
            return super.room() + 2;
        }
    })),
    CUTS_COPIES_AT_64_KIB("limits.longest-copy", channel(engine -> new ReferenceChannel(engine) {
        @Override
        void copy(final long source, final long destination, final long length) {
            super.copy(source, destination, Math.min(length, 1 << 16));
        }
    })),
    ROUNDS_ODD_DESTINATIONS_DOWN("limits.alignment", channel(engine -> new ReferenceChannel(engine) {
        @Override
        void copy(final long source, final long destination, final long length) {
            super.copy(source, destination & ~1, length);
        }
    })),
    ROUNDS_SOURCES_DOWN_TO_8("limits.alignment", channel(engine -> new ReferenceChannel(engine) {
        @Override
        void copy(final long source, final long destination, final long length) {
            super.copy(source & ~7, destination, length);
        }
    })),
    SAYS_THAT_IT_DOES_NOT_OFFLOAD(
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
            "threads.throws-nothing"),

    // copies
    ONE_BYTE_SHORT("copy.every-byte", channel(engine -> new ReferenceChannel(engine) {
        @Override
        void copy(final long source, final long destination, final long length) {
            super.copy(source, destination, length == 4095 ? 4094 : length);
        }
    })),
    ONE_BYTE_BEYOND("copy.no-other-byte", channel(engine -> new ReferenceChannel(engine) {
        @Override
        void copy(final long source, final long destination, final long length) {
            super.copy(source, destination, length == 65 ? 66 : length);
        }
    })),
    ONE_BYTE_BEFORE("copy.no-other-byte", channel(engine -> new ReferenceChannel(engine) {
        @Override
        void copy(final long source, final long destination, final long length) {
            final int before = length == 1500 ? 1 : 0;
            super.copy(source - before, destination - before, length + before);
        }
    })),
    WRITES_TO_THE_SOURCE(
            "copy.keeps-the-source",
            channel(engine -> new ReferenceChannel(engine) {
                @Override
                void copy(final long source, final long destination, final long length) {
                    super.copy(source, destination, length);
                    if (length == 513) {
                        move(source, source + 1, 8);
                    }
                }
            }),
            "copy.every-byte"),
    ENDS_AT_THE_PAGE("copy.across-pages", channel(engine -> new ReferenceChannel(engine) {
        @Override
        void copy(final long source, final long destination, final long length) {
            final long left = 4096 - source % 4096;
            super.copy(source, destination, left <= 64 ? Math.min(length, left) : length);
        }
    })),
    FAILS_A_GOOD_COPY("copy.succeeds", channel(engine -> new ReferenceChannel(engine) {
        @Override
        void make(final long index) {
            super.make(index);
            if (lengths[slot(index)] == 129) {
                statuses[slot(index)] = CopyStatus.FAILED;
            }
        }
    })),

    // acceptance
    RETURNS_MORE_THAN_WAS_OFFERED("transfer.count-in-range", channel(engine -> new ReferenceChannel(engine) {
        @Override
        public int transferData(final CopyBatch batch) {
            final int count = super.transferData(batch);
            return submitted.get() > 100 ? count + 65 : count;
        }
    })),
    RETURNS_NONSENSE("transfer.count-in-range", channel(engine -> new ReferenceChannel(engine) {
        @Override
        public int transferData(final CopyBatch batch) {
            final int count = super.transferData(batch);
            return count == 0 ? -11 : count;
        }
    })),
    HALTS_AFTER_A_WHILE("channel.stays-healthy", channel(engine -> new ReferenceChannel(engine) {
        @Override
        public int transferData(final CopyBatch batch) {
            return submitted.get() > 10_000 ? CopyStatus.HALTED : super.transferData(batch);
        }
    })),
    ACCEPTS_NOTHING_ANY_MORE(
            "transfer.accepts-when-idle",
            channel(engine -> new ReferenceChannel(engine) {
                @Override
                int room() {
                    return submitted.get() < 150 ? super.room() : 0;
                }
            }),
            "transfer.recovers-when-full"),
    NEEDS_A_SECOND_DOORBELL(
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
            }),
            "completion.of-every-copy"),
    BEGINS_AT_ZERO("transfer.begins-at-first", channel(engine -> new ReferenceChannel(engine) {
        @Override
        void take(final CopyBatch batch, final int entry, final long index) {
            super.take(batch, batch.end() - entry <= 8 ? entry - batch.first() : entry, index);
        }
    })),
    ACCEPTS_FROM_THE_END(
            "transfer.takes-a-prefix",
            channel(engine -> new ReferenceChannel(engine) {
                @Override
                void take(final CopyBatch batch, final int entry, final long index) {
                    final int left = batch.end() - batch.first() - room();
                    super.take(batch, left > 0 ? entry + left : entry, index);
                }
            }),
            "transfer.leaves-what-it-refused",
            "transfer.reads-the-batch-at-once",
            "transfer.begins-at-first"),
    MAKES_WHAT_IT_REFUSED("transfer.leaves-what-it-refused", channel(engine -> new ReferenceChannel(engine) {
        @Override
        public int transferData(final CopyBatch batch) {
            final int count = super.transferData(batch);
            for (int i = batch.first() + count; i < batch.end(); i++) {
                move(batch.source(i), batch.destination(i), batch.length(i));
            }
            return count;
        }
    })),
    STAYS_FULL(
            "transfer.recovers-when-full",
            channel(engine -> new ReferenceChannel(engine) {
                private int full;

                @Override
                int room() {
                    final int room = super.room();
                    full = room == 0 || full > 2 ? full + 1 : 0;
                    return full > 2 ? 0 : room;
                }
            }),
            "transfer.accepts-when-idle"),
    ADVANCES_THE_BATCH("transfer.leaves-the-batch", channel(engine -> new ReferenceChannel(engine) {
        @Override
        public int transferData(final CopyBatch batch) {
            final int count = super.transferData(batch);
            batch.advance(count);
            return count;
        }
    })),
    READS_THE_BATCH_LATER(
            "transfer.reads-the-batch-at-once",
            channel(engine -> new ReferenceChannel(engine) {
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
            }),
            "transfer.takes-a-prefix",
            "transfer.leaves-what-it-refused",
            "transfer.begins-at-first"),

    // completions
    REPORTS_ON_AN_IDLE_CHANNEL("completion.none-when-idle", channel(engine -> new ReferenceChannel(engine) {
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
    SWALLOWS_THE_LAST_COPY("completion.of-every-copy", channel(engine -> new ReferenceChannel(engine) {
        private int lost;

        @Override
        int room() {
            return super.room() - lost;
        }

        @Override
        void publish(final int count) {
            final boolean loses = count == 37;
            super.publish(loses ? count - 1 : count);
            lost += loses ? 1 : 0;
        }

        @Override
        boolean giveUp() {
            lost = 0;
            return super.giveUp();
        }
    })),
    LOSES_COPIES_WHEN_FULL("completion.of-every-copy", channel(engine -> new ReferenceChannel(engine) {
        private int lost;

        @Override
        int room() {
            return super.room() - lost;
        }

        @Override
        void publish(final int count) {
            final boolean loses = count > 0 && count == room();
            super.publish(loses ? count - 1 : count);
            lost += loses ? 1 : 0;
        }

        @Override
        boolean giveUp() {
            lost = 0;
            return super.giveUp();
        }
    })),
    REPORTS_TWICE(
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
            "completion.of-every-copy",
            "completion.only-of-accepted",
            "transfer.reads-the-batch-at-once"),
    REPORTS_WHAT_IT_REFUSED("completion.only-of-accepted", channel(engine -> new ReferenceChannel(engine) {
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
    RETURNS_ANOTHER_COUNT(
            "completion.counts-what-it-appends",
            channel(engine -> new ReferenceChannel(engine) {
                @Override
                public int completedCopies(final Completions completions) {
                    final int count = super.completedCopies(completions);
                    return count > 1 ? count - 1 : count;
                }
            }),
            "completion.of-every-copy",
            "transfer.rings-once"),
    OVERFILLS_COMPLETIONS("completion.fits-the-room", channel(engine -> new ReferenceChannel(engine) {
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
    CLEARS_COMPLETIONS("completion.appends", channel(engine -> new ReferenceChannel(engine) {
        @Override
        public int completedCopies(final Completions completions) {
            if (finished() > 0) {
                completions.clear();
            }
            return super.completedCopies(completions);
        }
    })),
    REPORTS_A_POSITIVE_STATUS("completion.status-known", channel(engine -> new ReferenceChannel(engine) {
        @Override
        void report(final Completions completions, final int status) {
            if (reported % 1000 == 999) {
                completions.failed(5);
            } else {
                super.report(completions, status);
            }
        }
    })),
    REPORTS_BEFORE_THE_DATA(
            "completion.after-the-data",
            channel(engine -> new ReferenceChannel(engine) {
                @Override
                int finished() {
                    return (int) (submitted.get() - reported);
                }

                @Override
                int room() {
                    // It does not forget copies, it only reports them too early.
                    return Math.min(super.room(), limits.maxInFlight() - (int) (submitted.get() - completed.get()));
                }
            }),
            "limits.longest-copy",
            "limits.alignment",
            "copy.every-byte",
            "copy.across-pages",
            "transfer.begins-at-first",
            "transfer.takes-a-prefix",
            "transfer.reads-the-batch-at-once",
            "abort.leaves-a-usable-channel",
            "announce.many",
            "withdraw.then-announce-again",
            "channel.keeps-to-itself",
            "threads.channels-in-parallel",
            "threads.open-at-any-time",
            "threads.hand-over",
            "close.leaves-other-channels",
            "failure.truncated-memory",
            "failure.at-its-place"),
    REPORTS_OUT_OF_ORDER(
            "completion.in-order",
            channel(engine -> new ReferenceChannel(engine) {
                /** Of what is there to be made, the last one first. */
                @Override
                void step() {
                    final long begin = completed.get();
                    final long end = submitted.get();
                    for (long i = end - 1; i >= begin && !isAborting(); i--) {
                        make(i);
                        completed.incrementAndGet();
                    }
                }
            }),
            "limits.longest-copy",
            "limits.alignment",
            "copy.every-byte",
            "copy.across-pages",
            "transfer.begins-at-first",
            "transfer.takes-a-prefix",
            "transfer.reads-the-batch-at-once",
            "abort.leaves-a-usable-channel",
            "announce.many",
            "withdraw.then-announce-again",
            "channel.keeps-to-itself",
            "threads.channels-in-parallel",
            "threads.open-at-any-time",
            "threads.hand-over",
            "close.leaves-other-channels",
            "failure.truncated-memory",
            "failure.at-its-place"),
    FAILS_THE_NEXT_COPY_INSTEAD("failure.at-its-place", channel(engine -> new ReferenceChannel(engine) {
        @Override
        void make(final long index) {
            super.make(index);
            if (index > 0 && lengths[slot(index)] == 512 && lengths[slot(index - 1)] == 512) {
                final byte status = statuses[slot(index)];
                statuses[slot(index)] = statuses[slot(index - 1)];
                statuses[slot(index - 1)] = status;
            }
        }
    })),

    // memory
    REFUSES_A_TENTH_REGION("announce.many", channel(engine -> new ReferenceChannel(engine) {
        private int regions;

        @Override
        public void announce(final MemoryRegion region) throws DmaException {
            if (++regions > 9) {
                throw new DmaException("reference: nine regions are enough; announce fewer");
            }
            super.announce(region);
        }

        @Override
        public void withdraw(final MemoryRegion region) throws DmaException {
            super.withdraw(region);
            regions--;
        }
    })),
    COPIES_WHAT_WAS_NOT_ANNOUNCED(
            "announce.is-needed", ReferenceEngine.limits(true, true), channel(engine -> new ReferenceChannel(engine) {
                private boolean withdrawn;

                @Override
                public void withdraw(final MemoryRegion region) throws DmaException {
                    super.withdraw(region);
                    withdrawn = true;
                }

                @Override
                boolean isKnown(final long address, final long length) {
                    return !withdrawn || super.isKnown(address, length);
                }
            })),
    NEVER_REFUSES_TO_WITHDRAW(
            "withdraw.refused-in-flight",
            ReferenceEngine.limits(true, true),
            channel(engine -> new ReferenceChannel(engine) {
                @Override
                public void withdraw(final MemoryRegion region) throws DmaException {
                    while (completed.get() < submitted.get()) {
                        Thread.onSpinWait();
                    }
                    final long then = reported;
                    reported = submitted.get();
                    super.withdraw(region);
                    reported = then;
                }
            })),
    FORGETS_MEMORY_THAT_IT_REFUSED_TO_WITHDRAW(
            "withdraw.refused-in-flight",
            ReferenceEngine.limits(true, true),
            channel(engine -> new ReferenceChannel(engine) {
                @Override
                public void withdraw(final MemoryRegion region) throws DmaException {
                    try {
                        super.withdraw(region);
                    } catch (DmaException e) {
                        while (completed.get() < submitted.get()) {
                            Thread.onSpinWait();
                        }
                        final long then = reported;
                        reported = submitted.get();
                        super.withdraw(region);
                        reported = then;
                        throw e;
                    }
                }
            })),
    REFUSES_TO_WITHDRAW_AFTER_ABORT(
            "withdraw.gives-back", ReferenceEngine.limits(true, true), channel(engine -> new ReferenceChannel(engine) {
                private boolean aborted;

                @Override
                public boolean abort() {
                    aborted |= submitted.get() != reported;
                    return super.abort();
                }

                @Override
                public void withdraw(final MemoryRegion region) throws DmaException {
                    if (aborted) {
                        throw new DmaException("reference: copies were aborted; close the channel");
                    }
                    super.withdraw(region);
                }
            })),
    IGNORES_WITHDRAW(
            "withdraw.ends-reach", ReferenceEngine.limits(true, true), channel(engine -> new ReferenceChannel(engine) {
                @Override
                public void withdraw(final MemoryRegion region) throws DmaException {
                    if (submitted.get() != reported) {
                        super.withdraw(region);
                    }
                }
            })),
    TAKES_MEMORY_ONLY_ONCE("withdraw.then-announce-again", channel(engine -> new ReferenceChannel(engine) {
        private int announced;

        @Override
        public void announce(final MemoryRegion region) throws DmaException {
            if (++announced > 80) {
                throw new DmaException("reference: out of addresses; open another channel");
            }
        }
    })),

    // channels and threads
    OPENS_THE_SAME_CHANNEL_TWICE(
            "open.a-channel-each",
            engine -> new ReferenceEngine(engine) {
                private DmaOps shared;

                @Override
                public synchronized DmaOps open(final String owner) throws DmaException {
                    if (shared == null || ((ReferenceChannel) shared).isClosed()) {
                        shared = super.open(owner);
                    }
                    return shared;
                }
            },
            "completion.of-every-copy",
            "completion.once",
            "completion.only-of-accepted",
            "channel.keeps-to-itself",
            "threads.channels-in-parallel",
            "threads.open-at-any-time",
            "close.leaves-other-channels"),
    MIXES_CHANNELS(
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
            "threads.channels-in-parallel"),
    BELONGS_TO_ITS_THREAD("threads.hand-over", channel(engine -> new ReferenceChannel(engine) {
        private Thread owner;

        @Override
        public int transferData(final CopyBatch batch) {
            owner = owner == null ? Thread.currentThread() : owner;
            return owner == Thread.currentThread() ? super.transferData(batch) : CopyStatus.HALTED;
        }
    })),
    OPENS_ONE_AT_A_TIME("threads.open-at-any-time", engine -> new ReferenceEngine(engine) {
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
    THROWS_ON_THE_DATA_PATH("threads.throws-nothing", channel(engine -> new ReferenceChannel(engine) {
        @Override
        public int transferData(final CopyBatch batch) {
            if (submitted.get() > 20_000) {
                throw new IllegalStateException("wrapped");
            }
            return super.transferData(batch);
        }
    })),
    ALLOCATES("threads.allocates-nothing", channel(engine -> new ReferenceChannel(engine) {
        private volatile Object garbage;

        @Override
        public int transferData(final CopyBatch batch) {
            garbage = new Object();
            return super.transferData(batch);
        }
    })),
    SLEEPS_WHEN_ASKED("threads.blocks-on-nothing", channel(engine -> new ReferenceChannel(engine) {
        @Override
        public int transferData(final CopyBatch batch) {
            LockSupport.parkNanos(batch.end() == 32 ? 1000 : 0);
            return super.transferData(batch);
        }
    })),
    HANGS_FOR_SECONDS("threads.blocks-on-nothing", channel(engine -> new ReferenceChannel(engine) {
        @Override
        public int transferData(final CopyBatch batch) {
            if (submitted.get() > 30_000) {
                pause(60_000);
            }
            return super.transferData(batch);
        }
    })),

    // abort and close
    WRITES_AFTER_ABORT(
            "abort.writes-no-more",
            channel(engine -> new ReferenceChannel(engine) {
                @Override
                public boolean abort() {
                    final boolean inFlight = submitted.get() != reported;
                    final int slot = slot(reported);
                    final long source = sources[slot];
                    final long destination = destinations[slot];
                    final boolean aborted = super.abort();
                    if (inFlight && lengths[slot] == 1 << 16) {
                        later(20, () -> move(source, destination, 1));
                    }
                    return aborted;
                }
            }),
            "going-away.channels-can-end"),
    ABORT_DOES_NOT_WAIT(
            "abort.writes-no-more",
            channel(engine -> new ReferenceChannel(engine) {
                @Override
                public boolean abort() {
                    reported = submitted.get();
                    return true;
                }
            }),
            "completion.counts-what-it-appends",
            "abort.empties-the-channel",
            "abort.leaves-a-usable-channel",
            "going-away.channels-can-end"),
    ABORT_EMPTIES_NOT(
            "abort.empties-the-channel",
            channel(engine -> new ReferenceChannel(engine) {
                @Override
                public boolean abort() {
                    final long before = reported;
                    super.abort();
                    reported = before;
                    return true;
                }
            }),
            "completion.only-of-accepted",
            "completion.once",
            "abort.leaves-a-usable-channel"),
    ABORT_LEAVES_THE_CHANNEL_HALTED("abort.leaves-a-usable-channel", channel(engine -> new ReferenceChannel(engine) {
        private boolean halted;

        @Override
        public boolean abort() {
            halted |= submitted.get() != reported;
            return super.abort();
        }

        @Override
        public int transferData(final CopyBatch batch) {
            return halted ? CopyStatus.HALTED : super.transferData(batch);
        }
    })),
    ABORT_TAKES_SECONDS("abort.succeeds-in-time", channel(engine -> new ReferenceChannel(engine) {
        @Override
        public boolean abort() {
            if (submitted.get() != reported) {
                pause(2000);
            }
            return super.abort();
        }
    })),
    ABORT_OF_NOTHING_FAILS("abort.of-nothing", channel(engine -> new ReferenceChannel(engine) {
        @Override
        public boolean abort() {
            return submitted.get() != reported && super.abort();
        }
    })),
    CLOSE_LEAVES_A_THREAD_THAT_WRITES(
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
            "going-away.channels-can-end"),
    CLOSE_THROWS_THE_SECOND_TIME("close.again-does-nothing", channel(engine -> new ReferenceChannel(engine) {
        @Override
        public void close() {
            if (isClosed()) {
                throw new IllegalStateException("closed");
            }
            super.close();
        }
    })),
    CLOSE_KEEPS_THE_PLACE(
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
            "open.gives-a-channel"),
    CLOSE_ABORTS_THE_OTHERS(
            "close.leaves-other-channels",
            engine -> new ReferenceEngine(engine) {
                private volatile ReferenceChannel first;

                @Override
                ReferenceChannel channel() {
                    return new ReferenceChannel(this) {
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
            "threads.open-at-any-time",
            "threads.channels-in-parallel"),

    // failures
    SAYS_OK_OF_TRUNCATED_MEMORY(
            "failure.truncated-memory",
            channel(engine -> new ReferenceChannel(engine) {
                @Override
                void make(final long index) {
                    super.make(index);
                    statuses[slot(index)] = CopyStatus.OK;
                }
            }),
            "failure.at-its-place"),
    FAILS_FOR_GOOD_AFTER_TRUNCATED_MEMORY(
            "failure.truncated-memory",
            channel(engine -> new ReferenceChannel(engine) {
                private volatile boolean failed;

                @Override
                void make(final long index) {
                    super.make(index);
                    failed |= statuses[slot(index)] != CopyStatus.OK;
                    statuses[slot(index)] = (byte) (failed ? CopyStatus.FAILED : CopyStatus.OK);
                }
            }),
            "failure.at-its-place"),
    SAYS_NOTHING_IN_ITS_EXCEPTION("failure.message-is-a-line", engine -> new ReferenceEngine(engine) {
        @Override
        public DmaOps open(final String owner) throws DmaException {
            try {
                return super.open(owner);
            } catch (DmaException e) {
                throw new DmaException("", e);
            }
        }
    }),
    TELLS_A_STORY_IN_ITS_EXCEPTION("failure.message-is-a-line", engine -> new ReferenceEngine(engine) {
        @Override
        public DmaOps open(final String owner) throws DmaException {
            try {
                return super.open(owner);
            } catch (DmaException e) {
                throw new DmaException(e.getMessage() + "\nreally\n", e);
            }
        }
    }),

    // the long run, and the end
    DAMAGES_A_COPY_NOW_AND_THEN("traffic.of-all-kinds", channel(engine -> new ReferenceChannel(engine) {
        @Override
        void copy(final long source, final long destination, final long length) {
            super.copy(source, destination, length == 777 ? 776 : length);
        }
    })),
    CANNOT_ABORT_ONCE_IT_HAS_GONE("going-away.channels-can-end", engine -> new ReferenceEngine(engine) {
        private volatile boolean gone;

        @Override
        public void close() {
            gone = true;
            super.close();
        }

        @Override
        ReferenceChannel channel() {
            return new ReferenceChannel(this) {
                @Override
                public boolean abort() {
                    return !gone && super.abort();
                }
            };
        }
    });

    private final String rule;
    private final DmaLimits limits;
    private final Function<DmaLimits, ReferenceEngine> engine;
    private final List<String> companions;

    SeededFault(final String rule, final Function<DmaLimits, ReferenceEngine> engine, final String... companions) {
        this(rule, ReferenceEngine.limits(true, false), engine, companions);
    }

    SeededFault(
            final String rule,
            final DmaLimits limits,
            final Function<DmaLimits, ReferenceEngine> engine,
            final String... companions) {
        this.rule = rule;
        this.limits = limits;
        this.engine = engine;
        this.companions = List.of(companions);
    }

    private static Function<DmaLimits, ReferenceEngine> channel(
            final Function<ReferenceEngine, ReferenceChannel> channel) {
        return limits -> new ReferenceEngine(limits) {
            @Override
            ReferenceChannel channel() {
                return channel.apply(this);
            }
        };
    }

    /** The rule that it breaks. */
    String rule() {
        return rule;
    }

    /** Rules that it may break as well. */
    List<String> companions() {
        return companions;
    }

    ReferenceEngine engine() {
        return engine.apply(limits);
    }
}
