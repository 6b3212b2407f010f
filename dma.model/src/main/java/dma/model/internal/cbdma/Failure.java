package dma.model.internal.cbdma;

import linux.LinuxException;

/** What VFIO of the kernel answers where it refuses. */
final class Failure {
    private Failure() {}

    /** {@code errno} of {@link linux.Errno}. */
    static LinuxException of(final String call, final int errno) {
        return LinuxException.of(call + " of the CBDMA model", errno);
    }
}
