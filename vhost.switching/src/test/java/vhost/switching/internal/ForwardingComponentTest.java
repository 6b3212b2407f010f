package vhost.switching.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.annotation.Annotation;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import vhost.core.api.PortSpec;
import vhost.core.api.VhostPort;
import vhost.core.api.VhostPorts;
import vhost.switching.ForwardingMode;
import vhost.switching.PortStatistics;

class ForwardingComponentTest {
    private final FakeWorker worker = new FakeWorker(0, new FakePool(64, 0), Copies.SYNCHRONOUS);
    private final FakePort port = new FakePort("p0", 1, List.of(worker), 0);
    private final FakePorts ports = new FakePorts(port);

    @Test
    void shouldServeThePortsThatAreThere() {
        ForwardingComponent component = component(new Config("switch", 64));

        assertThat(component.mode()).isEqualTo(ForwardingMode.SWITCH);
        assertThat(component.statistics()).extracting(PortStatistics::port).containsExactly("p0");
        assertThat(component.macTable()).isEmpty();
        assertThat(component.flush()).isZero();
        assertThat(component.evictions()).isZero();
    }

    /** With one port known and its partner not yet, io would give a guest its own packets back. */
    @Test
    void shouldMoveNothingUntilAllPortsAreKnown() {
        port.tx[0].toSend.add(Frame.of("02:00:00:00:00:01", "02:00:00:00:00:02", 1));
        ports.opened = () -> assertThat(worker.turn()).isZero();
        component(new Config("io", 64));

        assertThat(worker.turn()).isPositive();
    }

    @Test
    void shouldChangeItsMode() {
        ForwardingComponent component = component(new Config("switch", 64));
        component.modified(new Config("TxOnly", 64));
        worker.turn();

        assertThat(component.mode()).isEqualTo(ForwardingMode.TXONLY);
        assertThat(port.rx[0].received).isNotEmpty();
    }

    @Test
    void shouldGoOnWhenAChangeMakesNoSense() {
        ForwardingComponent component = component(new Config("io", 64));
        component.modified(new Config("sideways", 64));
        component.modified(new Config("rxonly", 0));

        assertThat(component.mode()).isEqualTo(ForwardingMode.IO);
    }

    @Test
    void shouldRefuseToStartWithWhatMakesNoSense() {
        assertThatThrownBy(() -> component(new Config("sideways", 64)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("io, mac, macswap, rxonly, txonly or switch");
        assertThatThrownBy(() -> component(new Config("io", 257)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("burst is 257; use 1 to 256");
        assertThat(ports.listener).isNull();
    }

    @Test
    void shouldLetGoOfEverythingWhenItIsClosed() {
        ForwardingComponent component = component(new Config("txonly", 64));
        assertThat(worker.pool.inUse()).isEqualTo(64);
        component.close();

        assertThat(ports.listener).isNull();
        assertThat(worker.pool.inUse()).isZero();
        assertThat(worker.turn()).isZero();
        component.close();
    }

    private ForwardingComponent component(Config config) {
        return new ForwardingComponent(config, ports, () -> List.of(worker));
    }

    private record Config(String mode, int burst) implements ForwardingComponent.Config {
        @Override
        public int ageing_seconds() {
            return 300;
        }

        @Override
        public int patience_millis() {
            return 10;
        }

        @Override
        public int txonly_bytes() {
            return 64;
        }

        @Override
        public Class<? extends Annotation> annotationType() {
            return ForwardingComponent.Config.class;
        }
    }

    private static final class FakePorts implements VhostPorts {
        private final VhostPort port;
        private Listener listener;
        private Runnable opened = () -> {};

        FakePorts(VhostPort port) {
            this.port = port;
        }

        @Override
        public void addListener(Listener added) {
            listener = added;
            added.opened(port);
            opened.run();
        }

        @Override
        public void removeListener(Listener removed) {
            listener = null;
        }

        @Override
        public VhostPort open(PortSpec spec) {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean close(String name) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<VhostPort> ports() {
            return List.of(port);
        }

        @Override
        public Optional<VhostPort> port(String name) {
            return Optional.of(port);
        }
    }
}
