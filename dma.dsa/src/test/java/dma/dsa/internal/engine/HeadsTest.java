package dma.dsa.internal.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import dma.api.MemoryRegion;
import dma.dsa.internal.engine.Bench.Way;
import dma.dsa.internal.testing.FakeQueue.Fault;
import java.util.Arrays;
import java.util.stream.Stream;
import linux.Linux;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The processor makes what lies before the first line of a destination, and touches only what was announced. */
@Timeout(60)
class HeadsTest {
    private static final int PAGE = 4096;
    private static final int SEND = 100;
    private static final int READ_FAULT = 0x03;
    private static final int REFUSED = 0x13;
    private static final int EAGAIN = 11;

    private static Bench announced(final Way way) throws Exception {
        final Bench bench = Bench.opened(way, 64);
        announce(bench);
        return bench;
    }

    private static void announce(final Bench bench) throws Exception {
        bench.channel.announce(new MemoryRegion(bench.from.address(), Bench.SIZE));
        bench.channel.announce(new MemoryRegion(bench.to.address(), Bench.SIZE));
    }

    @ParameterizedTest
    @EnumSource
    void shouldCopyAnyLengthToAnyAlignment(final Way way) throws Exception {
        try (Bench bench = announced(way)) {
            for (final int length : new int[] {1, 63, 64, 65, 127, 128, 129, 190, 191, 192, 900}) {
                bench.to.fill((byte) 0);
                bench.queue.destinations.clear();
                for (int i = 0; i < 64; i++) {
                    bench.batch.add(bench.from.address() + i * 7L, bench.to.address() + (1 + i) * 1024L + i, length);
                }
                assertThat(bench.submit()).isEqualTo(64);
                bench.completions.clear();
                assertThat(bench.poll()).isEqualTo(64);
                assertThat(bench.completions.failures()).isZero();
                for (int i = 0; i < 64; i++) {
                    final long at = (1 + i) * 1024L + i;
                    assertThat(bench.to.asSlice(at, length).mismatch(bench.from.asSlice(i * 7L, length)))
                            .as("%d bytes to %d", length, i)
                            .isEqualTo(-1);
                    assertThat(bench.to.get(JAVA_BYTE, at - 1)).isZero();
                    assertThat(bench.to.get(JAVA_BYTE, at + length)).isZero();
                }
                assertThat(bench.queue.destinations).hasSize(64);
                assertThat(bench.queue.destinations.stream()
                                .filter(each -> each % 64 == 0)
                                .count())
                        .isEqualTo(length < Heads.SHORTEST ? 1 : 64);
            }
            assertThat(bench.engine.counts()).contains("aligned by the processor " + 6 * 63 + ",");
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldLeaveAllToTheDeviceWhereItIsSwitchedOff(final Way way) throws Exception {
        final DsaSettings off = new DsaSettings(DsaSettings.Submission.AUTO, false, false, false, 4, 512);
        try (Bench bench = Bench.opened(way, 64, off)) {
            announce(bench);
            bench.add(1, 1000);
            assertThat(bench.submit()).isEqualTo(1);
            assertThat(bench.queue.destinations).containsExactly(bench.to.address() + 1);
            assertThat(bench.poll()).isEqualTo(1);
            assertThat(bench.isCopied(1, 1000)).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldMakeTheHeadOnceTheRestWasTaken(final Way way) throws Exception {
        try (Bench bench = announced(way)) {
            bench.queue.instant = false;
            bench.queue.retries = 1000;
            bench.queue.writeResults.add(-(long) EAGAIN);
            bench.add(1, 1000);
            final int taken = bench.channel.transferData(bench.batch);
            assertThat(taken).isEqualTo(way == Way.MOVDIR64B ? 1 : 0);
            assertThat(bench.to.get(JAVA_BYTE, 1) == bench.from.get(JAVA_BYTE, 1))
                    .isEqualTo(taken == 1);
            bench.queue.retries = 0;
            if (taken == 0) {
                assertThat(bench.submit()).isEqualTo(1);
            }
            assertThat(bench.isCopied(1, 63)).isTrue();
            assertThat(bench.to.get(JAVA_BYTE, 64)).as("the device's").isZero();
            bench.queue.completeBackwards();
            bench.pollFor(1);
            assertThat(bench.isCopied(1, 1000)).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldTouchNothingThatWasNotAnnounced(final Way way) throws Exception {
        final long nowhere = nowhere();
        try (Bench bench = announced(way)) {
            // Were one of them touched, the process would end.
            for (final long source : new long[] {8, nowhere, nowhere + PAGE - 2}) {
                refuse(bench, source, bench.to.address() + 1);
            }
            refuse(bench, bench.from.address(), nowhere + 1);
            refuse(bench, bench.from.address(), 9);
            // The last byte lies outside.
            refuse(bench, bench.from.address() + Bench.SIZE - 199, bench.to.address() + 1);
            refuse(bench, bench.from.address(), bench.to.address() + Bench.SIZE - 199);
            assertThat(bench.to.get(JAVA_BYTE, 1)).isZero();
            assertThat(bench.engine.counts()).contains("aligned by the processor 0,");
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldTouchNothingThatWasWithdrawn(final Way way) throws Exception {
        try (Bench bench = announced(way)) {
            final long memory = map();
            final MemoryRegion region = new MemoryRegion(memory, 2 * PAGE);
            bench.channel.announce(region);
            bench.channel.announce(new MemoryRegion(memory, PAGE));
            bench.batch.add(bench.from.address(), memory + 1, 200);
            assertThat(bench.submit()).isEqualTo(1);
            assertThat(bench.queue.destinations).containsExactly(memory + 64);
            assertThat(bench.poll()).isEqualTo(1);
            bench.channel.withdraw(region);
            Linux.munmap(memory, 2 * PAGE);
            refuse(bench, bench.from.address(), memory + 1);
            refuse(bench, memory, bench.to.address() + 1);
            assertThat(bench.engine.counts()).contains("aligned by the processor 1,");
        }
    }

    /** A copy that the device is told whole, and refuses. */
    private static void refuse(final Bench bench, final long source, final long destination) {
        bench.completions.clear();
        bench.queue.destinations.clear();
        bench.queue.fault(source, REFUSED, 0, false);
        bench.batch.add(source, destination, 200);
        assertThat(bench.submit()).isEqualTo(1);
        assertThat(bench.queue.destinations).containsExactly(destination);
        assertThat(bench.poll()).isEqualTo(1);
        assertThat(bench.outcomes()).isEqualTo("refused");
    }

    private static long map() throws Exception {
        return Linux.mmap(2 * PAGE, 3, Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS, -1, 0);
    }

    private static long nowhere() throws Exception {
        final long memory = map();
        Linux.munmap(memory, 2 * PAGE);
        return memory;
    }

    @ParameterizedTest
    @EnumSource
    void shouldLeaveRangesThatOverlapToTheDevice(final Way way) throws Exception {
        try (Bench bench = announced(way)) {
            final byte[] before = bench.from.asSlice(0, 1000).toArray(JAVA_BYTE);
            final long source = bench.from.address();
            bench.batch.add(source, source + 199, 200);
            assertThat(bench.submit()).isEqualTo(1);
            assertThat(bench.queue.destinations).containsExactly(source + 199);
            bench.batch.add(source + 400, source + 201, 200);
            assertThat(bench.submit()).isEqualTo(1);
            assertThat(bench.queue.destinations).last().isEqualTo(source + 201);
            bench.batch.add(source + 600, source + 801, 200);
            assertThat(bench.submit()).isEqualTo(1);
            assertThat(bench.queue.destinations).last().isEqualTo(source + 832);
            bench.pollFor(3);
            assertThat(bench.from.asSlice(801, 199).toArray(JAVA_BYTE)).isEqualTo(Arrays.copyOfRange(before, 600, 799));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldReportACopyWhoseHeadIsGoneAsUnreachable(final Way way) throws Exception {
        final int fd = Linux.memfd("gone", 2 * PAGE, 0);
        final long memory = Linux.mmap(2 * PAGE, 3, Linux.MAP_SHARED, fd, 0);
        try (Bench bench = announced(way)) {
            bench.queue.instant = false;
            bench.channel.announce(new MemoryRegion(memory, 2 * PAGE));
            Linux.truncate(fd, PAGE);
            bench.add(1, 200);
            bench.batch.add(memory + PAGE, bench.to.address() + 1025, 200);
            bench.add(2001, 200);
            bench.queue.fault(bench.from.address() + 64, READ_FAULT, 5, false);
            assertThat(bench.submit()).isEqualTo(3);
            // The device has pinned it, or is as fast as that: what it says does not matter.
            bench.queue.fault(memory + PAGE + 63, 1, 0, false);
            while (bench.queue.held() > 0) {
                bench.queue.complete(0);
                bench.poll();
            }
            bench.pollFor(3);
            assertThat(bench.outcomes()).isEqualTo("ok unreachable ok");
            assertThat(bench.isCopied(1, 200)).isTrue();
            assertThat(bench.isCopied(2001, 200)).isTrue();
            bench.completions.clear();
            // The slots remember nothing of it.
            bench.queue.instant = true;
            for (int round = 0; round < 60; round++) {
                bench.completions.clear();
                bench.addMany(0, 20);
                assertThat(bench.submit()).isEqualTo(20);
                bench.pollFor(20);
                assertThat(bench.completions.failures()).isZero();
            }
        } finally {
            Linux.munmap(memory, 2 * PAGE);
            Linux.close(fd);
        }
    }

    private static Stream<Arguments> ends() {
        return Arrays.stream(Way.values()).flatMap(way -> Stream.of(0, 1, 137).map(bytes -> Arguments.of(way, bytes)));
    }

    /** Of a copy of 200 bytes whose device makes 137 of it, and tells of a fault behind the last as well. */
    @ParameterizedTest
    @MethodSource("ends")
    void shouldResumeWhatIsBehindTheHead(final Way way, final int bytes) throws Exception {
        try (Bench bench = announced(way)) {
            for (int i = 0; i < 3; i++) {
                bench.queue.fault(bench.from.address() + 64 + i * 1024L, READ_FAULT, bytes, false);
                bench.add(1 + i * 1024L, 200);
            }
            assertThat(bench.submit()).isEqualTo(3);
            bench.pollFor(3);
            assertThat(bench.completions.failures()).isZero();
            for (int i = 0; i < 3; i++) {
                assertThat(bench.isCopied(1 + i * 1024L, 200)).isTrue();
                assertThat(bench.to.get(JAVA_BYTE, i * 1024L)).isZero();
                assertThat(bench.to.get(JAVA_BYTE, 201 + i * 1024L)).isZero();
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldFinishWhatIsBehindTheHead(final Way way) throws Exception {
        try (Bench bench = announced(way)) {
            for (int i = 0; i < 10; i++) {
                bench.queue.fault(bench.from.address() + 64 + 5L * i, READ_FAULT, 5, false);
            }
            bench.add(1, 200);
            assertThat(bench.submit()).isEqualTo(1);
            bench.pollFor(1);
            assertThat(bench.completions.failures()).isZero();
            assertThat(bench.isCopied(1, 200)).isTrue();
            assertThat(bench.engine.counts()).contains("finished by the processor 1,");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"MOVDIR64B", "ENQCMD"})
    void shouldKeepHeadsOfABatchThatTheDeviceRefuses(final Way way) throws Exception {
        try (Bench bench = announced(way)) {
            bench.queue.batchFault = new Fault(0x10, 0, false);
            for (int i = 0; i < 8; i++) {
                bench.add(1 + i * 1024L, 1000);
            }
            assertThat(bench.submit()).isEqualTo(8);
            bench.pollFor(8);
            assertThat(bench.completions.failures()).isZero();
            for (int i = 0; i < 8; i++) {
                assertThat(bench.isCopied(1 + i * 1024L, 1000)).isTrue();
            }
        }
    }

    @Test
    void shouldFindRegionsOnEitherSideOfOthers() {
        final AnnouncedMemory memory = new AnnouncedMemory();
        for (final int page : new int[] {9, 3, 1, 7, 5}) {
            memory.add(new MemoryRegion((long) page * PAGE, PAGE));
        }
        for (int from = 0; from < 12; from++) {
            for (int to = 0; to < 12; to++) {
                final boolean known = from % 2 == 1 && to % 2 == 1 && from < 10 && to < 10;
                assertThat(memory.holds((long) from * PAGE, (long) to * PAGE, PAGE))
                        .isEqualTo(known);
                assertThat(memory.holds((long) from * PAGE + PAGE - SEND, (long) to * PAGE, SEND))
                        .isEqualTo(known);
                assertThat(memory.holds((long) from * PAGE + PAGE - SEND, (long) to * PAGE, SEND + 1))
                        .isFalse();
                assertThat(memory.holds((long) from * PAGE, (long) to * PAGE - 1, SEND))
                        .isFalse();
            }
        }
        assertThat(memory.holds(-1, PAGE, 1)).isFalse();
        assertThat(memory.holds(Long.MAX_VALUE, PAGE, 1)).isFalse();
        memory.remove(new MemoryRegion(3L * PAGE, PAGE));
        assertThat(memory.holds(PAGE, 5L * PAGE, SEND)).isTrue();
        assertThat(memory.holds(3L * PAGE, 5L * PAGE, SEND)).isFalse();
    }
}
