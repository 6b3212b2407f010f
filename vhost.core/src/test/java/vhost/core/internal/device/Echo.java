package vhost.core.internal.device;

import java.util.List;
import vhost.core.api.PollTask;
import vhost.core.api.VhostPort;
import vhost.core.api.VhostQueue;
import vhost.core.api.VhostWorker;

/** Gives each guest back what it sends; keeps what it has no buffers for. */
final class Echo implements PollTask {
    private final List<? extends VhostPort> ports;
    private final VhostWorker worker;
    private final long[][] packets;
    private final int[] from;
    private final int[] to;

    Echo(final VhostWorker worker, final List<? extends VhostPort> ports) {
        this.worker = worker;
        this.ports = ports;
        packets = new long[ports.size()][32];
        from = new int[ports.size()];
        to = new int[ports.size()];
    }

    @Override
    public int poll() {
        int moved = 0;
        for (int i = 0; i < from.length; i++) {
            if (from[i] == to[i]) {
                from[i] = 0;
                to[i] = ports.get(i).transmitq(0).dequeueBurst(worker.pool(), packets[i], packets[i].length);
            }
            if (from[i] < to[i]) {
                final int count = ports.get(i).receiveq(0).enqueueBurst(packets[i], from[i], to[i] - from[i]);
                worker.pool().freeBurst(packets[i], from[i], count);
                from[i] += count;
                moved += count;
            }
        }
        return moved;
    }

    @Override
    public int beforeSleep() {
        for (int i = 0; i < from.length; i++) {
            final VhostQueue wanted =
                    from[i] < to[i] ? ports.get(i).receiveq(0) : ports.get(i).transmitq(0);
            wanted.wantKick(true);
            if (wanted.hasAvailable()) {
                return 0;
            }
        }
        return -1;
    }

    @Override
    public void afterSleep() {
        for (int i = 0; i < from.length; i++) {
            ports.get(i).receiveq(0).wantKick(false);
            ports.get(i).transmitq(0).wantKick(false);
        }
    }
}
