package dma.dsa.internal.engine;

/** Error numbers of {@code open(2)}, {@code mmap(2)} and {@code write(2)} that idxd gives, and what they mean there. */
final class Errno {
    static final int EPERM = 1;
    static final int ENOENT = 2;
    static final int EAGAIN = 11;
    static final int EACCES = 13;
    static final int EBUSY = 16;
    static final int ENODEV = 19;
    static final int EINVAL = 22;

    /** Where there is no way to submit. */
    static final String MEND_SUBMISSION =
            "take a kernel with write(2) for DSA (Linux 6.10 or later), or give this process CAP_SYS_RAWIO";

    private Errno() {}

    /** What to do after {@code open(2)} of {@code node} has failed. */
    static String afterOpen(final int errno, final String queue, final Object node) {
        return switch (errno) {
            case EBUSY -> "another process has this dedicated queue; end it, or use a shared queue";
            case EACCES, EPERM -> "chown " + System.getProperty("user.name") + " " + node;
            case EINVAL -> "it has no PASID; boot with intel_iommu=on,sm_on";
            case ENOENT, ENODEV -> "it is gone; accel-config enable-wq " + queue;
            default -> "see what the kernel's log says of idxd";
        };
    }

    /** What it means that {@code mmap(2)} has failed. */
    static String afterMap(final int errno) {
        return errno == EPERM ? "this kernel lets only CAP_SYS_RAWIO map it" : "mmap failed with errno " + errno;
    }

    /** What it means that {@code write(2)} has failed. */
    static String afterWrite(final int errno) {
        return errno == EINVAL
                ? "this kernel has none for DSA (Linux 6.10 has, 6.9.1, 6.8.10)"
                : "it failed with errno " + errno;
    }
}
