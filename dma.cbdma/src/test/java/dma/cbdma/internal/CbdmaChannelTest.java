package dma.cbdma.internal;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dma.api.Completions;
import dma.api.CopyBatch;
import dma.api.CopyStatus;
import dma.api.DmaException;
import dma.api.DmaOps;
import dma.api.MemoryRegion;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a channel has its device do, and what it makes of what the device did. */
@Timeout(60)
class CbdmaChannelTest {
    private static final String ADDRESS = "0000:00:04.0";
    private static final int RING = 32;
    private static final int CAPACITY = RING - 1;
    private static final int MAX_TRANSFER = 1 << FakeFunction.MAX_TRANSFER_EXPONENT;
    private static final long BYTES = 1 << 18;

    private final Arena arena = Arena.ofAuto();
    private final MemorySegment from = arena.allocate(BYTES, 4096);
    private final MemorySegment to = arena.allocate(BYTES, 4096);
    private final CopyBatch batch = new CopyBatch(arena, 64);
    private final Completions completions = new Completions(256);

    @TempDir
    private Path folder;

    private FakeHost host;
    private FakeFunction function;
    private CbdmaEngine engine;
    private DmaOps channel;

    @BeforeEach
    void open() throws Exception {
        for (long i = 0; i < BYTES; i++) {
            from.set(JAVA_BYTE, i, (byte) (i * 31 + 1));
        }
        host = new FakeHost(folder);
        function = host.add(ADDRESS, 0, "17");
        engine = engine();
        channel = channel();
    }

    @AfterEach
    void close() {
        channel.close();
    }

    private CbdmaEngine engine() {
        final CbdmaEngines engines = new CbdmaEngines(host, Settings.of("auto", false, RING), host);
        engines.refresh();
        return engines.usable().getFirst();
    }

    private DmaOps channel() throws DmaException {
        final DmaOps opened = engine.open("port0/tx0");
        opened.announce(region(from));
        opened.announce(region(to));
        function.doorbells = 0;
        function.resets = 0;
        return opened;
    }

    private static MemoryRegion region(final MemorySegment memory) {
        return new MemoryRegion(memory.address(), memory.byteSize());
    }

    private void add(final long at, final long length) {
        batch.add(from.address() + at, to.address() + at, length);
    }

    private int submit() {
        final int accepted = channel.transferData(batch);
        batch.clear();
        return accepted;
    }

    private void submit(final int count) {
        for (int i = 0; i < count; i++) {
            add(i * 100L, 100);
        }
        assertThat(submit()).isEqualTo(count);
    }

    /** Runs the device and asks, until so many were reported. */
    private void complete(final int count) {
        for (int i = 0; completions.count() < count; i++) {
            function.run();
            final int before = completions.count();
            final int reported = channel.completedCopies(completions);
            assertThat(completions.count() - before).isEqualTo(reported);
            assertThat(i).isLessThan(10_000);
        }
    }

    private List<String> names() {
        return IntStream.range(0, completions.count())
                .mapToObj(i -> CopyStatus.name(completions.status(i)))
                .toList();
    }

    private boolean isCopied(final long at, final long length) {
        return to.asSlice(at, length).mismatch(from.asSlice(at, length)) == -1;
    }

    @Test
    void shouldBringTheChannelUp() {
        assertThat(function.isBusMaster()).isTrue();
        assertThat(function.control).isEqualTo(0x000C);
        assertThat(function.error).isZero();
        assertThat(function.state()).isEqualTo(Registers.ARMED);
        assertThat(function.chain() % 64).isZero();
        assertThat(function.deviceResets).isEqualTo(1);
        assertThat(channel.completedCopies(completions)).isZero();
        assertThat(function.doorbells).isZero();
    }

