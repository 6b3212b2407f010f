package vhost.core.internal.device;

import vhost.core.api.PollTask;
import vhost.core.api.VhostPort;
import vhost.core.api.VhostQueue;
import vhost.core.api.VhostWorker;

/** Gives a guest back what it sends, the asynchronous way: never waits for an engine. Always awake. */
final class AsyncEcho implements PollTask {
    private static final int BURST = 32;

    private final VhostWorker worker;
    private final VhostQueue from;
    private final VhostQueue to;
    private final long[] packets = new long[BURST];
    private final long[] done = new long[BURST];
    private int first;
    private int end;

    AsyncEcho(final VhostWorker worker, final VhostPort port) {
        this.worker = worker;
        this.from = port.transmitq(0);
        this.to = port.receiveq(0);
    }

    @Override
    public int poll() {
        from.submitDequeueBurst(worker.pool(), BURST);
        if (first == end) {
            first = 0;
            end = from.pollDequeueCompleted(packets, 0, BURST);
        }
        if (first != end) {
            first += to.submitEnqueueBurst(packets, first, end - first);
        }
        final int back = to.pollEnqueueCompleted(done, 0, BURST);
        worker.pool().freeBurst(done, 0, back);
        return back;
    }

    @Override
    public int beforeSleep() {
        return 0;
    }

    @Override
    public void afterSleep() {
        // it never sleeps
    }
}
