package dma.model.internal.cbdma;

import dma.cbdma.device.VfioContainer.IovaRange;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * How a {@link CbdmaModel} is to be.
 *
 * @param functions the PCI functions of the host
 * @param device what each function is
 * @param vfio what VFIO and the IOMMU allow
 * @param timing how long copies take
 * @param faults what goes wrong at first; {@link CbdmaModel#inject} changes it
 * @param spinNanos how long the thread polls after its last work before it sleeps
 */
public record CbdmaSettings(
        List<PciFunction> functions, Device device, Vfio vfio, Timing timing, Faults faults, long spinNanos) {
    /** The driver that lets user space have a function. */
    static final String VFIO_PCI = "vfio-pci";

    public static final CbdmaSettings DEFAULT =
            new CbdmaSettings(functions(8), Device.ICX, Vfio.TYPE1, Timing.NONE, Faults.NONE, 50_000);

    public CbdmaSettings {
        functions = List.copyOf(functions);
        if (spinNanos < 0) {
            throw new IllegalArgumentException("dma.model.cbdma: spin time is negative; use 0 or more");
        }
    }

    /**
     * A PCI function.
     *
     * @param address such as {@code 0000:00:04.0}
     * @param numaNode as in sysfs; -1 where the host does not tell
     * @param group of the IOMMU; -1 where there is none
     * @param driver that it is bound to, such as {@code vfio-pci} or {@code ioatdma}; empty where none
     */
    public record PciFunction(String address, int numaNode, int group, String driver) {
        public PciFunction onNode(final int node) {
            return new PciFunction(address, node, group, driver);
        }
    }

    /** When CHANCMD's RESET ends. */
    public enum ResetEnd {
        /** By itself, after {@link Device#resetNanos}. */
        AFTER_DELAY,
        /** When CHAINADDR is written. */
        AFTER_CHAINADDR,
        /** Never. */
        NEVER
    }

    /**
     * The device.
     *
     * @param id PCI device id, of vendor 0x8086
     * @param cbver version, major in the upper four bits
     * @param xfercap log2 of the longest transfer
     * @param dmacap as the register
     * @param resetEnd when a reset of the channel ends
     * @param resetNanos after what time, where it ends by itself
     * @param prefetch most descriptors, of those published, that are fetched ahead; 0 to fetch each just before it is made
     * @param errors which failure sets which CHANERR bit
     */
    public record Device(
            int id,
            int cbver,
            int xfercap,
            int dmacap,
            ResetEnd resetEnd,
            long resetNanos,
            int prefetch,
            ErrorBits errors) {
        /** DMACAP: block fill. */
        public static final int FILL = 0x40;

        /** Ice Lake-SP. DMACAP: block fill, completion write-back of 8 bytes, descriptor prefetch. */
        public static final Device ICX =
                new Device(0x0B00, 0x34, 20, 0x80_2000 | FILL, ResetEnd.AFTER_DELAY, 20_000, 0, ErrorBits.LINUX);

        public Device {
            if (xfercap < 0 || xfercap > 31 || prefetch < 0 || prefetch > 64 || resetNanos < 0) {
                throw new IllegalArgumentException("dma.model.cbdma: out of range: log2 of the longest transfer "
                        + xfercap + ", prefetch " + prefetch + ", reset " + resetNanos + " ns");
            }
        }

        /** The longest transfer, bytes; 4 GiB where the register says 0. */
        long maxTransfer() {
            return xfercap == 0 ? 1L << 32 : 1L << xfercap;
        }

        public Device withId(final int other, final int version) {
            return new Device(other, version, xfercap, dmacap, resetEnd, resetNanos, prefetch, errors);
        }

        public Device withXfercap(final int log2) {
            return new Device(id, cbver, log2, dmacap, resetEnd, resetNanos, prefetch, errors);
        }

        public Device withDmacap(final int bits) {
            return new Device(id, cbver, xfercap, bits, resetEnd, resetNanos, prefetch, errors);
        }

        public Device withReset(final ResetEnd end, final long nanos) {
            return new Device(id, cbver, xfercap, dmacap, end, nanos, prefetch, errors);
        }

        public Device withPrefetch(final int descriptors) {
            return new Device(id, cbver, xfercap, dmacap, resetEnd, resetNanos, descriptors, errors);
        }

        public Device withErrors(final ErrorBits bits) {
            return new Device(id, cbver, xfercap, dmacap, resetEnd, resetNanos, prefetch, bits);
        }
    }

    /**
     * VFIO.
     *
     * @param noIommu there is no IOMMU, and groups are called {@code noiommu-N}
     * @param type1v2 TYPE1v2 is there beside TYPE1
     * @param ranges where mappings may be
     * @param tells whether the kernel tells of ranges and of how many mappings there may still be
     * @param memlock most bytes that a container may map
     * @param mappings most mappings of a container
     * @param barSize bytes of BAR0
     * @param mmap whether BAR0 may be mapped
     * @param sparse whether only parts of it may; this is below the seam, and shows only in the flags of the region
     * @param canReset whether the function can be reset
     * @param resetKeepsCommand whether COMMAND is after a reset as before, as kernels restore it; else it is 0
     */
    public record Vfio(
            boolean noIommu,
            boolean type1v2,
            List<IovaRange> ranges,
            boolean tells,
            long memlock,
            int mappings,
            long barSize,
            boolean mmap,
            boolean sparse,
            boolean canReset,
            boolean resetKeepsCommand) {
        /** An IOMMU of 48 bits on x86: without the window of message-signalled interrupts. */
        public static final Vfio TYPE1 = new Vfio(
                false,
                true,
                List.of(new IovaRange(0, 0xFEDF_FFFFL), new IovaRange(0xFEF0_0000L, (1L << 48) - 1)),
                true,
                Long.MAX_VALUE,
                65_535,
                0x4000,
                true,
                false,
                true,
                true);

        public Vfio {
            ranges = List.copyOf(ranges);
            if (barSize < Register.SPACE) {
                throw new IllegalArgumentException(
                        "dma.model.cbdma: BAR0 of " + barSize + " bytes is too small; use 4096 or more");
            }
        }

        public Vfio withNoIommu() {
            return changed(draft -> draft.noIommu = true);
        }

        /** A kernel of long ago: TYPE1 only, which tells nothing. */
        public Vfio withType1Only() {
            return changed(draft -> {
                draft.type1v2 = false;
                draft.tells = false;
            });
        }

        public Vfio withRanges(final List<IovaRange> allowed) {
            return changed(draft -> draft.ranges = allowed);
        }

        public Vfio withLimits(final long bytes, final int count) {
            return changed(draft -> {
                draft.memlock = bytes;
                draft.mappings = count;
            });
        }

        public Vfio withBar(final long size, final boolean mappable, final boolean inParts) {
            return changed(draft -> {
                draft.barSize = size;
                draft.mmap = mappable;
                draft.sparse = inParts;
            });
        }

        public Vfio withReset(final boolean can, final boolean keepsCommand) {
            return changed(draft -> {
                draft.canReset = can;
                draft.resetKeepsCommand = keepsCommand;
            });
        }

        private Vfio changed(final Consumer<Draft> change) {
            final Draft draft = new Draft(this);
            change.accept(draft);
            return draft.done();
        }

        /** The same values, while some of them change. */
        private static final class Draft {
            private boolean noIommu;
            private boolean type1v2;
            private List<IovaRange> ranges;
            private boolean tells;
            private long memlock;
            private int mappings;
            private long barSize;
            private boolean mmap;
            private boolean sparse;
            private boolean canReset;
            private boolean resetKeepsCommand;

            Draft(final Vfio from) {
                noIommu = from.noIommu;
                type1v2 = from.type1v2;
                ranges = from.ranges;
                tells = from.tells;
                memlock = from.memlock;
                mappings = from.mappings;
                barSize = from.barSize;
                mmap = from.mmap;
                sparse = from.sparse;
                canReset = from.canReset;
                resetKeepsCommand = from.resetKeepsCommand;
            }

            Vfio done() {
                return new Vfio(
                        noIommu,
                        type1v2,
                        ranges,
                        tells,
                        memlock,
                        mappings,
                        barSize,
                        mmap,
                        sparse,
                        canReset,
                        resetKeepsCommand);
            }
        }
    }

    /** {@code count} functions of one device on NUMA node 0, each a group of its own, bound to vfio-pci. */
    public static List<PciFunction> functions(final int count) {
        if (count < 1 || count > 256) {
            throw new IllegalArgumentException("dma.model.cbdma: " + count + " functions; use 1 to 256");
        }
        return IntStream.range(0, count)
                .mapToObj(i ->
                        new PciFunction(String.format("0000:00:%02x.%d", 4 + i / 8 % 28, i % 8), 0, 16 + i, VFIO_PCI))
                .toList();
    }

    public CbdmaSettings withFunctions(final List<PciFunction> others) {
        return new CbdmaSettings(others, device, vfio, timing, faults, spinNanos);
    }

    public CbdmaSettings withDevice(final Device other) {
        return new CbdmaSettings(functions, other, vfio, timing, faults, spinNanos);
    }

    public CbdmaSettings withVfio(final Vfio other) {
        return new CbdmaSettings(functions, device, other, timing, faults, spinNanos);
    }

    public CbdmaSettings withTiming(final Timing other) {
        return new CbdmaSettings(functions, device, vfio, other, faults, spinNanos);
    }

    public CbdmaSettings withFaults(final Faults others) {
        return new CbdmaSettings(functions, device, vfio, timing, others, spinNanos);
    }

    public CbdmaSettings withSpin(final long nanos) {
        return new CbdmaSettings(functions, device, vfio, timing, faults, nanos);
    }
}
