package e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Keeps this process off processor 0, where a worker is measured. */
final class Aside {
    private static final Duration AT_ONCE = Duration.ofSeconds(10);
    private static final int PROCESSORS = Runtime.getRuntime().availableProcessors();

    private static final String OTHERS = "1-" + (PROCESSORS - 1);

    private Aside() {}

    /** {@code command} that keeps off it too. */
    static List<String> command(final String... command) {
        final List<String> aside = new ArrayList<>();
        if (PROCESSORS > 1) {
            aside.addAll(List.of("taskset", "--cpu-list", OTHERS));
        }
        aside.addAll(List.of(command));
        return aside;
    }

    /** Children inherit where their parent may run: {@code measurement} starts none. */
    static void run(final Runnable measurement) {
        if (PROCESSORS == 1) {
            measurement.run();
            return;
        }
        stayOn(OTHERS);
        try {
            measurement.run();
        } finally {
            stayOn("0-" + (PROCESSORS - 1));
        }
    }

    private static void stayOn(final String processors) {
        final String self = String.valueOf(ProcessHandle.current().pid());
        final Child.Result result = Child.run(
                "taskset",
                AT_ONCE,
                Map.of(),
                List.of("taskset", "--all-tasks", "--pid", "--cpu-list", processors, self));
        assertThat(result.status()).as(result.err()).isZero();
    }
}
