package dma.dsa.internal.engine;

import dma.api.DmaException;
import dma.dsa.device.DsaHost;
import dma.dsa.device.Portal;
import dma.dsa.device.WorkQueueFile;
import dma.dsa.internal.engine.DsaSettings.Submission;
import dma.dsa.internal.sysfs.WorkQueue;
import linux.LinuxException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file of a work queue, opened with the first channel and closed after the last one: a dedicated queue can be opened
 * once only. Control path; any thread.
 */
final class OpenQueue {
    private static final Logger LOG = LoggerFactory.getLogger(OpenQueue.class);

    private final DsaHost host;
    private final WorkQueue queue;
    private final String engine;
    private final Submission wanted;
    private int users;
    private WorkQueueFile file;
    private Portal portal;
    private Submitter submitter;
    private Credits credits;

    OpenQueue(final DsaHost host, final WorkQueue queue, final String engine, final Submission wanted) {
        this.host = host;
        this.queue = queue;
        this.engine = engine;
        this.wanted = wanted;
    }

    /** What a channel needs of it. */
    record Way(Submitter submitter, Credits credits) {}

    /** For one more channel; each gives back what it took with {@link #release}. */
    synchronized Way acquire() throws DmaException {
        if (submitter == null) {
            open();
        }
        users++;
        return new Way(submitter, credits);
    }

    /** The channel has nothing in flight any more. */
    synchronized void release() {
        users--;
        if (users == 0) {
            close();
        }
    }

    private void open() throws DmaException {
        if (file == null) {
            try {
                file = host.open(queue.name());
            } catch (LinuxException e) {
                throw new DmaException(
                        engine + ": " + e.getMessage() + "; "
                                + Errno.afterOpen(
                                        e.errno(), queue.path(), host.devices().resolve(queue.name())),
                        e);
            }
        }
        final String noPortal = wanted == Submission.WRITE ? "not wanted" : tryPortal();
        String noWrite = "not wanted";
        if (submitter == null && wanted != Submission.PORTAL) {
            final WriteProbe.Outcome outcome = WriteProbe.probe(file);
            if (outcome == WriteProbe.Outcome.SILENT) {
                // Closing would wait for the device. The file is kept for the next attempt.
                throw new DmaException(engine + ": the device takes descriptors and completes none; "
                        + "accel-config disable-device " + queue.device().name() + " && accel-config enable-device "
                        + queue.device().name());
            }
            noWrite = outcome.text();
            submitter = outcome.isGood() ? new Submitter.ByWrite(file) : null;
        }
        if (submitter == null) {
            file.close();
            file = null;
            throw new DmaException(engine + ": no way to submit: portal: " + noPortal + "; write: " + noWrite
                    + "; " + Errno.MEND_SUBMISSION);
        }
        credits = queue.dedicated() ? Credits.of(queue.size()) : Credits.unlimited();
        LOG.debug("{}: opened, submits by {}", engine, submitter.name());
    }

    /** Sets {@link #submitter}, or says why not. */
    private String tryPortal() {
        if (queue.dedicated() ? !host.hasMovdir64b() : !host.hasEnqcmd()) {
            return "the processor has no " + (queue.dedicated() ? "MOVDIR64B" : "ENQCMD");
        }
        try {
            portal = file.map();
        } catch (LinuxException e) {
            return Errno.afterMap(e.errno());
        }
        submitter = queue.dedicated() ? new Submitter.ByMovdir64b(portal) : new Submitter.ByEnqcmd(portal);
        return "";
    }

    private void close() {
        if (portal != null) {
            portal.close();
            portal = null;
        }
        file.close();
        file = null;
        submitter = null;
        credits = null;
        LOG.debug("{}: closed", engine);
    }
}
