package dma.cbdma.internal;

import dma.cbdma.device.CbdmaHost;
import dma.cbdma.device.VfioContainer;
import dma.cbdma.device.VfioGroup;
import dma.cbdma.internal.pci.PciFunction;
import java.util.HashMap;
import java.util.Map;
import linux.Errno;
import linux.LinuxException;

/**
 * The containers and groups that channels of one engine have open. Groups share a container, so that memory is pinned and
 * mapped once for all channels; a group whose IOMMU does not fit gets one of its own. A group is opened once, for the kernel
 * refuses it a second time. With the last function everything is closed. Any thread.
 */
final class Containers {
    private final CbdmaHost host;
    private final Map<String, Group> groups = new HashMap<>();
    private final Map<Boolean, Space> shared = new HashMap<>();

    /** An open container, and how many groups it has. */
    private static final class Space {
        private final AddressSpace addresses;
        private int members;

        Space(final AddressSpace addresses) {
            this.addresses = addresses;
        }
    }

    /** An open group, and how many of its functions are open. */
    private static final class Group {
        private final VfioGroup file;
        private final Space space;
        private int members;

        Group(final VfioGroup file, final Space space) {
            this.file = file;
            this.space = space;
        }
    }

    /** What a function needs of its group. */
    record Seat(VfioGroup group, AddressSpace addresses) {}

    Containers(final CbdmaHost host) {
        this.host = host;
    }

    /** Opens what is not open yet. Each is followed by one {@link #leave}. */
    synchronized Seat join(final PciFunction function) throws UnusableException {
        Group group = groups.get(function.groupFile());
        if (group == null) {
            group = open(function);
            groups.put(function.groupFile(), group);
        }
        group.members++;
        return new Seat(group.file, group.space.addresses);
    }

    /** The function's device is closed. */
    synchronized void leave(final PciFunction function) {
        final Group group = groups.get(function.groupFile());
        if (--group.members == 0) {
            groups.remove(function.groupFile());
            group.file.close(); // which takes it out of the container
            release(group.space);
        }
    }

    private void release(final Space space) {
        if (--space.members == 0) {
            shared.values().remove(space);
            space.addresses.container().close();
        }
    }

    private Group open(final PciFunction function) throws UnusableException {
        final VfioGroup file = openViable(function);
        boolean joined = false;
        try {
            final Space space = space(file, function.noIommu());
            joined = true;
            return new Group(file, space);
        } finally {
            if (!joined) {
                file.close();
            }
        }
    }

    private VfioGroup openViable(final PciFunction function) throws UnusableException {
        final String path = host.vfio().resolve(function.groupFile()).toString();
        final VfioGroup file;
        try {
            file = host.openGroup(function.groupFile());
        } catch (LinuxException e) {
            throw VfioErrors.group(path, e);
        }
        boolean viable = false;
        try {
            viable = (file.status() & VfioGroup.VIABLE) != 0;
        } catch (LinuxException e) {
            throw VfioErrors.unexpected(e);
        } finally {
            if (!viable) {
                file.close();
            }
        }
        if (!viable) {
            throw new UnusableException(
                    "its group " + function.groupFile() + " is not viable: another function of it has a host driver",
                    "bind all functions of that group to vfio-pci: ls "
                            + host.pci().resolve(function.address()) + "/iommu_group/devices");
        }
        return file;
    }

    private Space space(final VfioGroup group, final boolean physical) throws UnusableException {
        final Space present = shared.get(physical);
        if (present != null && joins(group, present)) {
            present.members++;
            return present;
        }
        final Space opened = new Space(open(group, physical));
        opened.members++;
        shared.putIfAbsent(physical, opened);
        return opened;
    }

    /** Whether the kernel lets it in: mappings that are there must suit its IOMMU. */
    private static boolean joins(final VfioGroup group, final Space space) throws UnusableException {
        try {
            group.setContainer(space.addresses.container());
        } catch (LinuxException e) {
            return false;
        }
        space.addresses.learnRanges();
        return true;
    }

    private AddressSpace open(final VfioGroup group, final boolean physical) throws UnusableException {
        final VfioContainer container;
        try {
            container = host.openContainer();
        } catch (LinuxException e) {
            throw VfioErrors.container(host.vfio().resolve("vfio").toString(), e);
        }
        boolean usable = false;
        try {
            final int type = iommuType(container, physical);
            group.setContainer(container);
            setIommu(container, type);
            final AddressSpace addresses = new AddressSpace(host, container, physical);
            addresses.learnRanges();
            usable = true;
            return addresses;
        } catch (LinuxException e) {
            throw VfioErrors.unexpected(e);
        } finally {
            if (!usable) {
                container.close();
            }
        }
    }

    private static void setIommu(final VfioContainer container, final int type)
            throws LinuxException, UnusableException {
        try {
            container.setIommu(type);
        } catch (LinuxException e) {
            if (e.errno() == Errno.EPERM) {
                throw new UnusableException(
                        "the kernel refuses the IOMMU: this machine remaps no interrupts, or CAP_SYS_RAWIO is missing",
                        "turn interrupt remapping on in the firmware, or modprobe vfio_iommu_type1"
                                + " allow_unsafe_interrupts=1",
                        e);
            }
            throw e;
        }
    }

    private static int iommuType(final VfioContainer container, final boolean physical)
            throws LinuxException, UnusableException {
        final int version = container.apiVersion();
        if (version != 0) {
            throw new UnusableException(
                    "VFIO of this kernel has version " + version + "; 0 is known", "use another engine");
        }
        if (physical) {
            if (container.hasExtension(VfioContainer.NOIOMMU)) {
                return VfioContainer.NOIOMMU;
            }
            throw new UnusableException(
                    "VFIO of this kernel does not work without an IOMMU",
                    "modprobe vfio enable_unsafe_noiommu_mode=1, or boot with intel_iommu=on");
        }
        if (container.hasExtension(VfioContainer.TYPE1_V2)) {
            return VfioContainer.TYPE1_V2;
        }
        if (container.hasExtension(VfioContainer.TYPE1)) {
            return VfioContainer.TYPE1;
        }
        throw new UnusableException("VFIO of this kernel has no IOMMU of type 1", "modprobe vfio_iommu_type1");
    }
}
