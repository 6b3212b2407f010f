package vhost.switching.internal;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
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

    /** Whether an engine copies, which is done with a packet when it was asked this often. */
    boolean engine;

    int delay = 2;

    private final FakePort port;
    private final String name;
    private final FakeWorker worker;
    private final boolean receives;
    private final FakeCopies copies = new FakeCopies();
    private volatile long packets;
    private volatile long bytes;

    FakeQueue(FakePort port, String name, FakeWorker worker, boolean receives) {
        this.port = port;
        this.name = port.name() + "/" + name;
        this.worker = worker;
        this.receives = receives;
        worker.adopt(this);
    }

    /** Starts or stops the ring. */
    void running(boolean runs) {
        running = runs;
        worker.queueChanged();
    }

    /** Between two turns: an engine comes, goes, or becomes slower. */
    void changeEngine(Random random) {
        if (random.nextInt(4) == 0) {
            engine = !engine;
        }
        delay = random.nextInt(4);
    }

    @Override
    public int enqueueBurst(long[] burst, int from, int count) {
        checkSynchronous(true);
        int taken = running ? Math.min(count, room) : 0;
        for (int i = from; i < from + taken; i++) {
            deliver(burst[i]);
        }
        taken(taken);
        return taken;
    }

    private void deliver(long packet) {
        if (sink != null) {
            sink.packet(packet);
        } else {
            received.add(Frame.copyOf(packet));
        }
    }

    private void taken(int count) {
        if (sink == null && count > 0) {
            bursts.add(count);
        }
        if (room != Integer.MAX_VALUE) {
            room -= count;
        }
        count(count);
    }

    @Override
    public int dequeueBurst(PacketPool pool, long[] burst, int max) {
        checkSynchronous(false);
        return running ? take(pool, burst, max) : 0;
    }

    private int take(PacketPool pool, long[] burst, int max) {
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

    private void check(boolean enqueue) {
        worker.check();
        if (receives != enqueue) {
            throw new AssertionError(enqueue ? "enqueue to " + name : "dequeue from " + name);
        }
    }

    /** A queue would wait then, which costs a turn. */
    private void checkSynchronous(boolean enqueue) {
        check(enqueue);
        if (engine || inFlight() > 0) {
            throw new AssertionError("synchronous call to " + name + " with " + inFlight() + " in flight");
        }
    }

    @Override
    public boolean isAsync() {
        worker.check();
        return engine || inFlight() > 0;
    }

    @Override
    public int submitEnqueueBurst(long[] burst, int from, int count) {
        check(true);
        int accepted = running ? Math.min(Math.min(count, room), copies.room()) : 0;
        copies.lend(burst, from, accepted, engine ? delay : 0);
        taken(accepted);
        return accepted;
    }

    @Override
    public int pollEnqueueCompleted(long[] burst, int from, int max) {
        check(true);
        return completeEnqueue(burst, from, copies.completed(max));
    }

    private int completeEnqueue(long[] burst, int from, int count) {
        for (int i = 0; i < count && running; i++) {
            complete(copies.peek(i));
        }
        return giveBack(burst, from, count);
    }

    /** A fault stops the ring, as a worker would do. */
    private void complete(long packet) {
        try {
            deliver(packet);
        } catch (InternalError e) {
            running(false);
            throw e;
        }
    }

    private int giveBack(long[] burst, int from, int count) {
        for (int i = from; i < from + count; i++) {
            burst[i] = copies.giveBack();
        }
        return count;
    }

    @Override
    public int submitDequeueBurst(PacketPool pool, int max) {
        check(false);
        int begun = running ? take(pool, copies.scratch, Math.min(max, copies.room())) : 0;
        copies.lend(copies.scratch, 0, begun, engine ? delay : 0);
        return begun;
    }

    @Override
    public int pollDequeueCompleted(long[] burst, int from, int max) {
        check(false);
        return giveBack(burst, from, copies.completed(max));
    }

    @Override
    public int clearQueue(long[] burst, int from, int max) {
        worker.check();
        int count = Math.min(max, inFlight());
        return receives ? completeEnqueue(burst, from, count) : giveBack(burst, from, count);
    }

    @Override
    public int inFlight() {
        return copies.inFlight();
    }

    @Override
    public void registerAsyncChannel(String engineName, int bytes) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void unregisterAsyncChannel() {
        throw new UnsupportedOperationException();
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
        return engine ? "fake" : "builtin";
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
