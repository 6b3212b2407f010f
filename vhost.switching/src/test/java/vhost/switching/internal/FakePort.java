package vhost.switching.internal;

import java.nio.file.Path;
import java.util.List;
import vhost.core.api.PortSpec;
import vhost.core.api.VhostPort;

/** A port of which queue pair i belongs to worker i modulo their number, unless said otherwise. */
final class FakePort implements VhostPort {
    final FakeQueue[] rx;
    final FakeQueue[] tx;
    volatile long features;
    private volatile boolean gone;

    private final PortSpec spec;

    FakePort(String name, int pairs, List<FakeWorker> workers, int firstWorker) {
        spec = new PortSpec(name, Path.of(name), false, pairs, 0);
        rx = new FakeQueue[pairs];
        tx = new FakeQueue[pairs];
        for (int i = 0; i < pairs; i++) {
            FakeWorker worker = workers.get((firstWorker + i) % workers.size());
            rx[i] = new FakeQueue(this, "rx" + i, worker, true);
            tx[i] = new FakeQueue(this, "tx" + i, worker, false);
        }
    }

    /** Its front-end goes, and all queues stop. */
    void gone() {
        running(false);
        gone = true;
    }

    /** Starts or stops all queues. */
    void running(boolean running) {
        for (int i = 0; i < rx.length; i++) {
            rx[i].running(running);
            tx[i].running(running);
        }
    }

    @Override
    public PortSpec spec() {
        return spec;
    }

    @Override
    public State state() {
        return gone ? State.WAITING : State.RUNNING;
    }

    @Override
    public long features() {
        return features;
    }

    @Override
    public int mtu() {
        return 0;
    }

    @Override
    public FakeQueue receiveq(int pair) {
        return rx[pair];
    }

    @Override
    public FakeQueue transmitq(int pair) {
        return tx[pair];
    }

    @Override
    public long connections() {
        return 1;
    }

    @Override
    public String lastEvent() {
        return "";
    }
}
