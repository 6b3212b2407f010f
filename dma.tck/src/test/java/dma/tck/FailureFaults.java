package dma.tck;

import static dma.tck.SeededFault.channel;

import dma.api.CopyStatus;
import dma.api.DmaException;
import dma.api.DmaOps;
import java.util.List;

/** What cannot be done, and the end. */
final class FailureFaults {
    static final List<SeededFault> FAULTS = List.of(
            new SeededFault(
                    "says ok of truncated memory",
                    "failure.truncated-memory",
                    channel(engine -> new ReferenceChannel(engine) {
                        @Override
                        void make(final long index) {
                            super.make(index);
                            statuses[slot(index)] = CopyStatus.OK;
                        }
                    }),
                    // Among others, too, the status is wrong.
                    "failure.at-its-place"),
            new SeededFault(
                    "fails for good after truncated memory",
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
                    // Among others, too, the status is wrong.
                    "failure.at-its-place"),
            new SeededFault(
                    "says nothing in its exception",
                    "failure.message-is-a-line",
                    engine -> new ReferenceEngine(engine) {
                        @Override
                        public DmaOps open(final String owner) throws DmaException {
                            try {
                                return super.open(owner);
                            } catch (DmaException e) {
                                throw new DmaException("", e);
                            }
                        }
                    }),
            new SeededFault(
                    "tells a story in its exception",
                    "failure.message-is-a-line",
                    engine -> new ReferenceEngine(engine) {
                        @Override
                        public DmaOps open(final String owner) throws DmaException {
                            try {
                                return super.open(owner);
                            } catch (DmaException e) {
                                throw new DmaException(e.getMessage() + "\nreally\n", e);
                            }
                        }
                    }),
            new SeededFault(
                    "damages a copy now and then",
                    "traffic.of-all-kinds",
                    channel(engine -> new ReferenceChannel(engine) {
                        @Override
                        void copy(final long source, final long destination, final long length) {
                            super.copy(source, destination, length == 777 ? 776 : length);
                        }
                    })),
            new SeededFault(
                    "cannot abort once it has gone",
                    "going-away.channels-can-end",
                    engine -> new ReferenceEngine(engine) {
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
                    }));

    private FailureFaults() {}
}
