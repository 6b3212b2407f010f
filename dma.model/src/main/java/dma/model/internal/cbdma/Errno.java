package dma.model.internal.cbdma;

import linux.LinuxException;

/** Error numbers of {@code include/uapi/asm-generic/errno-base.h} that VFIO answers with. */
final class Errno {
    static final int EPERM = 1;
    static final int ENOENT = 2;
    static final int EBADF = 9;
    static final int ENOMEM = 12;
    static final int EFAULT = 14;
    static final int EBUSY = 16;
    static final int EEXIST = 17;
    static final int ENODEV = 19;
    static final int EINVAL = 22;
    static final int ENOTTY = 25;
    static final int ENOSPC = 28;

    private Errno() {}

    static LinuxException failure(final String call, final int errno) {
        return LinuxException.of(call + " of the CBDMA model", errno);
    }
}
