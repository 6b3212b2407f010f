package dma.dsa.internal.engine;

import dma.dsa.internal.wire.CompletionRecord;
import dma.dsa.internal.wire.Descriptor;
import linux.Linux;
import linux.LinuxException;

/**
 * Memory of a channel that the device reads and writes: for each slot a descriptor and a record of its copy, and those of the
 * batch that begins there. Mapped, present, and locked where the process may lock: a record that is not in memory when the
 * device wants to write it is lost on some kernels.
 *
 * <pre>
 *  | copies' descriptors, 64 a slot | heads of batches, 64 | copies' records, 32 | heads' records, 32 |
 * </pre>
 */
final class CopyRing {
    private static final int SLOT_BYTES = 2 * (Descriptor.SIZE + CompletionRecord.SIZE);

    private final int slots;
    private final long length;
    private final long descriptors;
    private final long heads;
    private final long records;
    private final long headRecords;

    /** {@code slots} is a power of two. */
    CopyRing(final int slots) throws LinuxException {
        this.slots = slots;
        length = (long) slots * SLOT_BYTES;
        descriptors = map(length);
        heads = descriptors + (long) slots * Descriptor.SIZE;
        records = heads + (long) slots * Descriptor.SIZE;
        headRecords = records + (long) slots * CompletionRecord.SIZE;
    }

    private static long map(final long length) throws LinuxException {
        final int prot = Linux.PROT_READ | Linux.PROT_WRITE;
        final int flags = Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS | Linux.MAP_POPULATE;
        try {
            return Linux.mmap(length, prot, flags | Linux.MAP_LOCKED, -1, 0);
        } catch (LinuxException e) {
            return Linux.mmap(length, prot, flags, -1, 0); // RLIMIT_MEMLOCK is used up: present will do
        }
    }

    int slots() {
        return slots;
    }

    long descriptor(final int slot) {
        return descriptors + (long) slot * Descriptor.SIZE;
    }

    long head(final int slot) {
        return heads + (long) slot * Descriptor.SIZE;
    }

    long record(final int slot) {
        return records + (long) slot * CompletionRecord.SIZE;
    }

    long headRecord(final int slot) {
        return headRecords + (long) slot * CompletionRecord.SIZE;
    }

    /** Nothing of it is read or written any more, by anyone. */
    void free() throws LinuxException {
        Linux.munmap(descriptors, length);
    }
}
