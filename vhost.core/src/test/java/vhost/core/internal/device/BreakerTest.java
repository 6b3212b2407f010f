package vhost.core.internal.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** An engine that failed is out, tried by one queue, and back. */
class BreakerTest {
    private long now = 1_000;
    private final Breaker breaker = new Breaker(() -> now);

    private void pass(final double seconds) {
        now += (long) (seconds * 1e9);
    }

    @Test
    void shouldAdmitEveryQueueAtFirst() {
        assertThat(breaker.admits("a")).isTrue();
        assertThat(breaker).hasToString("ok");
    }

    @Test
    void shouldBeOutForASecondAfterAFailure() {
        assertThat(breaker.failed("threw up", 0)).isTrue();
        assertThat(breaker.admits("a")).isFalse();
        assertThat(breaker).hasToString("out 1 s: threw up");
        pass(0.9);
        assertThat(breaker.isDue()).isFalse();
        pass(0.1);
        assertThat(breaker.isDue()).isTrue();
    }

    @Test
    void shouldHearOfManyChannelsFailingAtOnceAsOfOne() {
        breaker.failed("one", 0);
        assertThat(breaker.failed("two", 0)).isFalse();
        pass(1);
        breaker.tryOn("a");
        assertThat(breaker.failed("late, of before", 0)).isFalse();
        assertThat(breaker.isOnProbation()).isTrue();
        assertThat(breaker.backOffNanos()).isEqualTo(Breaker.FIRST_NANOS);
    }

    @Test
    void shouldLetOneQueueTryAndThenAll() {
        breaker.failed("no", 0);
        pass(1);
        breaker.tryOn("a");
        assertThat(breaker.admits("a")).isTrue();
        assertThat(breaker.admits("b")).isFalse();
        assertThat(breaker).hasToString("probation");
        assertThat(breaker.proves(0)).isFalse();
        assertThat(breaker.proves(5)).isFalse();
        pass(1);
        assertThat(breaker.proves(0)).as("without a copy").isFalse();
        assertThat(breaker.proves(1)).isTrue();
        assertThat(breaker.admits("b")).isTrue();
    }

    @Test
    void shouldTakeManyCopiesForAProof() {
        breaker.failed("no", 0);
        pass(1);
        breaker.tryOn("a");
        assertThat(breaker.proves(Breaker.PROOF_COPIES)).isTrue();
    }

    @Test
    void shouldDoubleTheTimeWithEachFailureUpToAMinute() {
        final long[] expected = {1, 2, 4, 8, 16, 32, 60, 60};
        for (final long seconds : expected) {
            assertThat(breaker.failed("again", now)).isTrue();
            assertThat(breaker.backOffNanos()).isEqualTo(TimeUnit.SECONDS.toNanos(seconds));
            pass(seconds);
            assertThat(breaker.isDue()).isTrue();
            breaker.tryOn("a");
            pass(0.1);
        }
    }

    @Test
    void shouldDoubleAlsoWhereItFailsSoonAfterItWasBack() {
        breaker.failed("no", 0);
        pass(1);
        breaker.tryOn("a");
        breaker.proves(Breaker.PROOF_COPIES);
        pass(59);
        breaker.failed("no", 0);
        assertThat(breaker.backOffNanos()).isEqualTo(2 * Breaker.FIRST_NANOS);
        pass(2);
        breaker.tryOn("a");
        breaker.proves(Breaker.PROOF_COPIES);
        pass(60);
        breaker.failed("no", 0);
        assertThat(breaker.backOffNanos()).as("after a good minute").isEqualTo(Breaker.FIRST_NANOS);
    }

    @Test
    void shouldHearOfAFailureOfTheQueueThatTriesFoundLong() {
        breaker.failed("no", 0);
        pass(1);
        breaker.tryOn("a");
        final long opened = now;
        pass(5);
        breaker.tryOn("a"); // still idle: it goes on
        assertThat(breaker.failed("now", opened)).isTrue();
        assertThat(breaker.admits("a")).isFalse();
    }
}
