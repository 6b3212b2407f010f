package vhost.core.internal.async;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import dma.api.Completions;
import dma.api.CopyBatch;
import dma.api.CopyStatus;
import dma.api.DmaLimits;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vhost.core.internal.testing.FakeEngine.Channel;

/** Who makes a copy, and that it is made whatever the engine does. */
class CopyDispatcherTest {
    private static final int SLOT = 4096;
    private static final int SLOTS = 700;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment from = arena.allocate((long) SLOTS * SLOT, 64);
    private final MemorySegment to = arena.allocate((long) SLOTS * SLOT, 64);
    private final CopyDispatcher copies = new CopyDispatcher();
    private CopyChannel channelInUse;
    private int made;

    CopyDispatcherTest() {
        for (long i = 0; i < from.byteSize(); i += 8) {
            from.set(JAVA_LONG, i, i * 0x9E37_79B9_7F4A_7C15L | 1);
        }
    }

    @AfterEach
    void close() {
        arena.close();
    }

    private void use(final Channel channel, final int threshold) {
        use(channel, threshold, Long.MAX_VALUE, 1);
    }

    /** An engine that makes its copies before the burst ends. */
    private void use(final Channel channel, final int threshold, final long longest, final int alignment) {
        channelInUse = channel == null
                ? null
                : new CopyChannel(
                        arena,
                        "fake",
                        channel,
                        new DmaLimits(longest, 1024, alignment, false, false),
                        CopyChannel.Overflow.CPU,
                        TimeUnit.MILLISECONDS.toNanos(50),
                        failed -> {});
        copies.use(channelInUse, threshold);
    }

    private void copy(final int length) {
        final long at = (long) made++ * SLOT;
        copies.copy(from.address() + at, to.address() + at, length);
    }

    /** Every copy was made in full and nothing beside it. */
    private void assertCopied(final int count, final int length) {
        for (long i = 0; i < count; i++) {
            assertThat(to.asSlice(i * SLOT, length).mismatch(from.asSlice(i * SLOT, length)))
                    .as("first wrong byte of copy %d", i)
                    .isEqualTo(-1);
            assertThat(to.get(JAVA_BYTE, i * SLOT + length)).isZero();
        }
    }

    @Test
    void shouldGiveTheEngineCopiesFromTheThresholdOn() {
        final Channel channel = new Channel("q");
        channel.keepsLengths = true;
        use(channel, 1024);
        for (final int length : new int[] {1, 1023, 1024, 1025, 60, 4000}) {
            copy(length);
        }
        copies.finish(null);
        assertThat(channel.lengths).containsExactly(1024, 1025, 4000);
        assertThat(copies.engineCopies()).isEqualTo(3);
        assertThat(copies.coreCopies()).isEqualTo(3);
        assertThat(copies.redone()).isZero();
    }

    @Test
    void shouldGiveTheEngineEverythingAtThresholdZero() {
        final Channel channel = new Channel("q");
        use(channel, 0);
        copy(1);
        copies.finish(null);
        assertThat(copies.engineCopies()).isEqualTo(1);
    }

    @Test
    void shouldMakeAllCopiesItselfWithoutAnEngine() {
        use(null, 0);
        copy(4000);
        copies.finish(null);
        assertCopied(1, 4000);
        assertThat(copies.coreCopies()).isEqualTo(1);
    }

