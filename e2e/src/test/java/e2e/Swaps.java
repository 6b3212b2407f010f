package e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Gives the two queues of a port, which carries packets, one engine after another. */
final class Swaps {
    /** Options of the front-end: packets that fit into one copy, and packets that take several. */
    static final List<String> TRAFFIC = List.of("--size", "64,1518,4096,256");

    /** No copy is late on a busy machine: this is about changes, not about engines that fail. */
    static final Map<String, String> PATIENT = Map.of("engine", "cpu-inline", "deadline.millis", "500");

    private static final String[] QUEUES = {"rx0", "tx0"};
    private static final int[] THRESHOLDS = {0, 256, 1024, 1, 2048, 64, 4096};

    /** An engine that failed may be out for half a minute. */
    static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Control control;
    private final List<String> engines;
    private final Map<String, Long> copies = new LinkedHashMap<>();

    /** Which of {@link #engines} has each of {@link #QUEUES}. */
    private final int[] serving = new int[QUEUES.length];

    /** What gave each of {@link #QUEUES} what it has. */
    private final String[] given = new String[QUEUES.length];

    private int done;
    private int repeated;

    Swaps(final Control control, final List<String> engines) {
        this.control = control;
        this.engines = engines;
    }

    /** Gives one queue, the two in turn, another engine and another threshold. */
    void next() {
        control.run(command());
    }

    /** As {@link #next}, to an engine that may have gone; the queue keeps what it has then. */
    void tryNext() {
        final Child.Result result = control.tryRun(command());
        if (result.status() != 0) {
            assertThat(result.err()).contains("no engine");
        }
    }

    /** What {@link #next} would have executed, for who has it executed. */
    String command() {
        final int queue = done % QUEUES.length;
        serving[queue] = (serving[queue] + 1) % engines.size();
        final int threshold = THRESHOLDS[done % THRESHOLDS.length];
        done++;
        given[queue] = "assign port0 " + QUEUES[queue] + " " + engines.get(serving[queue]) + " " + threshold;
        return given[queue];
    }

    /** Gives one queue, the two in turn, what it was given last: as much work for the shell as {@link #command}, and no change. */
    String repeat() {
        return given[repeated++ % QUEUES.length];
    }

    /** Gives all queues to one engine, and sees that it copies. */
    void useAlone(final String engine) {
        control.run("assign port0 '*' " + engine + " 1");
        Arrays.fill(serving, engines.indexOf(engine));
        final long before = control.sum("stats", "BY ENGINE");
        Waiting.until(
                engine + " copies",
                PATIENCE,
                () -> control.sum("stats", "BY ENGINE") > before + 1000,
                () -> control.run("queues\nengines"));
        copies.merge(engine, control.sum("stats", "BY ENGINE") - before, Long::sum);
    }

    /** How many copies engines made when {@link #useAlone} saw them. */
    Map<String, Long> copies() {
        return copies;
    }

    /** The traffic has ended: all that was taken has been given back. */
    static void expectNothingLeft(final Control control) {
        Waiting.until(
                "all packets are back",
                PATIENCE,
                () -> control.sum("queues", "IN FLIGHT") == 0 && control.sum("workers", "PACKETS IN USE") == 0,
                () -> control.run("queues\nworkers"));
        assertThat(control.sum("engines", "DRAINING")).isZero();
    }
}
