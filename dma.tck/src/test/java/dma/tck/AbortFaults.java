package dma.tck;

import static dma.tck.SeededFault.channel;

import dma.api.CopyBatch;
import dma.api.CopyStatus;
import java.util.List;

/** Copies that are given up wrongly. */
final class AbortFaults {
    static final List<SeededFault> FAULTS = List.of(
            new SeededFault(
                    "writes after abort",
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
                    // Going away ends with an abort.
                    "going-away.channels-can-end"),
            new SeededFault(
                    "abort does not wait",
                    "abort.writes-no-more",
                    channel(engine -> new ReferenceChannel(engine) {
                        @Override
                        void step() {
                            takeTime(1500);
                            super.step();
                        }

                        @Override
                        public boolean abort() {
                            reported = submitted.get();
                            return true;
                        }

                        @Override
                        int finished() {
                            return Math.max(0, super.finished());
                        }

                        @Override
                        int room() {
                            return limits.maxInFlight() - (int) (submitted.get() - Math.min(reported, completed.get()));
                        }
                    }),
                    // Going away ends with an abort.
                    "going-away.channels-can-end"),
            new SeededFault(
                    "abort empties not", "abort.empties-the-channel", channel(engine -> new ReferenceChannel(engine) {
                        @Override
                        public boolean abort() {
                            final long before = reported;
                            super.abort();
                            reported = before;
                            return true;
                        }
                    })),
            new SeededFault(
                    "abort leaves the channel halted",
                    "abort.leaves-a-usable-channel",
                    channel(engine -> new ReferenceChannel(engine) {
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
            new SeededFault(
                            "abort takes seconds",
                            "abort.succeeds-in-time",
                            channel(engine -> new ReferenceChannel(engine) {
                                @Override
                                public boolean abort() {
                                    if (submitted.get() != reported) {
                                        pause(4000);
                                    }
                                    return super.abort();
                                }
                            }))
                    .alone(),
            new SeededFault(
                    "abort of nothing fails", "abort.of-nothing", channel(engine -> new ReferenceChannel(engine) {
                        @Override
                        public boolean abort() {
                            return submitted.get() != reported && super.abort();
                        }
                    })));

    private AbortFaults() {}
}
