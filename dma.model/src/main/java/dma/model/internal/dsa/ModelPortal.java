package dma.model.internal.dsa;

import dma.dsa.device.Portal;

/** A queue's limited portal. Whatever would end the process on a real processor is loud here, too. */
final class ModelPortal implements Portal {
    private final ModelQueue queue;
    private final DsaSettings host;
    private volatile boolean mapped = true;

    ModelPortal(final ModelQueue queue, final DsaSettings host) {
        this.queue = queue;
        this.host = host;
    }

    @Override
    public void movdir64b(final long descriptor) {
        check(host.movdir64b(), "MOVDIR64B", descriptor);
        Submission.charge(host.timing(), host.timing().movdir64b());
        queue.post(descriptor);
    }

    @Override
    public boolean enqcmd(final long descriptor) {
        check(host.enqcmd(), "ENQCMD", descriptor);
        Submission.charge(host.timing(), host.timing().enqcmd());
        return queue.enqueue(descriptor);
    }

    private void check(final boolean instruction, final String name, final long descriptor) {
        if (!mapped || !instruction || descriptor % Descriptor.BYTES != 0) {
            throw new IllegalStateException("model " + queue.settings().name() + ": " + name + " of 0x"
                    + Long.toHexString(descriptor) + (mapped ? "" : ": the portal is not mapped (SIGSEGV)")
                    + (instruction ? "" : ": the processor has no such instruction (SIGILL)"));
        }
    }

    @Override
    public void close() {
        mapped = false;
    }
}
