package dma.cbdma.internal.pci;

/**
 * A CBDMA function as sysfs shows it.
 *
 * @param address such as {@code 0000:00:04.0}
 * @param generation of processors, such as {@code Skylake}
 * @param numaNode -1 where it is not known
 * @param driver that it is bound to; empty where there is none
 * @param groupFile the file of its group in the directory of VFIO; empty where there is none
 * @param noIommu whether nothing keeps it to memory of ours
 * @param problem null where nothing is seen that keeps it from use
 */
public record PciFunction(
        String address,
        int device,
        String generation,
        int numaNode,
        String driver,
        String groupFile,
        boolean noIommu,
        Problem problem) {
    /** Whether nothing is known that keeps it from use. */
    public boolean isPromising() {
        return problem == null;
    }

    @Override
    public String toString() {
        return address + " (" + generation + ")";
    }
}
