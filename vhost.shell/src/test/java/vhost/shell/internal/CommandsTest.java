package vhost.shell.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import vhost.core.api.PortSpec;
import vhost.core.api.VhostException;
import vhost.core.api.VhostPort;

class CommandsTest {
    private final FakePorts ports = new FakePorts();
    private final FakeConfigurations configurations = new FakeConfigurations();
    private final PortAddCommand add = new PortAddCommand(ports, configurations.admin());
    private final PortRemoveCommand remove = new PortRemoveCommand(ports, configurations.admin());

    @Test
    void opensAndStoresAPort() throws Exception {
        assertThat(run(add, "a", "/run/a.sock", "--client", "--queues", "2", "--mtu", "9000"))
                .isNull();
        PortSpec spec = new PortSpec("a", Path.of("/run/a.sock"), true, 2, 9000);
        assertThat(ports.ports()).extracting(VhostPort::spec).containsExactly(spec);
        assertThat(PortSettings.spec(configurations.stored.get("a"))).isEqualTo(spec);
        assertThat(new PortSettings(configurations.admin()).all()).containsExactly(spec);
    }

    @Test
    void storesNothingThatCannotBeOpened() throws Exception {
        run(add, "a", "/run/a.sock");
        assertThatThrownBy(() -> run(add, "a", "/run/b.sock")).isInstanceOf(VhostException.class);
        assertThatThrownBy(() -> run(add, "b", "/run/b.sock", "--mtu", "1")).hasMessageContaining("MTU 1");
        assertThat(configurations.stored).containsOnlyKeys("a");
        assertThat(PortSettings.spec(configurations.stored.get("a")).socket()).isEqualTo(Path.of("/run/a.sock"));
    }

    @Test
    void closesAndForgetsAPort() throws Exception {
        run(add, "a", "/run/a.sock");
        run(remove, "a");
        assertThat(ports.ports()).isEmpty();
        assertThat(configurations.stored).isEmpty();
    }

    @Test
    void namesThePortThatWasProbablyMeant() throws Exception {
        run(add, "uplink", "/run/a.sock");
        assertThatThrownBy(() -> run(remove, "uplnik")).hasToString("no port 'uplnik'; did you mean uplink?");
        assertThatThrownBy(() -> run(new QueuesCommand(ports, new FakeEngines(ports)), "x"))
                .hasToString("no port 'x'; there are uplink");
    }

    @Test
    void leavesAPortThatAFileConfigures() throws Exception {
        configurations.stored.put(
                "a",
                new Hashtable<>(Map.of(
                        "name", "a", "socket", "/run/a.sock", "felix.fileinstall.filename", "file:/conf/a.cfg")));
        assertThatThrownBy(() -> run(remove, "a")).hasMessageContaining("file:/conf/a.cfg");
        assertThat(configurations.stored).containsOnlyKeys("a");
    }

    @Test
    void opensWhatAFileConfiguresInText() throws Exception {
        configurations.stored.put(
                "a",
                new Hashtable<>(Map.of("name", "a", "socket", "/run/a.sock", "client", "true", "queue.pairs", "4")));
        assertThat(new ForwardReady(ports, configurations.admin()).call()).isZero();
        assertThat(ports.ports())
                .extracting(VhostPort::spec)
                .containsExactly(new PortSpec("a", Path.of("/run/a.sock"), true, 4, 0));
    }

    @Test
    void listsPortsAndQueues() throws Exception {
        assertThat(run(new PortsCommand(ports))).hasToString("no ports; add one with port-add");
        run(add, "a", "/run/a.sock", "--queues", "3");
        assertThat(run(new PortsCommand(ports)).toString()).contains("a     waiting  /run/a.sock  server      3");
        // Further pairs show when they are used.
        assertThat(run(new QueuesCommand(ports, new FakeEngines(ports))).toString())
                .contains("a/rx0", "a/tx0")
                .doesNotContain("a/rx1");
    }

    @Test
    void ratesAreSinceTheLastTime() throws Exception {
        StatsCommand stats = new StatsCommand(ports);
        run(add, "a", "/run/a.sock");
        ports.packets = 1000;
        assertThat(stats.table("a", 0L).toString().lines().toList().get(1)).endsWith("-       -");
        ports.packets = 2_501_000;
        assertThat(stats.table("a", 2_000_000_000L).toString().lines().toList().get(1))
                .startsWith("a/rx0  2501000")
                .containsPattern("1\\.25 M +100\\.00 M$");
    }

    private static Object run(Command command, String... words) throws Exception {
        return command.execute(null, List.of((Object[]) words));
    }
}
