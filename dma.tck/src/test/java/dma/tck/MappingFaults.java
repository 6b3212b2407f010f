package dma.tck;

import static dma.tck.SeededFault.channel;

import dma.api.DmaException;
import dma.api.MemoryRegion;
import java.util.List;

/** Memory that is announced and withdrawn wrongly. */
final class MappingFaults {
    static final List<SeededFault> FAULTS = List.of(
            new SeededFault("refuses a tenth region", "announce.many", channel(engine -> new ReferenceChannel(engine) {
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
            new SeededFault(
                    "copies what was not announced",
                    "announce.is-needed",
                    ReferenceEngine.limits(true, true),
                    channel(engine -> new ReferenceChannel(engine) {
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
                    }),
                    // That rule uses memory that was not announced to have one copy among others fail.
                    "failure.at-its-place"),
            new SeededFault(
                    "never refuses to withdraw",
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
            new SeededFault(
                    "forgets memory that it refused to withdraw",
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
            new SeededFault(
                    "refuses to withdraw after abort",
                    "withdraw.gives-back",
                    ReferenceEngine.limits(true, true),
                    channel(engine -> new ReferenceChannel(engine) {
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
            new SeededFault(
                    "ignores withdraw",
                    "withdraw.ends-reach",
                    ReferenceEngine.limits(true, true),
                    channel(engine -> new ReferenceChannel(engine) {
                        @Override
                        public void withdraw(final MemoryRegion region) throws DmaException {
                            if (submitted.get() != reported) {
                                super.withdraw(region);
                            }
                        }
                    })),
            new SeededFault(
                    "takes memory only once",
                    "withdraw.then-announce-again",
                    channel(engine -> new ReferenceChannel(engine) {
                        private int announced;

                        @Override
                        public void announce(final MemoryRegion region) throws DmaException {
                            if (++announced > 80) {
                                throw new DmaException("reference: out of addresses; open another channel");
                            }
                        }
                    })));

    private MappingFaults() {}
}
