package dma.dsa.device;

import java.nio.file.Path;
import linux.LinuxException;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * The DSA work queues of a host, as Linux' idxd driver shows them to user space ({@code Documentation/ABI/stable/
 * sysfs-driver-dma-idxd}, {@code include/uapi/linux/idxd.h}). An OSGi service where it is a model. Any thread.
 */
@ConsumerType
public interface DsaHost {
    /**
     * What names of engines begin with: {@code dsa} for the kernel's, something that says so for a model. The engine of
     * {@code /dev/dsa/wq0.1} is {@code dsa0/wq0.1} with the first, {@code dsa-model0/wq0.1} with {@code dsa-model}.
     */
    String name();

    /** Whether this is software that behaves like the device. Whoever shows an engine to people tells them. */
    boolean isModel();

    /** A directory of the shape of {@code /sys/bus/dsa/devices}; absent where the host has no idxd. */
    Path sysfs();

    /** A directory of the shape of {@code /dev/dsa}; files may be absent, or not ours to open. */
    Path devices();

    /** Whether the processor has MOVDIR64B, the store that submits to a dedicated work queue. */
    boolean hasMovdir64b();

    /** Whether the processor has ENQCMD, and the system lets this process use it: submits to a shared work queue. */
    boolean hasEnqcmd();

    /**
     * {@code open(2)} of a work queue's character device, for reading and writing.
     *
     * @param workQueue such as {@code wq0.1}
     * @throws LinuxException as the kernel fails: EBUSY where a dedicated queue is open already, EINVAL where there is no
     *     PASID, ENOENT, EACCES
     */
    WorkQueueFile open(String workQueue) throws LinuxException;
}