    @Test
    void shouldReportWhatTheDeviceHasCompletedAndRingOnceABurst() {
        submit(10);
        assertThat(function.doorbells).isEqualTo(1);
        assertThat(channel.completedCopies(completions)).isZero();
        function.step();
        function.step();
        assertThat(channel.completedCopies(completions)).isEqualTo(2);
        assertThat(channel.completedCopies(completions)).isZero();
        function.run();
        assertThat(channel.completedCopies(completions)).isEqualTo(8);
        assertThat(completions.failures()).isZero();
        assertThat(isCopied(0, 1000)).isTrue();
        assertThat(to.get(JAVA_BYTE, 1000)).isZero();
    }

    @Test
    void shouldAcceptWhatTheRingHoldsAndReuseASlotOnlyOnceItIsReported() {
        for (int i = 0; i < 40; i++) {
            add(i * 100L, 100);
        }
        assertThat(channel.transferData(batch))
                .isEqualTo(CAPACITY)
                .isEqualTo(engine.limits().maxInFlight());
        batch.advance(CAPACITY);
        function.run();
        assertThat(channel.transferData(batch)).isZero();
        final Completions five = new Completions(5);
        assertThat(channel.completedCopies(five)).isEqualTo(5);
        assertThat(channel.transferData(batch)).isEqualTo(5);
        complete(CAPACITY);
        assertThat(isCopied(0, 3600)).isTrue();
    }

    @Test
    void shouldGoOnWhereTheRingAndTheDoorbellWrapRound() {
        for (int round = 0; round < 70_000 / 7 + 1; round++) {
            final long at = round % 300 * 700L;
            for (int i = 0; i < 7; i++) {
                add(at + i * 100L, 100);
            }
            if (submit() != 7 || function.run() != 7 || channel.completedCopies(completions) != 7) {
                throw new AssertionError("round " + round);
            }
            completions.clear();
            if (!isCopied(at, 700)) {
                throw new AssertionError("round " + round + " was not copied");
            }
            to.asSlice(at, 700).fill((byte) 0);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 63, 64, 65, MAX_TRANSFER - 1, MAX_TRANSFER, MAX_TRANSFER + 1, 3 * MAX_TRANSFER + 5})
    void shouldSplitAtTheTransferLimitWhateverTheAlignment(final int length) {
        final int pieces = (length + MAX_TRANSFER - 1) / MAX_TRANSFER;
        for (int alignment = 0; alignment < 64; alignment++) {
            function.executedSizes.clear();
            completions.clear();
            to.fill((byte) 0);
            batch.add(from.address() + 64 + alignment, to.address() + 64 + alignment, length);
            assertThat(submit()).isEqualTo(1);
            for (int i = 1; i < pieces; i++) {
                function.step();
                assertThat(channel.completedCopies(completions)).isZero();
            }
            complete(1);
            assertThat(function.executedSizes).hasSize(pieces);
            assertThat(function.executedSizes.stream().mapToInt(size -> size).sum())
                    .isEqualTo(length);
            assertThat(isCopied(64 + alignment, length)).isTrue();
            assertThat(to.get(JAVA_BYTE, 63 + alignment)).isZero();
            assertThat(to.get(JAVA_BYTE, 64 + alignment + length)).isZero();
        }
    }

    @Test
    void shouldTakeTheLongestCopyThatItStates() {
        final long longest = engine.limits().maxCopyBytes();
        assertThat(longest).isEqualTo((long) CAPACITY * MAX_TRANSFER);
        add(0, 100);
        add(0, longest);
        assertThat(channel.transferData(batch)).isEqualTo(1);
        batch.advance(1);
        complete(1);
        assertThat(channel.transferData(batch)).isEqualTo(1);
        batch.clear();
        complete(2);
        assertThat(completions.failures()).isZero();
        assertThat(isCopied(0, longest)).isTrue();
    }

