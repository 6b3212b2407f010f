package vhost.shell.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import vhost.core.api.PortSpec;
import vhost.core.api.VhostEngines;
import vhost.core.api.VhostEngines.Rule;
import vhost.core.api.VhostEngines.SizeClass;
import vhost.core.api.VhostEngines.ThresholdReport;

/** The commands by which people give engines to queues, and what they say. */
class AssignCommandTest {
    private final FakePorts ports = new FakePorts();
    private final FakeEngines engines = new FakeEngines(ports);
    private final AssignCommand assign = new AssignCommand(ports, engines);
    private final ThresholdCommand threshold = new ThresholdCommand(ports, engines);

    @BeforeEach
    void open() throws Exception {
        ports.open(new PortSpec("a", Path.of("/run/a.sock"), false, 2, 0));
        ports.open(new PortSpec("b", Path.of("/run/b.sock"), false, 1, 0));
        engines.states.put("cpu", "ok");
        engines.states.put("dsa0", "out 3 s: it hangs");
    }

    private static Object run(Command command, Object... words) throws Exception {
        return command.execute(null, List.of(words));
    }

    @Test
    void showsWhatEachQueueHadAndHas() throws Exception {
        assertThat(run(assign, "a", "rx0", "cpu", "4k")).hasToString("""
            QUEUE  HAD        HAS       NOTE
            a/rx0  builtin 0  cpu 4096     -\
            """);
        assertThat(engines.changes).containsExactly("a/rx0 cpu", "a/rx0 4096");
        assertThat(run(assign, "a", "rx0", "dsa0"))
                .asString()
                .endsWith("cpu 4096  cpu 4096  dsa0 is out 3 s: it hangs");
    }

    @Test
    void takesPatterns() throws Exception {
        assertThat(run(assign, "*", "rx*", "cpu").toString())
                .contains("a/rx0", "b/rx0", "and 1 that are not in use")
                .doesNotContain("tx");
        assertThat(engines.changes).containsExactly("*/rx* cpu");
        run(threshold, "*", "*", "auto");
        assertThat(engines.changes).endsWith("*/* " + VhostEngines.AUTO);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a  rx0 cup       | no engine 'cup'; did you mean cpu?",
                "a  rx0 x         | no engine 'x'; there are cpu, dsa0, builtin",
                "c  rx0 cpu       | no port 'c'; there are a, b",
                "c* rx0 cpu       | no port 'c*'; there are a, b",
                "b  rx1 cpu       | no queue 'rx1' at b; there are rx0 and tx0",
                "a  r3* cpu       | no queue 'r3*' at a; there are rx0 to rx1 and tx0 to tx1",
            })
    void saysWhatThereIsWhereSomethingIsNot(String words, String complaint) {
        assertThatThrownBy(() -> run(assign, (Object[]) words.strip().split(" +")))
                .hasToString(complaint);
        assertThat(engines.changes).isEmpty();
    }

    @Test
    void saysThatStarsNeedQuotes() {
        assertThatThrownBy(() -> run(assign, "a", List.of("README.md", "docs"), "cpu"))
                .hasMessageContaining("put it into quotes");
    }

    @Test
    void refusesWhatIsNoThreshold() {
        assertThatThrownBy(() -> run(assign, "a", "rx0", "cpu", "much"))
                .hasToString("threshold 'much'; use 0 to 2147483647 bytes, such as 1024 or 4k, or auto");
        assertThatThrownBy(() -> run(threshold, "a", "rx0", "-5")).hasMessageStartingWith("threshold '-5'");
        assertThatThrownBy(() -> run(threshold, "a", "rx0")).hasMessageContaining("usage: threshold PORT QUEUE");
        assertThat(engines.changes).isEmpty();
    }

    @Test
    void wishesForAnEngineToComeOnlyWhereToldSo() throws Exception {
        assertThat(run(assign, "a", "tx0", "dsa7", "--wait").toString()).endsWith("dsa7 is not there");
        assertThat(engines.changes).containsExactly("a/tx0 dsa7");
        run(assign, "a", "tx0", "builtin");
        assertThat(engines.changes).endsWith("a/tx0 builtin");
    }

    @Test
    void showsTheStateOfQueuesAndEngines() throws Exception {
        ports.thresholds.put("a/rx0", VhostEngines.AUTO);
        assertThat(run(new QueuesCommand(ports, engines)).toString()).contains("IN FLIGHT", " auto ");
        assertThat(run(new EnginesCommand(engines)).toString())
                .contains("out 3 s: it hangs", "STATE", "CHANNELS", "DRAINING")
                .endsWith("default: cpu, threshold auto");
    }

    @Test
    void listsAndForgetsRules() throws Exception {
        engines.rules.add(new Rule("a/*", "cpu", "-", false));
        engines.rules.add(new Rule("*/rx0", "-", "auto", true));
        AssignmentsCommand command = new AssignmentsCommand(engines);
        assertThat(run(command)).hasToString("""
            QUEUES  ENGINE  THRESHOLD  BY
            *       cpu     auto       default
            a/*     cpu     -          file
            */rx0   -       auto       assign\
            """);
        assertThat(run(command, "--forget").toString()).doesNotContain("*/rx0");
    }

    @Test
    void tellsTheLastSwapsNewestLast() throws Exception {
        SwapsCommand command = new SwapsCommand(engines);
        assertThat(run(command).toString()).startsWith("no changes yet");
        engines.swaps.add(FakeEngines.swap(1000, -1));
        engines.swaps.add(FakeEngines.swap(999, 34));
        List<String> lines = run(command).toString().lines().toList();
        assertThat(lines.get(1)).contains("999", "cpu 1024", "dsa auto", "assigned", "12", "34");
        assertThat(lines.get(2)).contains("1000", " - ");
        assertThat(lines.getLast()).isEqualTo("1000 changes since the start");
        assertThat(run(command, "1").toString()).doesNotContain("999");
        assertThatThrownBy(() -> run(command, "0")).hasMessageContaining("use 1 or more");
    }

    @Test
    void explainsAThreshold() throws Exception {
        engines.report = new ThresholdReport(
                "a/rx0",
                "cpu",
                2048,
                true,
                List.of(new SizeClass(64, 10, 7.4, 0, "builtin"), new SizeClass(4096, 5, 300, 90.6, "cpu")),
                "learned");
        assertThat(run(new ExplainCommand(ports, engines), "a", "rx0")).hasToString("""
            a/rx0: engine cpu, threshold auto:2048
            FROM BYTES  COPIES  CORE ns  ENGINE ns  MADE BY
                    64      10        7          -  builtin
                  4096       5      300         91  cpu
            learned\
            """);
    }
}
