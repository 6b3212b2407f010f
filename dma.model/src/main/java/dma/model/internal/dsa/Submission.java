package dma.model.internal.dsa;

import linux.Errno;

/**
 * {@code write(2)} on a work queue's file: {@code idxd_cdev_write()} of Linux' {@code drivers/dma/idxd/cdev.c}. Any thread;
 * neither allocates nor throws.
 */
final class Submission {
    /** Of the attribute {@code enqcmds_retries}. */
    static final int ENQCMDS_RETRIES = 32;

    private final ModelQueue queue;
    private final DsaSettings host;
    private final boolean batches;
    private final Mappings mappings;

    Submission(final ModelQueue queue, final DsaSettings host, final Mappings mappings) {
        this.queue = queue;
        this.host = host;
        this.batches = host.device(queue.settings().device()).userSubmissionSafe();
        this.mappings = mappings;
    }

    /** Bytes taken, or a negative errno. */
    long write(final long address, final long length) {
        if (!host.writable()) {
            return -Errno.EINVAL;
        }
        charge(host.timing(), host.timing().write());
        final long all = length / Descriptor.BYTES * Descriptor.BYTES;
        long done = 0;
        while (done < all) {
            final int errno = submit(address + done);
            if (errno != 0) {
                return done > 0 ? done : -errno;
            }
            done += Descriptor.BYTES;
        }
        return done;
    }

    private int submit(final long at) {
        if (!mappings.reaches(at, Descriptor.BYTES, false)) {
            return Errno.EFAULT;
        }
        if (Descriptor.opcode(at) == Opcode.BATCH && !batches || Descriptor.completion(at) % 32 != 0) {
            return Errno.EINVAL;
        }
        if (queue.settings().dedicated()) {
            queue.post(at); // the kernel does not look whether there is room
            return 0;
        }
        for (int i = 0; i < ENQCMDS_RETRIES; i++) {
            if (queue.enqueue(at)) {
                return 0;
            }
            Thread.onSpinWait();
        }
        return Errno.EAGAIN;
    }

    /** Keeps the thread that submits, if that is modelled. */
    static void charge(final DsaTiming timing, final long nanos) {
        if (timing.published() && timing.charge()) {
            final long until = System.nanoTime() + nanos;
            while (System.nanoTime() - until < 0) {
                Thread.onSpinWait();
            }
        }
    }
}
