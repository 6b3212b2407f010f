package vhost.switching.internal;

import java.util.ArrayList;
import java.util.List;
import vhost.switching.ForwardingMode;
import vhost.switching.PortStatistics;

/** Forwarding over fakes, with a clock that the test moves. */
final class Rig {
    static final String A = "52:54:00:00:00:0a";
    static final String B = "52:54:00:00:00:0b";
    static final String C = "52:54:00:00:00:0c";

    /** In which all that is in flight comes from one guest and gets to the other. */
    private static final int TURNS_A_COPY = 32;

    final List<FakeWorker> workers = new ArrayList<>();
    final List<FakePort> ports = new ArrayList<>();
    final Forwarder forwarder;

    private final Copies copies;
    private Settings settings;
    private volatile long nanos = -5_000_000_000L;

    Rig(Copies copies, ForwardingMode mode, int workerCount) {
        this(copies, mode, workerCount, 1024, 64);
    }

    Rig(Copies copies, ForwardingMode mode, int workerCount, int smallPackets, int largePackets) {
        this.copies = copies;
        for (int i = 0; i < workerCount; i++) {
            workers.add(new FakeWorker(i, new FakePool(smallPackets, largePackets), copies));
        }
        settings = new Settings(mode, 300, 10, 64, 64);
        forwarder = new Forwarder(List.copyOf(workers), settings, () -> nanos, 42);
        forwarder.start();
    }

    static Rig of(Copies copies, ForwardingMode mode, int portCount) {
        Rig rig = new Rig(copies, mode, 1);
        for (int i = 0; i < portCount; i++) {
            rig.open("p" + i);
        }
        return rig;
    }

    FakePort open(String name) {
        return open(name, 1, 0);
    }

    FakePort open(String name, int pairs, int firstWorker) {
        FakePort port = new FakePort(name, pairs, workers, firstWorker);
        ports.add(port);
        forwarder.opened(port);
        return port;
    }

    void close(FakePort port) {
        forwarder.closed(port);
        ports.remove(port);
    }

    void settings(Settings changed) {
        settings = changed;
        forwarder.configure(changed);
    }

    void mode(ForwardingMode mode) {
        settings(settings.withMode(mode));
    }

    void patience(int millis) {
        settings(new Settings(settings.mode(), settings.ageingSeconds(), millis, 64, 64));
    }

    /** The clock goes on, and is looked at. */
    void pass(long millis) {
        nanos = nanos + millis * 1_000_000;
        for (FakeWorker worker : workers) {
            worker.task().beforeSleep();
            worker.task().afterSleep();
        }
    }

    /** One turn of each worker, and some more where engines copy meanwhile. */
    int turn() {
        return turn(workers);
    }

    /** As {@link #turn()}, of one worker. */
    int turn(int worker) {
        return turn(List.of(workers.get(worker)));
    }

    private static int turn(List<FakeWorker> some) {
        int moved = step(some);
        for (int i = 0; i < TURNS_A_COPY && some.stream().anyMatch(FakeWorker::isInFlight); i++) {
            moved += step(some);
        }
        return moved;
    }

    /** How many packets a guest is rid of whose receiver takes none. */
    int mostTaken() {
        return copies == Copies.SYNCHRONOUS ? 64 : 512;
    }

    /** One turn of each worker, whatever is in flight then. */
    int step() {
        return step(workers);
    }

    void steps(int count) {
        for (int i = 0; i < count; i++) {
            step();
        }
    }

    private static int step(List<FakeWorker> some) {
        return some.stream().mapToInt(FakeWorker::turn).sum();
    }

    void turns(int count) {
        for (int i = 0; i < count; i++) {
            turn();
        }
    }

    FakePort port(int index) {
        return ports.get(index);
    }

    void send(int port, Frame... frames) {
        port(port).tx[0].toSend.addAll(List.of(frames));
    }

    List<Frame> received(int port) {
        return port(port).rx[0].received;
    }

    List<Integer> numbers(int port) {
        return received(port).stream().map(Frame::number).toList();
    }

    PortStatistics statistics(int port) {
        return forwarder.statistics().get(port);
    }

    /** The switch gets to know stations A, B, C behind ports 0, 1, 2; what was flooded for that is forgotten. */
    void learn() {
        String[] stations = {A, B, C};
        for (int i = 0; i < ports.size() && i < stations.length; i++) {
            send(i, Frame.of("01:80:c2:00:00:0e", stations[i], 0));
        }
        turns(3);
        for (FakePort port : ports) {
            port.rx[0].received.clear();
            port.rx[0].bursts.clear();
        }
    }

    int inUse() {
        return workers.stream().mapToInt(worker -> worker.pool.inUse()).sum();
    }
}
