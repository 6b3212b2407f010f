package linux;

import java.io.IOException;

/** A system call that failed: which call, which {@code errno}, what it means. */
public final class LinuxException extends IOException {
    private static final long serialVersionUID = 1L;

    private final int errno;

    LinuxException(final String call, final int errno, final String text) {
        super(call + ": " + text + " (errno " + errno + ")");
        this.errno = errno;
    }

    /** A failure as the kernel would report it, for calls whose error number came another way, and for models of devices. */
    public static LinuxException of(final String call, final int errno) {
        return new LinuxException(call, errno, Libc.text(errno));
    }

    /** The error number, as in {@code errno(3)}. */
    public int errno() {
        return errno;
    }
}
