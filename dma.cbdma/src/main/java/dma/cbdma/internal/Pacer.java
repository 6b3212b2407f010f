package dma.cbdma.internal;

import java.util.concurrent.locks.LockSupport;

/** Time, for waits on a device: of the host, or moved by hand in a test. Any thread. */
public interface Pacer {
    /** The host's clock. */
    Pacer SYSTEM = new Pacer() {
        @Override
        public long nanoTime() {
            return System.nanoTime();
        }

        @Override
        public void pause() {
            final long deadline = System.nanoTime() + MILLI;
            for (long left = MILLI; left > 0; left = deadline - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
        }
    };

    /** How long a {@link #pause} is, nanoseconds. */
    long MILLI = 1_000_000;

    /** As {@link System#nanoTime()}; allocates nothing. */
    long nanoTime();

    /** Waits a millisecond, interrupted or not. Control path only. */
    void pause();
}