    @Test
    void shouldRefuseInOrderWhatItCannotReachAndNeverShowItToTheDevice() {
        add(0, 100);
        batch.add(1 << 20, to.address(), 100);
        add(100, 100);
        batch.add(from.address(), to.address() + BYTES - 50, 100);
        batch.add(from.address() + BYTES - 1, to.address(), 2);
        batch.add(from.address(), to.address(), 0);
        batch.add(from.address(), to.address(), -1);
        batch.add(from.address(), to.address(), engine.limits().maxCopyBytes() + 1);
        add(200, 100);
        assertThat(submit()).isEqualTo(9);
        complete(9);
        assertThat(names())
                .containsExactly(
                        "ok", "unreachable", "ok", "unreachable", "unreachable", "refused", "refused", "refused", "ok");
        assertThat(function.executedSizes).containsExactly(100, 100, 100);
        completions.clear();
        submit(5);
        complete(5);
        assertThat(completions.failures()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 7, 14, 15})
    void shouldFailTheCopyThatTheChannelHaltedAtAndMakeTheOthers(final int position) {
        function.injected.addAll(Collections.nCopies(position, 0));
        function.injected.add(1 << 9);
        submit(16);
        complete(16);
        assertThat(completions.failures()).isEqualTo(1);
        assertThat(completions.status(position)).isEqualTo(CopyStatus.UNREACHABLE);
        for (int i = 0; i < 16; i++) {
            assertThat(isCopied(i * 100L, 100)).isEqualTo(i != position);
        }
        assertThat(function.resets).isEqualTo(1);
        assertThat(function.error).isZero();
    }

    @Test
    void shouldRecoverFromHaltsBackToBack() {
        function.injected.addAll(List.of(0, 1 << 8, 1 << 10, 0, 1 << 3));
        submit(6);
        complete(6);
        assertThat(names()).containsExactly("ok", "unreachable", "refused", "ok", "failed", "ok");
        assertThat(function.resets).isEqualTo(3);
    }

    @ParameterizedTest
    @CsvSource({"29", "30", "31", "32"})
    void shouldRecoverWhereTheRingWraps(final int before) {
        for (int i = 0; i < before; i++) {
            submit(1);
            complete(1);
            completions.clear();
        }
        function.injected.addAll(List.of(0, 1));
        submit(4);
        complete(4);
        assertThat(names()).containsExactly("ok", "unreachable", "ok", "ok");
        completions.clear();
        submit(CAPACITY);
        complete(CAPACITY);
        assertThat(completions.failures()).isZero();
    }

    @Test
    void shouldFailACopyOfPiecesAsAWhole() {
        function.injected.addAll(List.of(0, 0, 1));
        add(0, 100);
        add(4096, 3 * MAX_TRANSFER);
        add(100, 100);
        assertThat(submit()).isEqualTo(3);
        complete(3);
        assertThat(names()).containsExactly("ok", "unreachable", "ok");
        assertThat(function.executedSizes).containsExactly(100, MAX_TRANSFER, 100);
    }

    @Test
    void shouldRecoverWithNothingUnderWay() {
        submit(3);
        complete(3);
        function.halt(1 << 15);
        assertThat(channel.completedCopies(completions)).isZero();
        submit(3);
        complete(6);
        assertThat(completions.failures()).isZero();
    }

    @Test
    void shouldAcceptNothingWhileTheDeviceResetsAndWaitForNothing() {
        function.resetPolls = 50;
        function.injected.add(1);
        submit(3);
        function.run();
        assertThat(channel.completedCopies(completions)).isEqualTo(1);
        add(300, 100);
        int calls = 0;
        while (channel.transferData(batch) == 0) {
            calls++;
        }
        assertThat(calls).isBetween(10, 50);
        assertThat(host.nanoTime()).isLessThan(1000 * Pacer.MILLI);
        complete(4);
        assertThat(names()).containsExactly("unreachable", "ok", "ok", "ok");
    }

    @Test
    void shouldWriteTheChainAddressToAChannelThatWantsItToReset() {
        function.needsChainToReset = true;
        function.injected.add(1);
        submit(2);
        complete(2);
        assertThat(names()).containsExactly("unreachable", "ok");
        channel.close();
        assertThat(function.open).isFalse();
    }

