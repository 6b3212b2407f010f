package dma.cbdma.device;

import linux.LinuxException;
import org.osgi.annotation.versioning.ConsumerType;

/** A PCI function in user space. One thread at a time. */
@ConsumerType
public interface VfioDevice extends AutoCloseable {
    /** Regions by index: BAR0, and configuration space. */
    int BAR0 = 0;

    int CONFIG = 7;

    /** {@code VFIO_DEVICE_GET_REGION_INFO}: what may be done with a region. */
    int REGION_READ = 1;

    int REGION_WRITE = 2;
    int REGION_MMAP = 4;

    /** {@code VFIO_DEVICE_GET_INFO}: it can be reset. */
    int CAN_RESET = 1;

    /** {@code VFIO_DEVICE_GET_INFO}, its flags. */
    int flags() throws LinuxException;

    /** {@code VFIO_DEVICE_GET_REGION_INFO}: its flags, and bytes. */
    record Region(int flags, long size) {}

    Region region(int index) throws LinuxException;

    /**
     * The registers of BAR0: mapped where the region may be, through {@code pread(2)} and {@code pwrite(2)} where it may
     * not. Valid until {@link #close()}.
     */
    RegisterSpace registers() throws LinuxException;

    /** Two bytes of configuration space. */
    int readConfig16(int offset) throws LinuxException;

    void writeConfig16(int offset, int value) throws LinuxException;

    int readConfig32(int offset) throws LinuxException;

    void writeConfig32(int offset, int value) throws LinuxException;

    /** {@code VFIO_DEVICE_RESET}; EINVAL where it has none. */
    void reset() throws LinuxException;

    @Override
    void close();
}
