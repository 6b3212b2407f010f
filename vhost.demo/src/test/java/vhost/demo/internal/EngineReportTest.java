package vhost.demo.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import vhost.core.api.VhostEngines;
import vhost.core.api.VhostEngines.Swap;

class EngineReportTest {
    private static final List<String> QUEUES = List.of("demo-a/rx0", "demo-b/tx0");
    private static final Contenders CONTENDERS =
            new Contenders(Map.of(EngineKind.CPU, List.of("cpu"), EngineKind.DSA, List.of("wq0", "wq1")));

    private final List<Swap> swaps = new ArrayList<>();
    private long forgotten;
    private final EngineAccounts accounts = new EngineAccounts(engines());
    private final EngineReport report = new EngineReport(CONTENDERS, accounts, QUEUES);

    /** Of the core's engines only what it remembers of changes. */
    private VhostEngines engines() {
        return (VhostEngines) Proxy.newProxyInstance(
                VhostEngines.class.getClassLoader(),
                new Class<?>[] {VhostEngines.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "swapCount" -> forgotten + swaps.size();
                    case "swaps" -> swaps.reversed();
                    default -> throw new UnsupportedOperationException(method.getName());
                });
    }

    private void serve(final String engine, final String queue, final long copies) {
        left(engine, queue, copies, 0, "");
    }

    private void left(
            final String engine, final String queue, final long copies, final long redone, final String failure) {
        swap(queue, VhostEngines.BUILTIN, engine, -1, 0, 0, "");
        swap(queue, engine, VhostEngines.BUILTIN, 7, copies, redone, failure);
    }

    private void swap(
            final String queue,
            final String from,
            final String to,
            final long drainMicros,
            final long copies,
            final long redone,
            final String failure) {
        swaps.add(new Swap(
                forgotten + swaps.size() + 1,
                Instant.EPOCH,
                queue,
                from,
                512,
                to,
                512,
                "assigned",
                1,
                drainMicros,
                copies,
                copies * 1_000_000,
                redone,
                failure,
                false));
    }

    private void serveAll() {
        QUEUES.forEach(queue -> serve("cpu", queue, 5));
        serve("wq0", QUEUES.get(0), 6);
        serve("wq1", QUEUES.get(1), 7);
    }

    private List<String> complaints() {
        accounts.collect();
        return report.complaints();
    }

    @Test
    void shouldShowWhatEachEngineDidAndSayWhichAreModels() {
        serveAll();
        assertThat(complaints()).isEmpty();
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        report.print(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        assertThat(bytes.toString(StandardCharsets.UTF_8).lines().map(line -> line.replaceAll(" +", " ")))
                .containsExactlyInAnyOrder(
                        "engine what it is queues copies MB changes failures",
                        "cpu cpu 2/2 10 10.0 2 0",
                        "wq0 DSA model 1/2 6 6.0 1 0",
                        "wq1 DSA model 1/2 7 7.0 1 0");
    }

    @Test
    void shouldAddUpWhatIsCollectedOneTimeAfterTheOther() {
        serveAll();
        accounts.collect();
        serve("cpu", QUEUES.get(0), 100);
        accounts.collect();
        assertThat(accounts.of("cpu").copies()).isEqualTo(110);
        assertThat(accounts.of("cpu").changes()).isEqualTo(3);
    }

    @Test
    void shouldComplainOfAnEngineThatMadeNoCopy() {
        QUEUES.forEach(queue -> serve("cpu", queue, 5));
        QUEUES.forEach(queue -> serve("wq0", queue, 5));
        serve("wq1", QUEUES.get(1), 0);
        assertThat(complaints()).containsExactly("wq1 made no copy");
    }

    @Test
    void shouldComplainOfAQueueThatAKindDidNotServe() {
        QUEUES.forEach(queue -> serve("cpu", queue, 5));
        serve("wq0", QUEUES.get(0), 6);
        serve("wq1", QUEUES.get(0), 7);
        assertThat(complaints()).containsExactly("no DSA model engine made a copy for demo-b/tx0");
    }

    @Test
    void shouldComplainOfFailedCopiesAndOfAnEngineThatIsNotBelieved() {
        serveAll();
        left("wq0", QUEUES.get(0), 3, 2, "");
        left("wq1", QUEUES.get(0), 3, 0, "threw");
        assertThat(complaints()).containsExactly("wq0 failed", "wq1 failed");
        assertThat(accounts.of("wq0").failures()).isEqualTo(2);
        assertThat(accounts.of("wq1").failures()).isEqualTo(1);
    }

    @Test
    void shouldNotTakeAChangeOfTheThresholdForAChangeOfTheEngine() {
        serveAll();
        swap(QUEUES.get(0), "cpu", "cpu", -1, 0, 0, "");
        assertThat(complaints()).isEmpty();
        assertThat(accounts.of("cpu").changes()).isEqualTo(2);
    }

    @Test
    void shouldComplainOfChangesThatTheCoreHasForgotten() {
        serveAll();
        forgotten = 3;
        assertThat(complaints()).anyMatch(complaint -> complaint.contains("changes it is not known"));
    }
}
