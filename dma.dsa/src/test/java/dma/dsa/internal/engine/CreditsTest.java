package dma.dsa.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Channels of several owners share the entries of a dedicated queue. */
@Timeout(60)
class CreditsTest {
    private static final int ENTRIES = 7;
    private static final int ROUNDS = 200_000;

    @Test
    void shouldGiveWhatThereIs() {
        final Credits credits = Credits.of(5);
        assertThat(credits.take(3)).isEqualTo(3);
        assertThat(credits.take(3)).isEqualTo(2);
        assertThat(credits.take(3)).isZero();
        credits.giveBack(4);
        assertThat(credits.take(9)).isEqualTo(4);
    }

    @Test
    void shouldLeaveASharedQueueToCountForItself() {
        final Credits credits = Credits.unlimited();
        assertThat(credits.take(1_000_000)).isEqualTo(1_000_000);
        credits.giveBack(1_000_000);
        assertThat(credits.take(5)).isEqualTo(5);
    }

    @Test
    void shouldNeverGiveMoreThanThereAreToTwoOwners() throws Exception {
        final Credits credits = Credits.of(ENTRIES);
        final AtomicInteger out = new AtomicInteger();
        final AtomicInteger most = new AtomicInteger();
        final CountDownLatch start = new CountDownLatch(1);
        final List<Thread> owners = new ArrayList<>();
        for (int owner = 0; owner < 2; owner++) {
            owners.add(Thread.ofPlatform().start(() -> {
                await(start);
                for (int i = 0; i < ROUNDS; i++) {
                    final int taken = credits.take(1 + i % ENTRIES);
                    most.accumulateAndGet(out.addAndGet(taken), Math::max);
                    out.addAndGet(-taken);
                    credits.giveBack(taken);
                }
            }));
        }
        start.countDown();
        for (final Thread owner : owners) {
            owner.join();
        }
        assertThat(most.get()).isLessThanOrEqualTo(ENTRIES);
        assertThat(credits.take(100)).isEqualTo(ENTRIES);
    }

    private static void await(final CountDownLatch start) {
        try {
            start.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
