package vhost.core.internal.device;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import vhost.core.api.VhostEngines.Swap;

class SwapLogTest {
    private final SwapLog log = new SwapLog();

    @Test
    void shouldTellTheNewestFirstAndForgetTheOldest() {
        for (int i = 1; i <= 300; i++) {
            log.add("p/rx0", "a", i, "b", i + 1, "assigned", 1500);
        }
        assertThat(log.count()).isEqualTo(300);
        assertThat(log.last(3)).extracting(Swap::number).containsExactly(300L, 299L, 298L);
        assertThat(log.last(1000)).hasSize(SwapLog.REMEMBERED);
        assertThat(log.last(1).getFirst().useMicros()).isEqualTo(1);
        assertThat(log.last(0)).isEmpty();
    }

    @Test
    void shouldHearLaterWhatTheChannelBeforeDid() {
        final SwapLog.Entry entry = log.add("p/rx0", "a", 1, "b", 1, "engine failed: x", 0);
        assertThat(log.last(1).getFirst().drainMicros()).isEqualTo(-1);
        assertThat(log.last(1).getFirst().failure()).isEmpty();
        entry.drained(2_345_678, 11, 1100, 7, "x", true);
        final Swap swap = log.last(1).getFirst();
        assertThat(swap.drainMicros()).isEqualTo(2345);
        assertThat(swap.copies()).isEqualTo(11);
        assertThat(swap.bytes()).isEqualTo(1100);
        assertThat(swap.redone()).isEqualTo(7);
        assertThat(swap.failure()).isEqualTo("x");
        assertThat(swap.quarantined()).isTrue();
    }
}
