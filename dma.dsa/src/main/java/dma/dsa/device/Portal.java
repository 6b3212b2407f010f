package dma.dsa.device;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * The page of registers that a work queue's descriptors are stored to. The calls neither allocate nor throw, and may be made
 * by several threads at once. What was written before is visible to the device: an implementation begins with a store
 * fence.
 */
@ConsumerType
public interface Portal extends AutoCloseable {
    /**
     * MOVDIR64B to a dedicated queue. Posted: nobody tells whether the queue had room, so the caller counts.
     *
     * @param descriptor address of 64 bytes, a multiple of 64
     */
    void movdir64b(long descriptor);

    /**
     * ENQCMD to a shared queue.
     *
     * @param descriptor address of 64 bytes, a multiple of 64
     * @return whether the queue took it; {@code false} is to be tried again later
     */
    boolean enqcmd(long descriptor);

    /** Undoes the mapping; the file stays open. */
    @Override
    void close();
}
