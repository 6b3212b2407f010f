package dma.dsa.internal.engine;

import dma.dsa.device.Portal;
import dma.dsa.device.WorkQueueFile;
import dma.dsa.internal.wire.Descriptor;

/** A way for descriptors to the device. Any thread; allocates nothing, throws nothing, does not wait. */
sealed interface Submitter {
    /**
     * Hands over {@code count} descriptors, one after the other in memory.
     *
     * @return how many were taken; or a negative errno where the queue takes none any more
     */
    int submit(long descriptors, int count);

    /** Whether batches can go this way. */
    boolean takesBatches();

    /** For people. */
    String name();

    /** {@code write(2)}: many descriptors with one call. The kernel refuses batches there. */
    record ByWrite(WorkQueueFile file) implements Submitter {
        @Override
        public int submit(final long descriptors, final int count) {
            final long taken = file.write(descriptors, (long) count * Descriptor.SIZE);
            if (taken >= 0) {
                return (int) (taken / Descriptor.SIZE);
            }
            return taken == -Errno.EAGAIN ? 0 : (int) taken;
        }

        @Override
        public boolean takesBatches() {
            return false;
        }

        @Override
        public String name() {
            return "write";
        }
    }

    /** MOVDIR64B to a dedicated queue: nobody says no, so there must be credits. */
    record ByMovdir64b(Portal portal) implements Submitter {
        @Override
        public int submit(final long descriptors, final int count) {
            for (int i = 0; i < count; i++) {
                portal.movdir64b(descriptors + (long) i * Descriptor.SIZE);
            }
            return count;
        }

        @Override
        public boolean takesBatches() {
            return true;
        }

        @Override
        public String name() {
            return "portal with MOVDIR64B";
        }
    }

    /** ENQCMD to a shared queue, which may say no: a few times it is asked at once. */
    record ByEnqcmd(Portal portal) implements Submitter {
        private static final int TRIES = 8;

        @Override
        public int submit(final long descriptors, final int count) {
            for (int i = 0; i < count; i++) {
                if (!isTaken(descriptors + (long) i * Descriptor.SIZE)) {
                    return i;
                }
            }
            return count;
        }

        private boolean isTaken(final long descriptor) {
            for (int i = 0; i < TRIES; i++) {
                if (portal.enqcmd(descriptor)) {
                    return true;
                }
                Thread.onSpinWait();
            }
            return false;
        }

        @Override
        public boolean takesBatches() {
            return true;
        }

        @Override
        public String name() {
            return "portal with ENQCMD";
        }
    }
}