    @Test
    void shouldRespectTheLongestCopyAndTheAlignment() {
        final Channel channel = new Channel("q");
        channel.keepsLengths = true;
        use(channel, 100, 2000, 64);
        final long source = from.address();
        final long target = to.address();
        copies.copy(source, target, 2000);
        copies.copy(source, target, 2001);
        copies.copy(source + 32, target, 1999);
        copies.copy(source, target + 1, 1998);
        copies.copy(source + 64, target + 128, 1997);
        copies.finish(null);
        assertThat(channel.lengths).containsExactly(2000, 1997);
        assertThat(copies.coreCopies()).isEqualTo(3);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 255, 256, 257, 600})
    void shouldMakeBatchesOfAnyLength(final int count) {
        final Channel channel = new Channel("q");
        use(channel, 1);
        for (int i = 0; i < count; i++) {
            copy(700);
        }
        copies.finish(null);
        assertCopied(count, 700);
        assertThat(copies.engineCopies()).isEqualTo(count);
        assertThat(channel.aborts).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 16, 44})
    void shouldMakeTheRestForAnEngineThatTakesFew(final int atOnce) {
        final Channel channel = new Channel("q");
        channel.atOnce = atOnce;
        use(channel, 1);
        for (int i = 0; i < 300; i++) {
            copy(64);
        }
        copies.finish(null);
        assertCopied(300, 64);
        assertThat(copies.engineCopies()).isEqualTo(2 * atOnce);
        assertThat(copies.overflowed()).isEqualTo(300 - 2 * atOnce);
        assertThat(copies.coreCopies()).isEqualTo(300 - 2 * atOnce);
        assertThat(channelInUse.failure()).isNull();
    }

    @ParameterizedTest
    @ValueSource(ints = {CopyStatus.FAILED, CopyStatus.UNREACHABLE, CopyStatus.REFUSED, -77, -100_000})
    void shouldMakeAFailedCopyAgain(final int status) {
        final Channel channel = new Channel("q") {
            private int count;

            @Override
            protected int copy(final long source, final long destination, final long bytes) {
                if (count++ % 30 == 1) {
                    super.copy(source, destination, bytes / 2);
                    return status;
                }
                return super.copy(source, destination, bytes);
            }
        };
        use(channel, 1);
        for (int i = 0; i < 300; i++) {
            copy(1000);
        }
        copies.finish(null);
        assertCopied(300, 1000);
        assertThat(copies.redone()).isEqualTo(10);
        assertThat(copies.engineCopies()).isEqualTo(290);
        assertThat(copies.coreCopies()).isEqualTo(10);
        assertThat(channelInUse.failure()).isNull();
    }

    /** Uses {@code channel} for 20 copies; each was made, and it is never called again. */
    private void assertGivenUp(final Channel channel) {
        use(channel, 1);
        for (int i = 0; i < 20; i++) {
            copy(512);
        }
        copies.finish(null);
        assertCopied(20, 512);
        assertThat(channelInUse.failure()).isNotNull();
        assertThat(channel.aborts).isEqualTo(1);
        final long before = channel.copies;
        for (int i = 0; i < 20; i++) {
            copy(512);
        }
        copies.finish(null);
        assertCopied(40, 512);
        assertThat(channel.copies).isEqualTo(before);
        assertThat(channel.aborts).isEqualTo(1);
        assertThat(copies.engineCopies() + copies.coreCopies()).isEqualTo(40);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, -4, Integer.MIN_VALUE, 21, Integer.MAX_VALUE})
    void shouldGiveUpAChannelThatAnswersWithNoCountToATransfer(final int answer) {
        assertGivenUp(new Channel("q") {
            @Override
            public int transferData(final CopyBatch batch) {
                super.transferData(batch);
                return answer;
            }
        });
        assertThat(copies.redone()).isEqualTo(20);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, -4, Integer.MIN_VALUE, 5, Integer.MAX_VALUE})
    void shouldGiveUpAChannelThatAnswersWithNoCountOfCompletions(final int answer) {
        assertGivenUp(new Channel("q") {
            @Override
            public int completedCopies(final Completions completions) {
                super.completedCopies(completions);
                return answer;
            }
        });
    }

    @Test
    void shouldGiveUpAChannelThatReportsMoreThanItWasGiven() {
        assertGivenUp(new Channel("q") {
            @Override
            public int completedCopies(final Completions completions) {
                completions.succeeded(21);
                return 21;
            }
        });
    }

    @Test
    void shouldGiveUpAChannelThatReportsCopiesItHasNotAccepted() {
        assertGivenUp(new Channel("q") {
            @Override
            public int transferData(final CopyBatch batch) {
                atOnce = 2;
                return super.transferData(batch);
            }

            @Override
            public int completedCopies(final Completions completions) {
                completions.succeeded(3);
                return 3;
            }
        });
    }

    @Test
    void shouldGiveUpAChannelThatThrows() {
        assertGivenUp(new Channel("q") {
            @Override
            public int transferData(final CopyBatch batch) {
                throw new IllegalStateException("engine's own bug");
            }
        });
    }

    @Test
    void shouldGiveUpAChannelThatThrowsWhenAskedForCompletions() {
        assertGivenUp(new Channel("q") {
            @Override
            public int completedCopies(final Completions completions) {
                completions.succeeded(completions.room() + 1);
                return 0;
            }
        });
    }

    @Test
    void shouldGiveUpAChannelThatNeverCompletesInTime() {
        final long start = System.nanoTime();
        assertGivenUp(new Channel("q") {
            @Override
            public int completedCopies(final Completions completions) {
                return 0;
            }
        });
        assertThat(System.nanoTime() - start).isBetween(TimeUnit.MILLISECONDS.toNanos(50), TimeUnit.SECONDS.toNanos(5));
        assertThat(copies.redone()).isEqualTo(20);
    }

    @Test
    void shouldGiveUpAChannelThatHasNothingAndTakesNothing() {
        use(
                new Channel("q") {
                    @Override
                    public int transferData(final CopyBatch batch) {
                        return 0;
                    }
                },
                1);
        final long start = System.nanoTime();
        while (channelInUse.failure() == null) {
            made = 0;
            copy(64);
            copies.finish(null);
        }
        assertCopied(1, 64);
        assertThat(channelInUse.failure()).isEqualTo("has nothing to do and takes no copies");
        assertThat(System.nanoTime() - start).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(50));
    }

    @Test
    void shouldGiveUpAChannelThatFailsTooOften() {
        final Channel channel = new Channel("q") {
            @Override
            protected int copy(final long source, final long destination, final long bytes) {
                return CopyStatus.UNREACHABLE;
            }
        };
        use(channel, 1);
        for (int i = 0; i < 50; i++) {
            copy(512);
            copies.finish(null);
        }
        assertCopied(50, 512);
        assertThat(channelInUse.failure()).isEqualTo("fails too often: unreachable");
        assertThat(copies.redone()).isEqualTo(33);
        assertThat(channel.aborts).isEqualTo(1);
    }

    @Test
    void shouldGiveUpAChannelThatCompletesACopyNowAndThen() {
        final Channel slow = new Channel("q") {
            private long next;

            @Override
            public int completedCopies(final Completions completions) {
                if (System.nanoTime() < next || pending == 0) {
                    return 0;
                }
                next = System.nanoTime() + 30_000_000;
                pending--;
                completions.failed(CopyStatus.FAILED);
                return 1;
            }
        };
        final long start = System.nanoTime();
        assertGivenUp(slow);
        assertThat(System.nanoTime() - start).isLessThan(TimeUnit.MILLISECONDS.toNanos(400));
    }

    @Test
    void shouldTrustTheNextChannel() {
        use(
                new Channel("q") {
                    @Override
                    public int transferData(final CopyBatch batch) {
                        return CopyStatus.HALTED;
                    }
                },
                1);
        copy(100);
        copies.finish(null);
        final Channel good = new Channel("q");
        use(good, 1);
        assertThat(channelInUse.failure()).isNull();
        copy(100);
        copies.finish(null);
        assertCopied(2, 100);
        assertThat(good.copies).isEqualTo(1);
    }

    /** An engine that takes copies and never finishes one, and a queue that looks at it after pauses longer than the deadline. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldCountTimeInWhichNobodyLooksOnlyWhereTheRingIsToStop(final boolean stops) {
        final CopyChannel hung = new CopyChannel(
                arena,
                "fake",
                new Channel("q") {
                    @Override
                    public int completedCopies(final Completions completions) {
                        return 0;
                    }
                },
                new DmaLimits(1 << 20, 1024, 1, true, false),
                CopyChannel.Overflow.CPU,
                TimeUnit.MILLISECONDS.toNanos(20),
                failed -> {});
        copies.use(hung, 1);
        final InFlight packets = new InFlight(16);
        copy(64);
        copies.finish(packets);
        copies.hurry(stops);
        final long begin = System.nanoTime();
        while (System.nanoTime() - begin < TimeUnit.MILLISECONDS.toNanos(40)) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
        }
        copies.reap(packets, false);
        assertThat(hung.failure() != null).isEqualTo(stops);
    }
}
