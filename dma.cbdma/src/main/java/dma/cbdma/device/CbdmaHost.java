package dma.cbdma.device;

import java.nio.file.Path;
import linux.LinuxException;
import org.osgi.annotation.versioning.ConsumerType;

/** The PCI functions and the VFIO files of a host. An OSGi service where it is a model. Any thread. */
@ConsumerType
public interface CbdmaHost {
    /**
     * What names of engines begin with: {@code cbdma} for the hardware, something that says so for a model. An engine has
     * the functions of a NUMA node: {@code cbdma0}, or {@code cbdma-model0}.
     */
    String name();

    /** Whether this is software that behaves like the device. Whoever shows an engine to people tells them. */
    boolean isModel();

    /**
     * A directory of the shape of {@code /sys/bus/pci/devices}: for each function {@code vendor}, {@code device},
     * {@code numa_node}, and the links {@code iommu_group} and {@code driver} where there are such.
     */
    Path pci();

    /** A directory of the shape of {@code /dev/vfio}. */
    Path vfio();

    /** {@code open(2)} of {@code /dev/vfio/vfio}. */
    VfioContainer openContainer() throws LinuxException;

    /**
     * {@code open(2)} of a group's file.
     *
     * @param file its name in {@link #vfio()}: {@code 17}, or {@code noiommu-17}
     * @throws LinuxException EBUSY in use, EPERM or EACCES, ENOENT where no function of it is bound to vfio-pci
     */
    VfioGroup openGroup(String file) throws LinuxException;

    /**
     * The physical address of a page that is present and locked, as {@code /proc/self/pagemap} tells, for no-IOMMU mode.
     *
     * @throws LinuxException where the process may not know it, or the page is not present
     */
    long physicalAddress(long address) throws LinuxException;
}
