package dma.dsa.internal.engine;

import dma.dsa.device.WorkQueueFile;
import dma.dsa.internal.wire.CompletionRecord;
import dma.dsa.internal.wire.Descriptor;
import dma.dsa.internal.wire.Flag;
import dma.dsa.internal.wire.Opcode;
import java.lang.foreign.Arena;
import java.util.concurrent.locks.LockSupport;

/**
 * Whether {@code write(2)} reaches the device: an operation that does nothing is submitted and must come back. Kernels without
 * that call, and queues whose device is stuck, are told apart. Control path; waits at most {@link #PATIENCE_NANOS}.
 */
final class WriteProbe {
    private static final long PATIENCE_NANOS = 250_000_000;
    private static final long PAUSE_NANOS = 20_000;

    private WriteProbe() {}

    /**
     * How it went.
     *
     * @param text why it is no way; empty where it is one
     */
    record Outcome(boolean isGood, String text) {
        static final Outcome GOOD = new Outcome(true, "");
        /** The device has the descriptor and may still write to the record. */
        static final Outcome SILENT = new Outcome(false, "nothing comes back");
    }

    static Outcome probe(final WorkQueueFile file) {
        // Never freed where the device may still write to it: such memory is collected with nobody's arena.
        final Arena arena = Arena.ofShared();
        final long record = arena.allocate(CompletionRecord.SIZE, CompletionRecord.SIZE).address();
        final long descriptor = arena.allocate(Descriptor.SIZE, Descriptor.SIZE).address();
        Descriptor.write(
                descriptor, Opcode.NOOP, Flag.RECORD_ADDRESS_VALID | Flag.REQUEST_RECORD, record, 0, 0, 0);
        final long deadline = System.nanoTime() + PATIENCE_NANOS;
        long taken = file.write(descriptor, Descriptor.SIZE);
        while (taken == -Errno.EAGAIN && System.nanoTime() - deadline < 0) {
            LockSupport.parkNanos(PAUSE_NANOS);
            taken = file.write(descriptor, Descriptor.SIZE);
        }
        if (taken != Descriptor.SIZE) {
            arena.close();
            if (taken == -Errno.EAGAIN) {
                return new Outcome(false, "the queue is full and stays full");
            }
            return new Outcome(false, taken >= 0 ? "it took " + taken + " bytes of 64" : Errno.afterWrite((int) -taken));
        }
        while (CompletionRecord.status(record) == 0) {
            if (System.nanoTime() - deadline > 0) {
                return Outcome.SILENT;
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
        arena.close();
        return Outcome.GOOD;
    }
}
