package dma.chaos;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dma.api.Completions;
import dma.api.CopyBatch;
import dma.api.CopyStatus;
import dma.api.DmaException;
import dma.api.DmaOps;
import dma.api.MemoryRegion;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class ChaosEngineTest {
    private static final int BYTES = 1 << 16;
    private static final int COPY = 100;

    private final Arena arena = Arena.ofAuto();
    private final MemorySegment from = arena.allocate(BYTES, 4096).fill((byte) 7);
    private final MemorySegment to = arena.allocate(BYTES, 4096);
    private final MemoryRegion source = new MemoryRegion(from.address(), BYTES);
    private final MemoryRegion destination = new MemoryRegion(to.address(), BYTES);
    private final CopyBatch batch = new CopyBatch(arena, 64);
    private final Completions completions = new Completions(64);
    private final AtomicLong clock = new AtomicLong();
    private final List<String> told = new ArrayList<>();

    private ChaosEngine engine;
    private DmaOps channel;

    private void open(final Settings.Builder settings) throws DmaException {
        engine = new ChaosEngine(settings.build(), () -> clock.addAndGet(1000), told::add);
        channel = engine.open("q");
        channel.announce(source);
        channel.announce(destination);
    }

    private void open(final Fault fault) throws DmaException {
        open(Settings.seeded(1).with(fault, Chance.every(1)));
    }

    private int submit(final int first, final int count) {
        batch.clear();
        for (int i = first; i < first + count; i++) {
            batch.add(from.address() + i * COPY, to.address() + i * COPY, COPY);
        }
        return channel.transferData(batch);
    }

    private int poll() {
        completions.clear();
        return channel.completedCopies(completions);
    }

    private boolean isMade(final int index) {
        return to.asSlice((long) index * COPY, COPY).mismatch(from.asSlice(0, COPY)) == -1;
    }

    private boolean isUntouched(final int index) {
        return to.asSlice((long) index * COPY, COPY).mismatch(arena.allocate(COPY)) == -1;
    }

    @Test
    void shouldKeepTheContractWithoutFaults() throws Exception {
        open(Settings.seeded(1));
        assertThat(submit(0, 64)).isEqualTo(64);
        assertThat(isUntouched(0)).isTrue();
        assertThat(poll()).isEqualTo(64);
        assertThat(completions.failures()).isZero();
        for (int i = 0; i < 64; i++) {
            assertThat(isMade(i)).isTrue();
        }
        assertThat(poll()).isZero();
        assertThat(channel.abort()).isTrue();
        channel.withdraw(source);
        channel.withdraw(destination);
        assertThat(engine.openChannels()).isOne();
        channel.close();
        channel.close();
        assertThat(engine.openChannels()).isZero();
        assertThat(engine.copies()).isEqualTo(64);
        assertThat(engine.violations()).isEmpty();
    }

    @Test
    void shouldHoldNoMoreThanItSays() throws Exception {
        open(Settings.seeded(1).maxInFlight(5));
        assertThat(submit(0, 8)).isEqualTo(5);
        assertThat(submit(5, 3)).isZero();
        final Completions two = new Completions(2);
        assertThat(channel.completedCopies(two)).isEqualTo(2);
        assertThat(submit(5, 3)).isEqualTo(2);
    }

    @Test
    void shouldDelayByPolls() throws Exception {
        open(Settings.seeded(1).delayPolls(3, 3));
        submit(0, 1);
        assertThat(List.of(poll(), poll(), poll(), poll())).containsExactly(0, 0, 0, 1);
    }

    @Test
    void shouldDelayByTheClock() throws Exception {
        open(Settings.seeded(1).delayMicros(50, 50));
        submit(0, 1);
        assertThat(poll()).isZero();
        clock.addAndGet(49_000);
        assertThat(poll()).isOne();
    }

    @Test
    void shouldMakeCopiesInAnotherOrderThanItReportsThem() throws Exception {
        open(Settings.seeded(1).delayPolls(0, 20).reorder(true));
        submit(0, 32);
        int reported = 0;
        boolean overtaken = false;
        while (reported < 32) {
            reported += poll();
            for (int i = 0; i < reported; i++) {
                assertThat(isMade(i)).isTrue();
            }
            for (int i = reported + 1; i < 32; i++) {
                overtaken |= isMade(i);
            }
        }
        assertThat(overtaken).isTrue();
    }

    @Test
    void shouldKeepTheOrderInsideWhereItIsNotToldOtherwise() throws Exception {
        open(Settings.seeded(1).delayPolls(0, 20));
        submit(0, 32);
        for (int reported = 0; reported < 32; ) {
            reported += poll();
            for (int i = reported; i < 32; i++) {
                assertThat(isUntouched(i)).isTrue();
            }
        }
    }

    @Test
    void shouldDoTheSameForTheSameSeed() throws Exception {
        final List<List<Integer>> runs = new ArrayList<>();
        for (final long seed : new long[] {5, 5, 6}) {
            open(Settings.seeded(seed)
                    .delayPolls(0, 5)
                    .reorder(true)
                    .with(Fault.PARTIAL, Chance.of(0.5))
                    .with(Fault.STATUS_FAILED, Chance.of(0.3)));
            final List<Integer> run = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                run.add(submit(0, 8));
                run.add(poll());
                run.add(completions.failures());
            }
            runs.add(run);
        }
        assertThat(runs.get(1)).isEqualTo(runs.get(0)).isNotEqualTo(runs.get(2));
    }

    @Test
    void shouldAcceptInPart() throws Exception {
        open(Fault.PARTIAL);
        assertThat(submit(0, 10)).isBetween(0, 9);
        assertThat(engine.injected(Fault.PARTIAL)).isOne();
    }

    @Test
    void shouldBeFullNowAndThen() throws Exception {
        open(Settings.seeded(1).with(Fault.FULL, Chance.every(2)));
        assertThat(List.of(submit(0, 1), submit(1, 1), submit(1, 1), submit(2, 1)))
                .containsExactly(1, 0, 1, 0);
    }

    @ParameterizedTest
    @CsvSource({
        "STATUS_FAILED, -1",
        "STATUS_UNREACHABLE, -2",
        "STATUS_REFUSED, -3",
        "STATUS_HALTED, -4",
        "STATUS_UNKNOWN, -77"
    })
    void shouldFailCopies(final Fault fault, final int status) throws Exception {
        open(Settings.seeded(1).with(fault, Chance.every(3)));
        submit(0, 60);
        assertThat(poll()).isEqualTo(60);
        boolean inPart = false;
        boolean notAtAll = false;
        for (int i = 0; i < 60; i++) {
            final boolean fails = i % 3 == 2;
            assertThat(completions.status(i)).isEqualTo(fails ? status : CopyStatus.OK);
            assertThat(isMade(i)).isEqualTo(!fails);
            notAtAll |= isUntouched(i);
            inPart |= fails && !isUntouched(i);
        }
        assertThat(inPart).isTrue();
        assertThat(notAtAll).isTrue();
        assertThat(engine.injected(fault)).isEqualTo(20);
    }

    @Test
    void shouldReportMoreThanIsInFlight() throws Exception {
        open(Settings.seeded(1).delayPolls(100, 100).with(Fault.COMPLETION_EXCESS, Chance.at(2)));
        submit(0, 3);
        assertThat(poll()).isZero();
        assertThat(poll()).isBetween(4, 7).isEqualTo(completions.count());
        assertThat(isUntouched(0)).isTrue();
        assertThat(poll()).isZero();
    }

    @Test
    void shouldMiscount() throws Exception {
        open(Fault.COMPLETION_MISCOUNT);
        submit(0, 3);
        assertThat(poll()).isNotEqualTo(completions.count());
        assertThat(completions.count()).isEqualTo(3);
    }

    @Test
    void shouldAnswerNonsense() throws Exception {
        open(Fault.COMPLETION_NONSENSE);
        submit(0, 3);
        assertThat(poll()).isLessThanOrEqualTo(-1000);
        assertThat(completions.count()).isZero();
        open(Fault.TRANSFER_NONSENSE);
        assertThat(submit(0, 3)).isLessThanOrEqualTo(-1000);
        assertThat(poll()).isEqualTo(3);
        open(Fault.TRANSFER_EXCESS);
        assertThat(submit(0, 3)).isBetween(4, 7);
    }

    @Test
    void shouldHangUntilItIsAborted() throws Exception {
        open(Settings.seeded(1).with(Fault.HANG, Chance.at(2)));
        submit(0, 3);
        submit(3, 3);
        for (int i = 0; i < 100; i++) {
            assertThat(poll()).isZero();
        }
        assertThat(channel.abort()).isTrue();
        assertThat(poll()).isZero();
        submit(6, 3);
        assertThat(poll()).isEqualTo(3);
        assertThat(isUntouched(0)).isTrue();
    }

    @Test
    void shouldHaltForGood() throws Exception {
        open(Settings.seeded(1).with(Fault.TRANSFER_HALT, Chance.at(2)));
        assertThat(submit(0, 3)).isEqualTo(3);
        assertThat(submit(3, 3)).isEqualTo(CopyStatus.HALTED);
        assertThat(poll()).isEqualTo(CopyStatus.HALTED);
        assertThat(submit(3, 3)).isEqualTo(CopyStatus.HALTED);
        assertThat(channel.abort()).isTrue();
        assertThat(submit(3, 3)).isEqualTo(CopyStatus.HALTED);
        open(Settings.seeded(1).with(Fault.COMPLETION_HALT, Chance.at(1)));
        submit(0, 3);
        assertThat(poll()).isEqualTo(CopyStatus.HALTED);
        assertThat(submit(3, 3)).isEqualTo(CopyStatus.HALTED);
    }

    @Test
    void shouldThrowWithAndWithoutHavingAccepted() throws Exception {
        open(Fault.TRANSFER_THROW);
        final List<Integer> accepted = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            final int at = i;
            assertThatThrownBy(() -> submit(at, 1)).isInstanceOf(IllegalStateException.class);
            accepted.add(poll());
        }
        assertThat(accepted).contains(0, 1);
        open(Fault.COMPLETION_THROW);
        assertThatThrownBy(this::poll).isInstanceOf(IllegalStateException.class);
        open(Fault.CLOSE_THROW);
        assertThatThrownBy(() -> channel.close()).isInstanceOf(IllegalStateException.class);
        channel.close();
        assertThat(engine.openChannels()).isZero();
    }

    @Test
    void shouldWriteAfterAnAbortThatPromisedNothing() throws Exception {
        open(Settings.seeded(1).with(Fault.ABORT_FALSE, Chance.at(1)).with(Fault.ABORT_THROW, Chance.at(2)));
        submit(0, 2);
        assertThat(channel.abort()).isFalse();
        assertThat(isUntouched(0)).isTrue();
        assertThat(engine.lateWrites()).isEqualTo(2);
        assertThat(poll()).isZero();
        assertThat(engine.writeLate()).isEqualTo(2);
        assertThat(isMade(0) && isMade(1)).isTrue();
        submit(2, 1);
        assertThatThrownBy(() -> channel.abort()).isInstanceOf(IllegalStateException.class);
        channel.close();
        assertThat(isUntouched(2)).isTrue();
        assertThat(engine.writeLate()).isOne();
        assertThat(isMade(2)).isTrue();
    }

    @Test
    void shouldNotWriteAfterAnAbortThatPromised() throws Exception {
        open(Settings.seeded(1).with(Fault.ABORT_FALSE, Chance.at(1)));
        submit(0, 2);
        assertThat(channel.abort()).isFalse();
        assertThat(channel.abort()).isTrue();
        assertThat(engine.writeLate()).isZero();
        assertThat(isUntouched(0)).isTrue();
        submit(0, 2);
        assertThat(poll()).isEqualTo(2);
        assertThat(engine.violations()).isEmpty();
    }

    @Test
    void shouldWriteLateAfterAFailure() throws Exception {
        open(Settings.seeded(1).latePolls(2).with(Fault.LATE_AFTER_FAILURE, Chance.at(1)));
        submit(0, 2);
        assertThat(poll()).isEqualTo(2);
        assertThat(completions.status(0)).isEqualTo(CopyStatus.FAILED);
        assertThat(completions.status(1)).isEqualTo(CopyStatus.OK);
        poll();
        assertThat(isUntouched(0)).isTrue();
        poll();
        assertThat(isMade(0)).isTrue();
    }

    @Test
    void shouldTakeItsTimeToAbort() throws Exception {
        open(Settings.seeded(1).abortMillis(5).with(Fault.ABORT_SLOW, Chance.at(1)));
        final long before = clock.get();
        final CompletableFuture<Boolean> aborted = CompletableFuture.supplyAsync(channel::abort);
        while (!aborted.isDone()) {
            clock.addAndGet(100_000);
        }
        assertThat(aborted.get()).isTrue();
        assertThat(clock.get() - before).isGreaterThan(5_000_000);
    }

    @Test
    void shouldRefuseOnTheControlPath() throws Exception {
        final ChaosEngine closed = new ChaosEngine(Settings.seeded(1)
                .with(Fault.OPEN_REFUSED, Chance.at(1))
                .with(Fault.OPEN_THROW, Chance.at(1))
                .build());
        assertThatThrownBy(() -> closed.open("q")).isInstanceOf(DmaException.class);
        assertThatThrownBy(() -> closed.open("q")).isInstanceOf(IllegalStateException.class);
        assertThat(closed.openChannels()).isZero();
        closed.open("q").close();

        open(Settings.seeded(1).with(Fault.ANNOUNCE_REFUSED, Chance.at(3)).with(Fault.WITHDRAW_REFUSED, Chance.at(1)));
        final MemoryRegion third = new MemoryRegion(0x7000_0000_0000L, 4096);
        assertThatThrownBy(() -> channel.announce(third)).isInstanceOf(DmaException.class);
        channel.announce(third);
        assertThatThrownBy(() -> channel.withdraw(third)).isInstanceOf(DmaException.class);
        channel.withdraw(third);
        assertThat(engine.violations()).isEmpty();
    }

    private void assertViolation(final String text) {
        assertThat(engine.violations())
                .singleElement()
                .asString()
                .startsWith("q: ")
                .contains(text);
        assertThat(engine.violationCount()).isOne();
        assertThat(told).isEqualTo(engine.violations());
        told.clear();
    }

    private int submitOne(final long at, final long into, final long length) {
        batch.clear();
        batch.add(at, into, length);
        assertThat(channel.transferData(batch)).isOne();
        poll();
        return completions.status(0);
    }

    @Test
    void shouldSeeCopiesThatTheLimitsForbid() throws Exception {
        open(Settings.seeded(1).maxCopyBytes(1000).alignment(8));
        assertThat(submitOne(from.address(), to.address(), 0)).isEqualTo(CopyStatus.REFUSED);
        assertViolation("copy of 0 bytes");
        open(Settings.seeded(1).maxCopyBytes(1000).alignment(8));
        assertThat(submitOne(from.address(), to.address(), 1001)).isEqualTo(CopyStatus.REFUSED);
        assertViolation("copy of 1001 bytes; 1 to 1000 are allowed");
        open(Settings.seeded(1).maxCopyBytes(1000).alignment(8));
        assertThat(submitOne(from.address(), to.address() + 4, 10)).isEqualTo(CopyStatus.REFUSED);
        assertViolation("is not aligned to 8 bytes");
    }

    @Test
    void shouldSeeCopiesOutsideOfTheMemoryThatWasAnnounced() throws Exception {
        open(Settings.seeded(1));
        // Were this copy made the test would die of it.
        assertThat(submitOne(from.address(), 16, 8)).isEqualTo(CopyStatus.UNREACHABLE);
        assertViolation("is outside of the memory that was announced");
        open(Settings.seeded(1));
        assertThat(submitOne(from.address(), to.address() + BYTES - 7, 8)).isEqualTo(CopyStatus.UNREACHABLE);
        assertViolation("is outside of the memory that was announced");
        open(Settings.seeded(1).needsMapping(false));
        channel.withdraw(destination);
        assertThat(submitOne(from.address(), to.address(), 8)).isEqualTo(CopyStatus.OK);
        assertThat(engine.violations()).isEmpty();
    }

    @Test
    void shouldSeeMemoryUsedThatWasGivenUp() throws Exception {
        open(Settings.seeded(1).with(Fault.ABORT_FALSE, Chance.at(1)));
        submit(0, 1);
        channel.abort();
        assertThat(submitOne(from.address() + COPY, to.address() + COPY, COPY)).isEqualTo(CopyStatus.OK);
        assertThat(submitOne(from.address() + COPY, to.address() + COPY - 1, COPY))
                .isEqualTo(CopyStatus.UNREACHABLE);
        assertViolation("which no abort has let go");
    }

    @Test
    void shouldSeeCallsAfterClose() throws Exception {
        open(Settings.seeded(1));
        channel.close();
        assertThat(submit(0, 1)).isEqualTo(CopyStatus.HALTED);
        assertViolation("transferData after close");
        open(Settings.seeded(1));
        channel.close();
        assertThat(poll()).isEqualTo(CopyStatus.HALTED);
        assertViolation("completedCopies after close");
    }

    @Test
    void shouldSeeMemoryAnnouncedTwice() throws Exception {
        open(Settings.seeded(1));
        channel.announce(new MemoryRegion(from.address(), 4096));
        assertViolation("is announced");
        open(Settings.seeded(1));
        channel.announce(new MemoryRegion(100, 4096));
        assertViolation("which are no pages");
    }

    @Test
    void shouldSeeMemoryTakenFromCopiesInFlight() throws Exception {
        open(Settings.seeded(1));
        submit(0, 1);
        assertThatThrownBy(() -> channel.withdraw(source)).isInstanceOf(DmaException.class);
        assertViolation("in flight");
        poll();
        channel.withdraw(source);
        assertThat(engine.violationCount()).isOne();
        channel.withdraw(source);
        assertThat(engine.violations()).hasSize(2);
    }

    @Test
    void shouldSeeCompletionsThatWereNotCleared() throws Exception {
        open(Settings.seeded(1));
        submit(0, 2);
        poll();
        channel.completedCopies(completions);
        assertViolation("not cleared");
    }

    @Test
    void shouldSeeCallsThatComeAtATime() throws Exception {
        final CountDownLatch inside = new CountDownLatch(1);
        final CountDownLatch seen = new CountDownLatch(1);
        // The abort is held at its clock until the other call has been seen.
        engine = new ChaosEngine(
                Settings.seeded(1)
                        .abortMillis(0)
                        .with(Fault.ABORT_SLOW, Chance.at(1))
                        .build(),
                () -> {
                    inside.countDown();
                    try {
                        seen.await();
                    } catch (InterruptedException e) {
                        throw new IllegalStateException(e);
                    }
                    return 0;
                },
                violation -> seen.countDown());
        channel = engine.open("q");
        final CompletableFuture<Boolean> aborted = CompletableFuture.supplyAsync(channel::abort);
        inside.await();
        assertThat(poll()).isZero();
        assertThat(aborted.get()).isTrue();
        assertThat(engine.violations())
                .singleElement()
                .asString()
                .contains("completedCopies by thread", "is in a call");
    }

    @Test
    void shouldTouchOnlyWhatItWasAskedTo() throws Exception {
        open(Settings.seeded(1).with(Fault.STATUS_FAILED, Chance.every(2)));
        submitOne(from.address(), to.address() + 100, 50);
        submitOne(from.address(), to.address() + 200, 50);
        for (int i = 0; i < 300; i++) {
            final boolean asked = i >= 100 && i < 150 || i >= 200 && i < 250;
            assertThat(asked || to.get(JAVA_BYTE, i) == 0).isTrue();
        }
    }
}
