package vhost.core.internal.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class LogLimitTest {
    private final AtomicLong clock = new AtomicLong();
    private final LogLimit limit = new LogLimit(clock::get);

    @Test
    void shouldAdmitAFewLinesAtOnce() {
        for (int i = 0; i < LogLimit.LINES; i++) {
            assertThat(limit.admit("line " + i)).isEqualTo("line " + i);
        }
        assertThat(limit.admit("one more")).isNull();
    }

    @Test
    void shouldCountWhatItWithheld() {
        for (int i = 0; i < LogLimit.LINES + 3; i++) {
            limit.admit("flood");
        }
        clock.addAndGet(LogLimit.INTERVAL_NANOS);
        assertThat(limit.admit("later")).isEqualTo("later (3 lines before it were left out)");
        assertThat(limit.admit("and later")).isEqualTo("and later");
    }
}
