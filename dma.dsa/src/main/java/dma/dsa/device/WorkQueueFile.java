package dma.dsa.device;

import linux.LinuxException;
import org.osgi.annotation.versioning.ConsumerType;

/** The open character device of a work queue. {@link #write} may be called by several threads at once. */
@ConsumerType
public interface WorkQueueFile extends AutoCloseable {
    /**
     * {@code write(2)}: submits the descriptors at {@code address}, 64 bytes each. Neither allocates nor throws.
     *
     * @param length bytes; a remainder of less than 64 is ignored
     * @return how many bytes were taken, a multiple of 64, fewer than asked where the queue is full; or a negative errno:
     *     EAGAIN where a shared queue is full, EINVAL for BATCH or a misaligned completion record, or where the kernel has
     *     no such call, EFAULT, EPERM
     */
    long write(long address, long length);

    /**
     * {@code mmap(2)} of the queue's limited portal, one page.
     *
     * @throws LinuxException EPERM where the device is unsafe for users and the process has no CAP_SYS_RAWIO
     */
    Portal map() throws LinuxException;

    /** Blocks until all that was submitted through this file has ended. */
    @Override
    void close();
}
