package dma.model.internal.dsa;

import dma.dsa.device.Portal;
import dma.dsa.device.WorkQueueFile;
import java.util.concurrent.locks.LockSupport;
import linux.Errno;
import linux.LinuxException;

/** The open character device of a modelled queue. */
final class ModelFile implements WorkQueueFile {
    private static final long PAUSE_NANOS = 50_000;

    private final ModelQueue queue;
    private final DsaSettings host;
    private final Submission submission;
    private final Runnable closed;
    private volatile boolean open = true;

    ModelFile(final ModelQueue queue, final DsaSettings host, final Mappings mappings, final Runnable closed) {
        this.queue = queue;
        this.host = host;
        this.submission = new Submission(queue, host, mappings);
        this.closed = closed;
    }

    @Override
    public long write(final long address, final long length) {
        return open ? submission.write(address, length) : -Errno.EBADF;
    }

    @Override
    public Portal map() throws LinuxException {
        final String call = "mmap of the portal of model " + queue.settings().name();
        if (!open) {
            throw LinuxException.of(call, Errno.EBADF);
        }
        if (!host.device(queue.settings().device()).userSubmissionSafe() && !host.rawio()) {
            throw LinuxException.of(call, Errno.EPERM);
        }
        return new ModelPortal(queue, host);
    }

    /** Waits as the kernel does, which drains the process' descriptors: those of its other files of a shared queue, too. */
    @Override
    public void close() {
        synchronized (this) {
            if (!open) {
                return;
            }
            open = false;
        }
        final long last = queue.submitted();
        while (queue.ends() - last < 0 && queue.device().isAlive()) {
            LockSupport.parkNanos(this, PAUSE_NANOS);
        }
        closed.run();
    }
}
