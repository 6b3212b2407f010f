package dma.cbdma.device;

import linux.LinuxException;
import org.osgi.annotation.versioning.ConsumerType;

/** Functions that the IOMMU cannot tell apart. One thread at a time. */
@ConsumerType
public interface VfioGroup extends AutoCloseable {
    /** {@code VFIO_GROUP_GET_STATUS}: all of its functions are VFIO's; it has a container. */
    int VIABLE = 1;

    int CONTAINER_SET = 2;

    /** {@code VFIO_GROUP_GET_STATUS}. */
    int status() throws LinuxException;

    /** {@code VFIO_GROUP_SET_CONTAINER}, of the same {@link CbdmaHost}. */
    void setContainer(VfioContainer container) throws LinuxException;

    /** {@code VFIO_GROUP_UNSET_CONTAINER}. */
    void unsetContainer() throws LinuxException;

    /**
     * {@code VFIO_GROUP_GET_DEVICE_FD}.
     *
     * @param function such as {@code 0000:00:04.0}
     */
    VfioDevice device(String function) throws LinuxException;

    @Override
    void close();
}
