package dma.cbdma.internal;

import dma.cbdma.internal.pci.PciFunction;
import dma.cbdma.internal.pci.Problem;

/**
 * How it stands with a function.
 *
 * @param problem null where it can be used
 * @param version of CBDMA, where it can be used: major in bits 7..4, minor in 3..0
 * @param maxTransfer bytes of a descriptor, where it can be used
 */
public record FunctionState(PciFunction function, Problem problem, int version, long maxTransfer) {
    static FunctionState unusable(final PciFunction function, final Problem problem) {
        return new FunctionState(function, problem, 0, 0);
    }

    /** Whether a channel of it can be opened, as far as is known. */
    public boolean isUsable() {
        return problem == null;
    }

    /** What engine it belongs to: its node, 0 where it is not known. */
    int node() {
        return Math.max(0, function.numaNode());
    }
}