    @Test
    void shouldHaltForGoodWhereTheDeviceDoesNotComeBackAndReviveWithAnAbort() {
        function.resetPolls = -1;
        function.injected.addAll(List.of(0, 1));
        submit(4);
        function.run();
        assertThat(channel.completedCopies(completions)).isEqualTo(2);
        for (int i = 0; i < 300; i++) {
            assertThat(channel.completedCopies(completions)).isZero();
        }
        host.pass(300);
        assertThat(channel.completedCopies(completions)).isEqualTo(CopyStatus.HALTED);
        add(0, 1);
        assertThat(submit()).isEqualTo(CopyStatus.HALTED);
        function.resetPolls = 0;
        assertThat(channel.abort()).isTrue();
        completions.clear();
        submit(4);
        complete(4);
        assertThat(completions.failures()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {6, 7, 12})
    void shouldNotStartAChannelAgainThatMetSomethingFatal(final int bit) {
        function.injected.add(1 << bit);
        submit(2);
        function.run();
        assertThat(channel.completedCopies(completions)).isEqualTo(CopyStatus.HALTED);
        assertThat(channel.completedCopies(completions)).isEqualTo(CopyStatus.HALTED);
        assertThat(function.resets).isZero();
        assertThat(channel.abort()).isTrue();
        submit(2);
        complete(2);
        assertThat(completions.failures()).isZero();
    }

    @Test
    void shouldNoticeADeviceThatHasGone() {
        submit(3);
        function.gone = true;
        int calls = 0;
        while (channel.completedCopies(completions) == 0) {
            calls++;
            assertThat(calls).isLessThan(10_000);
        }
        assertThat(channel.completedCopies(completions)).isEqualTo(CopyStatus.HALTED);
        assertThat(channel.abort()).isFalse();
    }

    @Test
    void shouldAbortWhatIsInFlightAndGoOn() {
        submit(10);
        function.step();
        assertThat(channel.abort()).isTrue();
        assertThat(function.run()).isZero();
        assertThat(channel.completedCopies(completions)).isZero();
        to.fill((byte) 0);
        submit(20);
        complete(20);
        assertThat(completions.failures()).isZero();
        assertThat(isCopied(0, 2000)).isTrue();
    }

    @Test
    void shouldResetAChannelThatDoesNotSuspend() {
        function.ignoresSuspend = true;
        submit(10);
        assertThat(channel.abort()).isTrue();
        assertThat(function.resets).isEqualTo(2); // to stop it, to start it
        assertThat(host.nanoTime()).isLessThan(1000 * Pacer.MILLI);
    }

    @Test
    void shouldStopAChannelThatWantsAChainAddressToReset() {
        function.ignoresSuspend = true;
        function.needsChainToReset = true;
        submit(10);
        assertThat(channel.abort()).isTrue();
        submit(10);
        complete(10);
        assertThat(completions.failures()).isZero();
    }

    @Test
    void shouldForgetAbortedFailures() {
        batch.add(1, 1, 1);
        add(0, 2 * MAX_TRANSFER);
        assertThat(submit()).isEqualTo(2);
        assertThat(channel.abort()).isTrue();
        submit(CAPACITY);
        complete(CAPACITY);
        assertThat(completions.failures()).isZero();
    }

    @Test
    void shouldKeepEverythingWhereTheChannelDoesNotStop() {
        function.ignoresSuspend = true;
        function.resetPolls = -1;
        submit(10);
        final long before = host.nanoTime();
        assertThat(channel.abort()).isFalse();
        assertThat(host.nanoTime() - before).isLessThan(1000 * Pacer.MILLI);
        assertThat(channel.transferData(batch)).isEqualTo(CopyStatus.HALTED);
        channel.close();
        assertThat(channel.abort()).isFalse();
        assertThat(function.open).isTrue();
        assertThat(host.mappings).hasSize(3);
        assertThatThrownBy(() -> engine.open("port1/tx0"))
                .isInstanceOf(DmaException.class)
                .hasMessageContaining("none of 1 is free (1 did not stop)");
        assertThat(engine.owners()).isEqualTo(Map.of(ADDRESS, "port0/tx0 (it did not stop)"));
    }

    @Test
    void shouldUnmapAllWhenItIsClosedWithCopiesInFlight() {
        submit(10);
        channel.close();
        channel.close();
        assertThat(function.run()).isZero();
        assertThat(function.isBusMaster()).isFalse();
        assertThat(function.open).isFalse();
        assertThat(host.mappings).isEmpty();
        assertThat(host.openGroups).isEmpty();
        assertThat(host.openContainers).isZero();
        add(0, 1);
        assertThat(submit()).isEqualTo(CopyStatus.HALTED);
        assertThat(channel.completedCopies(completions)).isEqualTo(CopyStatus.HALTED);
        assertThatThrownBy(() -> channel.announce(region(from))).isInstanceOf(DmaException.class);
    }

    @Test
    void shouldWithdrawMemoryOnlyWhenNoCopyNamesIt() throws Exception {
        final MemorySegment other = arena.allocate(4096, 4096);
        channel.announce(region(other));
        add(0, 100);
        batch.add(from.address(), other.address(), 100);
        assertThat(submit()).isEqualTo(2);
        assertThatThrownBy(() -> channel.withdraw(region(other)))
                .isInstanceOf(DmaException.class)
                .hasMessageContaining("copies are in flight in memory of 4 KiB at 0x");
        function.run();
        final Completions one = new Completions(1);
        assertThat(channel.completedCopies(one)).isEqualTo(1);
        assertThatThrownBy(() -> channel.withdraw(region(other))).isInstanceOf(DmaException.class);
        complete(1);
        channel.withdraw(region(other));
        assertThat(host.mappings).hasSize(3);
        batch.add(from.address(), other.address(), 100);
        assertThat(submit()).isEqualTo(1);
        completions.clear();
        complete(1);
        assertThat(names()).containsExactly("unreachable");
        assertThatThrownBy(() -> channel.withdraw(region(other)))
                .isInstanceOf(DmaException.class)
                .hasMessageContaining("was not announced");
    }

    @Test
    void shouldCountHaltsForWhoeverTellsOfThem() {
        final HaltLog log = new HaltLog();
        final List<String> lines = new ArrayList<>();
        function.injected.addAll(List.of(1 << 8, 1 << 9));
        submit(3);
        complete(3);
        log.look(engine, lines::add);
        log.look(engine, lines::add);
        assertThat(lines)
                .containsExactly(
                        "cbdma0: " + ADDRESS + " (port0/tx0) halted 2 times; the last CHANERR was 0x200 (write data)");
    }

    @Test
    void shouldAllocateNothingForACopy() {
        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        final long thread = Thread.currentThread().threadId();
        long least = Long.MAX_VALUE;
        for (int measured = 0; measured < 5; measured++) {
            long allocated = 0;
            for (int round = 0; round < 2000; round++) {
                completions.clear();
                batch.clear();
                for (int i = 0; i < 24; i++) {
                    add(i * 100L, 100);
                }
                add(0, 2 * MAX_TRANSFER);
                batch.add(1, 1, 1);
                if (round % 100 == 0) {
                    function.injected.add(1);
                }
                final long before = threads.getThreadAllocatedBytes(thread);
                final int accepted = channel.transferData(batch);
                allocated += threads.getThreadAllocatedBytes(thread) - before;
                while (completions.count() < accepted) {
                    function.run();
                    final long asked = threads.getThreadAllocatedBytes(thread);
                    channel.completedCopies(completions);
                    allocated += threads.getThreadAllocatedBytes(thread) - asked;
                }
            }
            least = Math.min(least, allocated);
        }
        // 52000 copies of a later measurement would show the smallest object.
        assertThat(least).isLessThan(52_000);
    }
}
