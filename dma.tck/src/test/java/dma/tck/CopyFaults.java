package dma.tck;

import static dma.tck.SeededFault.channel;

import dma.api.CopyStatus;
import java.util.List;

/** Copies that are made wrongly. */
final class CopyFaults {
    static final List<SeededFault> FAULTS = List.of(
            new SeededFault("one byte short", "copy.every-byte", channel(engine -> new ReferenceChannel(engine) {
                @Override
                void copy(final long source, final long destination, final long length) {
                    super.copy(source, destination, length == 4095 ? 4094 : length);
                }
            })),
            new SeededFault("one byte beyond", "copy.no-other-byte", channel(engine -> new ReferenceChannel(engine) {
                @Override
                void copy(final long source, final long destination, final long length) {
                    super.copy(source, destination, length == 65 ? 66 : length);
                }
            })),
            new SeededFault("one byte before", "copy.no-other-byte", channel(engine -> new ReferenceChannel(engine) {
                @Override
                void copy(final long source, final long destination, final long length) {
                    final int before = length == 1500 ? 1 : 0;
                    super.copy(source - before, destination - before, length + before);
                }
            })),
            new SeededFault(
                    "writes to the source", "copy.keeps-the-source", channel(engine -> new ReferenceChannel(engine) {
                        @Override
                        void copy(final long source, final long destination, final long length) {
                            super.copy(source, destination, length);
                            if (length == 513) {
                                move(source, source + 1, 8);
                            }
                        }
                    })),
            new SeededFault("ends at the page", "copy.across-pages", channel(engine -> new ReferenceChannel(engine) {
                @Override
                void copy(final long source, final long destination, final long length) {
                    final long left = 4096 - source % 4096;
                    super.copy(source, destination, left <= 64 ? Math.min(length, left) : length);
                }
            })),
            new SeededFault("fails a good copy", "copy.succeeds", channel(engine -> new ReferenceChannel(engine) {
                @Override
                void make(final long index) {
                    super.make(index);
                    if (lengths[slot(index)] == 129) {
                        statuses[slot(index)] = CopyStatus.FAILED;
                    }
                }
            })));

    private CopyFaults() {}
}
