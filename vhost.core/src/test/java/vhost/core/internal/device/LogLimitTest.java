package vhost.core.internal.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class LogLimitTest {
    private static final int LINES = 10;
    private static final long INTERVAL_NANOS = 10_000_000_000L;

    private final AtomicLong clock = new AtomicLong();
    private final LogLimit limit = new LogLimit(LINES, INTERVAL_NANOS, clock::get);

    @Test
    void shouldAdmitAFewLinesAtOnce() {
        for (int i = 0; i < LINES; i++) {
            assertThat(limit.admit("line " + i)).isEqualTo("line " + i);
        }
        assertThat(limit.admit("one more")).isNull();
    }

    @Test
    void shouldCountWhatItWithheld() {
        for (int i = 0; i < LINES + 3; i++) {
            limit.admit("flood");
        }
        clock.addAndGet(INTERVAL_NANOS);
        assertThat(limit.admit("later")).isEqualTo("later (3 lines before it were left out)");
        assertThat(limit.admit("and later")).isEqualTo("and later");
    }
}
