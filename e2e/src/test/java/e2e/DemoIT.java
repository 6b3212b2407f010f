package e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The first thing that a newcomer runs. */
@Timeout(120)
class DemoIT {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @Test
    void succeedsInLessThanThirtySeconds() {
        try (Scratch scratch = new Scratch()) {
            final long start = System.nanoTime();
            final Child.Result result = Child.run(
                    "demo", LIMIT.multipliedBy(3), Platform.environment(scratch.folder()), Platform.vhost("demo"));
            final Duration time = Duration.ofNanos(System.nanoTime() - start);
            assertThat(result.status()).as("%s%n%s", result.out(), result.err()).isZero();
            assertThat(time).isLessThan(LIMIT);
        }
    }
}
