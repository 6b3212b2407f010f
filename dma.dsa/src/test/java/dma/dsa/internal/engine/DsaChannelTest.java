package dma.dsa.internal.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dma.api.Completions;
import dma.api.CopyStatus;
import dma.api.DmaOps;
import dma.api.MemoryRegion;
import dma.dsa.internal.engine.Bench.Way;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Copies reach the device by each way, and are reported in their order, whatever the device does. */
@Timeout(60)
class DsaChannelTest {
    private static final int EAGAIN = 11;
    private static final int EINVAL = 22;

    @ParameterizedTest
    @EnumSource
    void shouldReportInOrderWhatTheDeviceCompletesInAny(final Way way) throws Exception {
        try (Bench bench = Bench.opened(way, 64)) {
            bench.queue.instant = false;
            bench.addMany(0, 11);
            assertThat(bench.submit()).isEqualTo(11);
            bench.addMany(11, 1);
            assertThat(bench.submit()).isEqualTo(1);
            assertThat(bench.poll()).isZero();
            while (bench.queue.held() > 1) {
                bench.queue.complete(bench.queue.held() - 1);
                assertThat(bench.poll()).isZero();
            }
            bench.queue.complete(0);
            assertThat(bench.poll()).isEqualTo(12);
            assertThat(bench.completions.failures()).isZero();
            bench.assertMade(0, 12);
            assertThat(bench.poll()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldMakeSeventyThousandCopies(final Way way) throws Exception {
        try (Bench bench = Bench.opened(way, 24)) {
            long reported = 0;
            int next = 0;
            while (reported < 70_000) {
                bench.addMany(next, 7);
                final int taken = bench.submit();
                assertThat(taken).isPositive();
                next = (next + taken) % 1000;
                bench.completions.clear();
                reported += bench.poll();
                assertThat(bench.completions.failures()).isZero();
            }
            bench.assertMade(0, 1000);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldCopyAnyLengthFromAndToAnyAlignment(final Way way) throws Exception {
        try (Bench bench = Bench.opened(way, 64)) {
            for (final int length : new int[] {1, 63, 64, 65}) {
                bench.to.fill((byte) 0);
                for (int i = 0; i < 64; i++) {
                    bench.add(1000 + i * 1000L + i, length);
                }
                assertThat(bench.submit()).isEqualTo(64);
                bench.completions.clear();
                assertThat(bench.poll()).isEqualTo(64);
                for (int i = 0; i < 64; i++) {
                    assertThat(bench.isCopied(1000 + i * 1000L + i, length)).isTrue();
                    assertThat(bench.to.get(JAVA_BYTE, 999 + i * 1000L + i)).isZero();
                    assertThat(bench.to.get(JAVA_BYTE, 1000 + i * 1000L + i + length))
                            .isZero();
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldRefuseWhatIsOutsideOfItsLimitsAndMakeTheRest(final Way way) throws Exception {
        try (Bench bench = Bench.of(way, 64)) {
            bench.host.set("wq0.0/max_transfer_size", "4096");
            bench.open(DsaSettings.DEFAULT);
            assertThat(bench.engine.limits().maxCopyBytes()).isEqualTo(4096);
            bench.add(0, 4096);
            bench.add(10_000, 4097);
            bench.add(20_000, 0);
            bench.add(30_000, 100);
            bench.add(40_000, 100);
            assertThat(bench.submit()).isEqualTo(5);
            assertThat(bench.poll()).isEqualTo(5);
            assertThat(bench.outcomes()).isEqualTo("ok refused refused ok ok");
            assertThat(bench.isCopied(0, 4096)).isTrue();
            assertThat(bench.isCopied(40_000, 100)).isTrue();
            assertThat(bench.queue.copies).isEqualTo(3);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldHoldNoMoreThanItStates(final Way way) throws Exception {
        try (Bench bench =
                Bench.opened(way, 16, new DsaSettings(DsaSettings.Submission.AUTO, false, false, true, 4, 10))) {
            bench.queue.instant = false;
            bench.addMany(0, 12);
            assertThat(bench.engine.limits().maxInFlight()).isEqualTo(10);
            assertThat(bench.submit()).isEqualTo(10);
            bench.addMany(10, 2);
            assertThat(bench.submit()).isZero();
            bench.queue.completeBackwards();
            final Completions three = new Completions(3);
            assertThat(bench.channel.completedCopies(three)).isEqualTo(3);
            bench.addMany(10, 5);
            assertThat(bench.submit()).isEqualTo(3);
            bench.queue.completeBackwards();
            assertThat(bench.poll()).isEqualTo(10);
            bench.assertMade(0, 13);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"WRITE_DEDICATED", "MOVDIR64B"})
    void shouldNeverExceedADedicatedQueueWithTwoChannels(final Way way) throws Exception {
        try (Bench bench = Bench.of(way, 5)) {
            bench.host.set("wq0.0/max_batch_size", "1");
            bench.open(DsaSettings.DEFAULT);
            bench.queue.instant = false;
            final DmaOps second = bench.engine.open("port0/rx0");
            bench.addMany(0, 3);
            assertThat(bench.submit()).isEqualTo(3);
            bench.addMany(3, 4);
            assertThat(second.transferData(bench.batch)).isEqualTo(2);
            bench.batch.clear();
            bench.addMany(5, 1);
            assertThat(bench.submit()).isZero();
            // Its first is over, and reported when it is asked: until then the credit is out.
            bench.queue.complete(3);
            assertThat(bench.poll()).isZero();
            bench.addMany(5, 1);
            assertThat(bench.submit()).isZero();
            assertThat(second.completedCopies(bench.completions)).isEqualTo(1);
            bench.queue.complete(0);
            assertThat(bench.poll()).isEqualTo(1);
            bench.addMany(5, 4);
            assertThat(second.transferData(bench.batch)).isEqualTo(2);
            bench.batch.clear();
            bench.queue.completeBackwards();
            assertThat(bench.poll()).isEqualTo(2);
            assertThat(second.completedCopies(bench.completions)).isEqualTo(3);
            bench.assertMade(0, 7);
            assertThat(bench.queue.most).isEqualTo(5);
            second.close();
        }
    }

    @Test
    void shouldUseCreditsOfWhatIsOverBehindWhatIsNot() throws Exception {
        try (Bench bench = Bench.opened(Way.WRITE_DEDICATED, 4)) {
            bench.queue.instant = false;
            bench.addMany(0, 2);
            assertThat(bench.submit()).isEqualTo(2);
            final DmaOps second = bench.engine.open("port0/rx0");
            bench.addMany(2, 2);
            assertThat(second.transferData(bench.batch)).isEqualTo(2);
            bench.batch.clear();
            bench.queue.complete(1);
            bench.addMany(4, 2);
            assertThat(bench.submit()).isEqualTo(1);
            assertThat(bench.poll()).isZero();
            bench.queue.completeBackwards();
            assertThat(bench.poll()).isEqualTo(3);
            second.close();
            assertThat(bench.queue.most).isEqualTo(4);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 64, 128, 192, 256, 320})
    void shouldLoseNothingWhereAWriteIsShort(final int bytes) throws Exception {
        try (Bench bench = Bench.opened(Way.WRITE_SHARED, 16)) {
            bench.queue.writeResults.add((long) bytes);
            bench.addMany(0, 6);
            assertThat(bench.channel.transferData(bench.batch)).isEqualTo(bytes / 64);
            bench.batch.advance(bytes / 64);
            bench.queue.writeResults.add(-(long) EAGAIN);
            assertThat(bench.channel.transferData(bench.batch)).isZero();
            bench.queue.writeResults.add(-(long) EAGAIN);
            assertThat(bench.channel.transferData(bench.batch)).isZero();
            assertThat(bench.channel.transferData(bench.batch)).isEqualTo(6 - bytes / 64);
            assertThat(bench.poll()).isEqualTo(6);
            assertThat(bench.queue.copies).isEqualTo(6);
            bench.assertMade(0, 6);
        }
    }

    @Test
    void shouldSubmitManyDescriptorsWithOneWrite() throws Exception {
        try (Bench bench = Bench.opened(Way.WRITE_SHARED, 64)) {
            final int probes = bench.queue.writes;
            bench.addMany(0, 40);
            assertThat(bench.submit()).isEqualTo(40);
            assertThat(bench.queue.writes - probes).isEqualTo(1);
            assertThat(bench.queue.batches).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"MOVDIR64B", "ENQCMD"})
    void shouldSubmitBatchesOfAtMostWhatTheQueueTakes(final Way way) throws Exception {
        try (Bench bench = Bench.opened(way, 64)) {
            bench.addMany(0, 17);
            assertThat(bench.submit()).isEqualTo(17);
            assertThat(bench.queue.batches).isEqualTo(2); // of 8, and one copy alone
            assertThat(bench.poll()).isEqualTo(17);
            bench.assertMade(0, 17);
            // CC since GENCAP has it; the records; no FENCE, no BOF.
            assertThat(bench.queue.flags).isEqualTo(0x10c);
        }
    }

    @Test
    void shouldLetASharedQueueSayLater() throws Exception {
        try (Bench bench = Bench.opened(Way.ENQCMD, 64)) {
            bench.queue.retries = 3;
            bench.addMany(0, 2);
            assertThat(bench.submit()).isEqualTo(2);
            bench.queue.retries = 1000;
            bench.addMany(2, 2);
            assertThat(bench.submit()).isZero();
            bench.queue.retries = 0;
            bench.addMany(2, 2);
            assertThat(bench.submit()).isEqualTo(2);
            assertThat(bench.poll()).isEqualTo(4);
            bench.assertMade(0, 4);
        }
    }

    @Test
    void shouldHaltWhereTheQueueRefusesAndReportTheRest() throws Exception {
        try (Bench bench = Bench.opened(Way.WRITE_SHARED, 16)) {
            bench.queue.instant = false;
            bench.addMany(0, 2);
            assertThat(bench.submit()).isEqualTo(2);
            bench.queue.writeResults.add(-(long) EINVAL);
            bench.addMany(2, 2);
            assertThat(bench.submit()).isEqualTo(CopyStatus.HALTED);
            assertThat(bench.poll()).isZero();
            bench.queue.completeBackwards();
            assertThat(bench.poll()).isEqualTo(2);
            assertThat(bench.poll()).isEqualTo(CopyStatus.HALTED);
            bench.addMany(2, 2);
            assertThat(bench.submit()).isEqualTo(CopyStatus.HALTED);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldAbortWhenTheDeviceIsDone(final Way way) throws Exception {
        try (Bench bench = Bench.opened(way, 16)) {
            bench.queue.instant = false;
            bench.addMany(0, 10);
            assertThat(bench.submit()).isEqualTo(10);
            bench.queue.completeBackwards();
            assertThat(bench.channel.abort()).isTrue();
            assertThat(bench.poll()).isZero();
            bench.queue.instant = true;
            for (int round = 0; round < 10; round++) {
                bench.addMany(10, 16);
                assertThat(bench.submit()).isEqualTo(16); // all credits are back
                assertThat(bench.poll()).isEqualTo(16);
                bench.completions.clear();
            }
            bench.assertMade(10, 16);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldPromiseNothingWhereTheDeviceHangs(final Way way) throws Exception {
        final Bench bench = Bench.opened(way, 16);
        bench.queue.instant = false;
        bench.addMany(0, 10);
        assertThat(bench.submit()).isEqualTo(10);
        assertThat(bench.channel.abort()).isFalse();
        bench.addMany(10, 1);
        assertThat(bench.submit()).isEqualTo(CopyStatus.HALTED);
        bench.channel.close();
        assertThat(bench.queue.closed).isZero(); // that would wait for the device
        // What it does late goes to memory that is still there.
        bench.queue.completeBackwards();
        bench.assertMade(0, 10);
        assertThat(bench.channel.abort()).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void shouldFinishWhatItHasWhenTheEngineIsGone(final Way way) throws Exception {
        try (Bench bench = Bench.opened(way, 16)) {
            bench.queue.instant = false;
            bench.addMany(0, 10);
            assertThat(bench.submit()).isEqualTo(10);
            bench.engine.end();
            bench.addMany(10, 1);
            assertThat(bench.submit()).isEqualTo(CopyStatus.HALTED);
            assertThat(bench.poll()).isZero();
            bench.queue.completeBackwards();
            assertThat(bench.poll()).isEqualTo(10);
            bench.assertMade(0, 10);
            assertThat(bench.poll()).isEqualTo(CopyStatus.HALTED);
            assertThat(bench.queue.closed).isZero();
            bench.channel.close();
            bench.channel.close();
            assertThat(bench.queue.closed).isPositive();
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldAllocateNothingForACopy(final Way way) throws Exception {
        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        final long thread = Thread.currentThread().threadId();
        try (Bench bench = Bench.opened(way, 64)) {
            bench.queue.silent = true;
            bench.channel.announce(new MemoryRegion(bench.from.address(), Bench.SIZE));
            bench.channel.announce(new MemoryRegion(bench.to.address(), Bench.SIZE));
            long least = Long.MAX_VALUE;
            // Code that is not compiled yet allocates; when it is depends on what else the machine does.
            for (int measured = 0; measured < 50 && least > 1024; measured++) {
                final long before = threads.getThreadAllocatedBytes(thread);
                for (int round = 0; round < 2000; round++) {
                    bench.addMany(0, 28);
                    for (int i = 0; i < 4; i++) {
                        bench.add(100_001 + i * 1000L, 900);
                    }
                    if (bench.submit() != 32) {
                        throw new AssertionError("not taken");
                    }
                    bench.completions.clear();
                    if (bench.poll() != 32) {
                        throw new AssertionError("not reported");
                    }
                }
                least = Math.min(least, threads.getThreadAllocatedBytes(thread) - before);
            }
            assertThat(least).isLessThanOrEqualTo(1024);
        }
    }
}
