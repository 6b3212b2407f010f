package bench.internal;

import bench.internal.Results.Case;
import bench.internal.Results.Turn;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.ToIntFunction;
import vhost.core.api.VhostException;
import vhost.core.api.VhostQueue;

/** Contenders' turns at one queue. The control thread. */
final class Turns {
    /** Windows of a turn. */
    static final int WINDOWS = 16;

    /** Windows before the first turn: until everything is compiled. */
    private static final int WARM_UP_WINDOWS = 24;

    /** A threshold is learned from one burst in 64, and no decision is made before 16 of those. */
    private static final int LEARNING_WINDOWS = 160;

    /** Of the packets of a turn's windows one in so many is checked. */
    private static final int SAMPLE = 16;

    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);
    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private final WindowTask task;
    private final Payload payload;
    private final Disturbances disturbances;
    private final CacheFlush flush;

    /** Of a modelled engine: the worst alignment of its destinations since this was asked last. */
    private final ToIntFunction<String> alignments;

    private Lane lane;
    private Direction direction;
    private VhostQueue queue;

    /** Numbers windows, so that no stamp comes twice. */
    private int window;

    /** Whether the last window was. */
    private boolean disturbed;

    private long checkedPackets;
    private long checkedBytes;

    Turns(
            final WindowTask task,
            final Payload payload,
            final Disturbances disturbances,
            final CacheFlush flush,
            final ToIntFunction<String> alignments) {
        this.task = task;
        this.payload = payload;
        this.disturbances = disturbances;
        this.flush = flush;
        this.alignments = alignments;
    }

    /** The next turns are at this queue. */
    void begin(final Lane at, final Direction to) throws VhostException {
        lane = at;
        direction = to;
        queue = at.queue(to);
        if (to == Direction.RX) {
            task.prepare(at.load(), payload);
        }
    }

    /** Goes back to what is configured. */
    void end() throws VhostException {
        queue.unregisterAsyncChannel();
        if (direction == Direction.RX) {
            task.free();
        }
    }

    /** Windows that do not count; every byte of the first ones is checked. */
    void warmUp(final Contender contender) throws VhostException, IOException {
        take(contender);
        for (int i = 0; i < WARM_UP_WINDOWS; i++) {
            window(1, true);
        }
        for (int i = 0; contender.isAuto() && i < LEARNING_WINDOWS; i++) {
            window(SAMPLE, false);
        }
    }

    /** A turn that counts. */
    Turn turn(final int round, final Case of, final Contender contender) throws VhostException, IOException {
        take(contender);
        final long copiesBefore = queue.counters().engineCopies();
        final long redoneBefore = queue.counters().redone();
        alignments.applyAsInt(contender.engine());
        long allNanos = 0;
        long nanos = 0;
        long allCoreNanos = 0;
        long coreNanos = 0;
        int clean = 0;
        for (int i = 0; i < WINDOWS; i++) {
            final long time = window(SAMPLE, false);
            allNanos += time;
            allCoreNanos += task.coreNanos();
            // An engine that failed is not used until its next turn.
            if (!disturbed && queue.counters().redone() == redoneBefore) {
                nanos += time;
                coreNanos += task.coreNanos();
                clean++;
            }
        }
        final double packets = (double) task.timed() * (clean == 0 ? WINDOWS : clean);
        return new Turn(
                round,
                of,
                contender,
                packets * TimeUnit.SECONDS.toNanos(1) / (clean == 0 ? allNanos : nanos),
                clean,
                WINDOWS - clean,
                queue.counters().engineCopies() - copiesBefore,
                queue.threshold(),
                (clean == 0 ? allCoreNanos : coreNanos) / packets,
                alignments.applyAsInt(contender.engine()));
    }

    private void take(final Contender contender) throws VhostException, IOException {
        final long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (!isTaken(contender, System.nanoTime() - deadline > 0)) {
            LockSupport.parkNanos(RETRY_NANOS);
        }
        disturbances.findThreads();
    }

    /** An engine whose thread a busy machine did not let run may be out for a while: not there yet, unless it is the last try. */
    private boolean isTaken(final Contender contender, final boolean last) throws VhostException {
        try {
            queue.registerAsyncChannel(contender.engine(), contender.threshold());
            return true;
        } catch (VhostException e) {
            if (last) {
                throw e;
            }
            return false;
        }
    }

    /** Prepares the ring, lets the worker run, and checks. */
    private long window(final int every, final boolean poison) throws VhostException, IOException {
        window++;
        if (direction == Direction.TX) {
            lane.send(window);
        }
        if (flush.isWanted()) {
            lane.flush(flush, direction);
        }
        final long before = disturbances.count();
        final long nanos = task.run(queue, direction == Direction.RX, lane.load(), window);
        disturbed = disturbances.count() != before;
        if (direction == Direction.RX) {
            task.checkReturned();
            lane.receive(window, every, poison);
        } else {
            checkSent(every, poison);
        }
        count(every);
        return nanos;
    }

    private void checkSent(final int every, final boolean poison) throws VhostException {
        for (int i = 0; i < task.count(); i += every) {
            lane.checkSent(task.packet(i), window, i, poison);
        }
        task.free();
    }

    private void count(final int every) {
        for (int i = 0; i < task.count(); i += every) {
            checkedPackets++;
            checkedBytes += lane.load().length(i);
        }
    }

    long checkedPackets() {
        return checkedPackets;
    }

    long checkedBytes() {
        return checkedBytes;
    }
}
