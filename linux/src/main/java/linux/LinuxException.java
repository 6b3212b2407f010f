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

    /** The error number, as in {@code errno(3)}. */
    public int errno() {
        return errno;
    }
}
