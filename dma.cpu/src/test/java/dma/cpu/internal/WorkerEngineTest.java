package dma.cpu.internal;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dma.api.Completions;
import dma.api.CopyBatch;
import dma.api.CopyStatus;
import dma.api.DmaEngine;
import dma.api.DmaException;
import dma.api.DmaOps;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The thread, beside its owner: what can be seen only where copies can be held up. */
@Timeout(60)
class WorkerEngineTest extends EngineFixture {
    private static final int CAPACITY = 48;

    private GatedEngine worker;

    /** An engine whose copies can be held up, and that knows which it made. */
    private static final class GatedEngine extends WorkerEngine {
        private final List<Long> made = Collections.synchronizedList(new ArrayList<>());
        private volatile CountDownLatch gate = new CountDownLatch(0);
        private volatile CountDownLatch reached = new CountDownLatch(0);
        private volatile boolean recording;
        private volatile Thread thread;

        GatedEngine(final Settings settings) {
            super(settings);
        }

        /** The next copies wait, until {@link #go}. */
        void hold() {
            reached = new CountDownLatch(1);
            gate = new CountDownLatch(1);
            recording = true;
        }

        void awaitHeld() throws InterruptedException {
            reached.await();
        }

        void go() {
            gate.countDown();
        }

        @Override
        void copy(final long source, final long destination, final long length) {
            thread = Thread.currentThread();
            if (recording) {
                reached.countDown();
                awaitGate();
                made.add(source);
            }
            super.copy(source, destination, length);
        }

