package vhost.switching.internal;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import vhost.core.api.PacketPool;
import vhost.core.api.QueueCounters;
import vhost.core.api.VhostPort;
import vhost.core.api.VhostQueue;
import vhost.core.api.VhostWorker;

/** Both kinds of virtqueue, with a guest that the test plays. */
final class FakeQueue implements VhostQueue {
    final ArrayDeque<Frame> toSend = new ArrayDeque<>();
    final List<Frame> received = new ArrayList<>();
    final List<Integer> bursts = new ArrayList<>();

    private volatile boolean running = true;
    volatile boolean kicked;

    /** Buffers that the guest has made available to receive. */
    volatile int room = Integer.MAX_VALUE;

    /** In place of {@link #received} and {@link #toSend}, for what must not allocate. */
    Sink sink;

    Generator generator;

    private final FakePort port;
    private final String name;
    private final FakeWorker worker;
    private final boolean receives;
    private volatile long packets;
    private volatile long bytes;

    FakeQueue(FakePort port, String name, FakeWorker worker, boolean receives) {
        this.port = port;
        this.name = port.name() + "/" + name;
        this.worker = worker;
        this.receives = receives;
    }

    /** Starts or stops the ring. */
    void running(boolean runs) {
        running = runs;
        worker.queueChanged();
    }

    @Override
    public int enqueueBurst(long[] burst, int from, int count) {
        worker.check();
        if (!receives) {
            throw new AssertionError("enqueue to " + name);
        }
        int taken = running ? Math.min(count, room) : 0;
        for (int i = from; i < from + taken; i++) {
            if (sink != null) {
                sink.packet(burst[i]);
            } else {
                received.add(Frame.copyOf(burst[i]));
            }
        }
        if (sink == null && taken > 0) {
            bursts.add(taken);
        }
        if (room != Integer.MAX_VALUE) {
            room -= taken;
        }
        count(taken);
        return taken;
    }

    @Override
    public int dequeueBurst(PacketPool pool, long[] burst, int max) {
        worker.check();
        if (receives) {
            throw new AssertionError("dequeue from " + name);
        }
        if (!running) {
            return 0;
        }
        if (generator != null) {
            int made = generator.fill(pool, burst, max);
            count(made);
            return made;
        }
        int taken = 0;
        while (taken < max && !toSend.isEmpty()) {
            long packet = pool.take(toSend.peek().data().length);
            if (packet == PacketPool.NONE) {
                break;
            }
            toSend.poll().writeTo(packet);
            burst[taken++] = packet;
        }
        count(taken);
        return taken;
    }

    private void count(int moved) {
        packets = packets + moved;
        bytes = bytes + 64L * moved;
    }

    @Override
    public boolean hasAvailable() {
        worker.check();
        if (!running) {
            return false;
        }
        return receives ? room > 0 : generator != null ? generator.hasMore() : !toSend.isEmpty();
    }

    @Override
    public void wantKick(boolean wanted) {
        worker.check();
        kicked = wanted;
    }

    @Override
    public boolean isRunning() {
        worker.check();
        return running;
    }

    @Override
    public VhostWorker worker() {
        return worker;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public VhostPort port() {
        return port;
    }

    @Override
    public String engine() {
        return "builtin";
    }

    @Override
    public int threshold() {
        return 0;
    }

    @Override
    public QueueCounters counters() {
        return new QueueCounters(packets, bytes, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    }

    @Override
    public String ring() {
        return "fake";
    }

    /** Sees packets that a guest gets. */
    interface Sink {
        void packet(long packet);
    }

    /** Makes packets that a guest sends. */
    interface Generator {
        int fill(PacketPool pool, long[] burst, int max);

        boolean hasMore();
    }
}