        private void awaitGate() {
            try {
                gate.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    GatedEngine create(final int capacity, final long spinNanos, final boolean shuffled) {
        return new GatedEngine(new WorkerEngine.Settings("test", capacity, spinNanos, shuffled, 1));
    }

    @Override
    DmaEngine engine() {
        worker = create(CAPACITY, 50_000, isShuffled());
        return worker;
    }

    boolean isShuffled() {
        return false;
    }

    @Override
    void end() {
        worker.go();
        worker.close();
    }

    @Test
    void shouldAllocateNothingForACopy() {
        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        for (int measured = 0; measured < 5; measured++) {
            final long before = allocated(threads);
            for (int round = 0; round < 2000; round++) {
                completions.clear();
                for (int i = 0; i < 32; i++) {
                    add(i * 100L, 100);
                }
                final int accepted = channel.transferData(batch);
                batch.clear();
                await(accepted);
            }
            least = Math.min(least, allocated(threads) - before);
        }
        // The first rounds load classes and link; 64000 copies of a later one would show the smallest object.
        assertThat(least).isLessThan(64_000);
    }

    /** By this thread, and by the engine's, which the kit does not know. */
    private long allocated(final ThreadMXBean threads) {
        final Thread thread = worker.thread;
        return threads.getThreadAllocatedBytes(Thread.currentThread().threadId())
                + (thread == null ? 0 : threads.getThreadAllocatedBytes(thread.threadId()));
    }

    @Test
    void shouldStateThatItTakesAQueueful() {
        assertThat(engine.limits().offloads()).isTrue();
        assertThat(engine.limits().maxInFlight()).isEqualTo(CAPACITY);
        assertThat(engine.limits().needsMapping()).isFalse();
    }

    @Test
    void shouldReturnBeforeTheCopiesAreMade() throws Exception {
        worker.hold();
        add(0, 100);
        submitAll();
        worker.awaitHeld();
        assertThat(channel.completedCopies(completions)).isZero();
        assertThat(to.get(JAVA_BYTE, 0)).isZero();
        worker.go();
        await(1);
        assertThat(isCopied(0, 100)).isTrue();
    }

    @Test
    void shouldAcceptNoMoreThanItsCapacityUntilItHasReported() throws Exception {
        worker.hold();
        for (int i = 0; i < BATCH; i++) {
            add(i * 100L, 100);
        }
        assertThat(channel.transferData(batch)).isEqualTo(CAPACITY);
        batch.advance(CAPACITY);
        assertThat(channel.transferData(batch)).isZero();
        worker.go();
        final Completions five = new Completions(5);
        await(channel, five, 5);
        assertThat(channel.transferData(batch)).isEqualTo(5);
    }

    @Test
    void shouldWorkWithAQueueOfOne() throws Exception {
        try (WorkerEngine single = create(1, 0, isShuffled());
                DmaOps narrow = single.open("narrow")) {
            for (int i = 0; i < 100; i++) {
                add(i, 1);
                add(i, 1);
                assertThat(narrow.transferData(batch)).isEqualTo(1);
                batch.clear();
                completions.clear();
                await(narrow, completions, 1);
            }
        }
        assertThat(isCopied(0, 100)).isTrue();
    }

    @Test
    void shouldWakeUpHoweverOftenItFellAsleep() throws Exception {
        try (WorkerEngine sleepy = create(CAPACITY, 0, isShuffled());
                DmaOps only = sleepy.open("only")) {
            // Alone: another owner would mend a wake-up that was lost.
            oneByOne(only, new CopyBatch(arena, 1), 0, 100_000);
        }
        assertThat(isCopied(0, 100_000)).isTrue();
    }

    @Test
    void shouldServeOwnersThatSubmitAtATime() throws Exception {
        try (WorkerEngine sleepy = create(CAPACITY, 0, isShuffled());
                DmaOps first = sleepy.open("first");
                DmaOps second = sleepy.open("second")) {
            final CompletableFuture<Void> other =
                    CompletableFuture.runAsync(() -> oneByOne(second, new CopyBatch(arena, 1), 500_000, 20_000));
            oneByOne(first, new CopyBatch(arena, 1), 0, 20_000);
            other.get();
        }
        assertThat(isCopied(0, 20_000)).isTrue();
        assertThat(isCopied(500_000, 20_000)).isTrue();
    }

    private void oneByOne(final DmaOps ops, final CopyBatch one, final int at, final int count) {
        final Completions its = new Completions(1);
        for (int i = 0; i < count; i++) {
            one.add(from.address() + at + i, to.address() + at + i, 1);
            if (ops.transferData(one) != 1) {
                throw new AssertionError("not accepted: " + i);
            }
            one.clear();
            its.clear();
            await(ops, its, 1);
            // Sweeps the next submission over the moment at which the thread falls asleep.
            for (int pause = i % 128; pause > 0; pause--) {
                VarHandle.acquireFence();
            }
        }
    }

    @Test
    void shouldReportInTheOrderOfSubmissionWhateverTheOrderInside(@TempDir final Path folder) throws Exception {
        final MemorySegment memory = truncated(folder);
        final List<Long> submitted = new ArrayList<>();
        worker.hold();
        add(0, 1);
        submitAll();
        worker.awaitHeld();
        // All of these are queued when the thread looks next.
        final List<Integer> bad = List.of(3, 4, 17, 39);
        for (int i = 0; i < 40; i++) {
            final long source = bad.contains(i) ? memory.address() + 4096 + i : from.address() + i * 100L;
            batch.add(source, to.address() + i * 100L, 100);
            submitted.add(source);
        }
        submitAll();
        worker.go();
        await(41);
        assertThat(IntStream.range(0, 40).filter(i -> completions.status(i + 1) != CopyStatus.OK))
                .containsExactly(3, 4, 17, 39);
        assertThat(completions.failures()).isEqualTo(4);
        final List<Long> made = worker.made.subList(1, 41);
        assertThat(made).containsExactlyInAnyOrderElementsOf(submitted);
        assertThat(made.equals(submitted)).isEqualTo(!isShuffled());
    }

    @Test
    void shouldFailOnlyTheCopiesThatHitTruncatedMemory(@TempDir final Path folder) throws Exception {
        final MemorySegment memory = truncated(folder);
        // Often enough for all of it to be compiled: the JVM raises the error at another place then.
        for (int round = 0; round < 3000; round++) {
            for (int i = 0; i < 32; i++) {
                final boolean bad = i == round % 32 && round % 3 == 0;
                batch.add(bad ? memory.address() + 4096 : from.address() + i * 100, to.address() + i * 100L, 100);
            }
            submitAll();
            await(32);
            for (int i = 0; i < 32; i++) {
                final boolean bad = i == round % 32 && round % 3 == 0;
                if (completions.status(i) != (bad ? CopyStatus.FAILED : CopyStatus.OK)) {
                    throw new AssertionError("round " + round + ", copy " + i + ": " + names(completions));
                }
            }
            completions.clear();
        }
        // A truncated destination is no different.
        batch.add(from.address(), memory.address() + 4096, 100);
        submitAll();
        await(1);
        assertThat(names(completions)).isEqualTo("failed");
    }

    @Test
    void shouldFailACopyOfNoMemoryAtAll() {
        batch.add(from.address(), to.address(), -5);
        add(0, 5);
        submitAll();
        await(2);
        assertThat(names(completions)).isEqualTo("failed ok");
    }

    @Test
    void shouldForgetFailuresThatWereAborted() throws Exception {
        worker.hold();
        batch.add(from.address(), to.address(), -5);
        add(0, 5);
        submitAll();
        worker.awaitHeld();
        final CompletableFuture<Boolean> aborted = CompletableFuture.supplyAsync(channel::abort);
        worker.go();
        assertThat(aborted.get()).isTrue();
        for (int i = 0; i < CAPACITY; i++) {
            add(i * 100L, 100);
        }
        submitAll();
        for (int i = 0; i < CAPACITY / 2; i++) {
            add(i * 100L, 100);
        }
        submitAll();
        await(CAPACITY + CAPACITY / 2);
        assertThat(completions.failures()).isZero();
    }

    @Test
    void shouldNotWriteOnceAbortHasReturned() {
        final byte[] seen = new byte[1];
        for (int round = 0; round < 3000; round++) {
            for (int i = 0; i < 32; i++) {
                add(i * 20_000L, 20_000);
            }
            channel.transferData(batch);
            batch.clear();
            if (!channel.abort()) {
                throw new AssertionError("not aborted in round " + round);
            }
            for (int i = 0; i < 32; i++) {
                to.set(JAVA_BYTE, i * 20_000L + 19_999, (byte) 0);
            }
            Thread.onSpinWait();
            for (int i = 0; i < 32; i++) {
                seen[0] |= to.get(JAVA_BYTE, i * 20_000L + 19_999);
            }
        }
        assertThat(seen[0]).isZero();
    }

    @Test
    void shouldSayThatItCannotPromiseWhileItsThreadHangs() throws Exception {
        worker.hold();
        add(0, 100);
        add(1000, 100);
        submitAll();
        worker.awaitHeld();
        assertThat(channel.abort()).isFalse();
        assertThat(channel.transferData(batch)).isEqualTo(CopyStatus.HALTED);
        assertThat(channel.completedCopies(completions)).isEqualTo(CopyStatus.HALTED);
        worker.go();
        assertThat(channel.abort()).isTrue();
        // At most the one that hung was made; the other one never will be.
        assertThat(worker.made).hasSize(1);
        try (DmaOps next = engine.open("next")) {
            add(2000, 100);
            assertThat(next.transferData(batch)).isEqualTo(1);
            await(next, completions, 1);
        }
        assertThat(worker.made).hasSize(2);
    }

    @Test
    void shouldMakeNoCopyThatIsQueuedWhenItIsAborted() throws Exception {
        worker.hold();
        for (int i = 0; i < 10; i++) {
            add(i * 100L, 100);
        }
        submitAll();
        worker.awaitHeld();
        final CompletableFuture<Boolean> aborted = CompletableFuture.supplyAsync(channel::abort);
        while (!((WorkerChannel) channel).wantsStop()) {
            Thread.onSpinWait();
        }
        worker.go();
        assertThat(aborted.get()).isTrue();
        assertThat(worker.made).hasSize(1);
    }

    @Test
    void shouldHaltChannelsThatOutliveIt() throws Exception {
        final Completions few = new Completions(2);
        for (int i = 0; i < 4; i++) {
            add(i * 100L, 100);
        }
        submitAll();
        await(channel, few, 2);
        worker.close();
        worker.close();
        final int last = channel.completedCopies(completions);
        if (last != CopyStatus.HALTED) {
            assertThat(last).isBetween(1, 2);
            assertThat(names(completions)).doesNotContain("failed");
            channel.completedCopies(completions);
        }
        assertThat(channel.completedCopies(completions)).isEqualTo(CopyStatus.HALTED);
        add(1000, 100);
        assertThat(channel.transferData(batch)).isEqualTo(CopyStatus.HALTED);
        assertThat(channel.abort()).isTrue();
        assertThatThrownBy(() -> engine.open("late"))
                .isInstanceOf(DmaException.class)
                .hasMessage("test has been stopped; start it again, or take another engine");
    }

    @Test
    void shouldAbortWhatItNeverTookBeforeItEnded() throws Exception {
        worker.hold();
        for (int i = 0; i < 40; i++) {
            add(i * 100L, 100);
        }
        submitAll();
        worker.awaitHeld();
        final CompletableFuture<Void> closed = CompletableFuture.runAsync(worker::close);
        while (worker.isServing()) {
            Thread.onSpinWait();
        }
        assertThat(channel.transferData(batch)).isEqualTo(CopyStatus.HALTED);
        worker.go();
        closed.get();
        assertThat(worker.hasEnded()).isTrue();
        assertThat(channel.abort()).isTrue();
        assertThat(channel.completedCopies(completions)).isEqualTo(CopyStatus.HALTED);
    }

    @Test
    void shouldEndWithoutEverHavingHadAChannel() {
        final WorkerEngine unused = create(1, 0, false);
        unused.close();
        assertThatThrownBy(() -> unused.open("late")).isInstanceOf(DmaException.class);
    }

    @Test
    void shouldTakeNothingOnceItIsClosed() {
        channel.close();
        add(0, 100);
        assertThat(channel.transferData(batch)).isEqualTo(CopyStatus.HALTED);
        assertThat(channel.completedCopies(completions)).isEqualTo(CopyStatus.HALTED);
    }

    @Test
    void shouldRefuseSettingsThatCannotBe() {
        assertThatThrownBy(() -> create(0, 0, false)).hasMessage("test: capacity 0; use 1 to 65536 copies");
        assertThatThrownBy(() -> create(65_537, 0, false)).hasMessage("test: capacity 65537; use 1 to 65536 copies");
        assertThatThrownBy(() -> create(1, -1, false))
                .hasMessage("test: spin.micros is negative; use 0 or more microseconds");
    }
}
