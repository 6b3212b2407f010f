package vhost.core.internal.device;

import static org.assertj.core.api.Assertions.assertThat;
import static vhost.core.internal.device.TestPort.RX;
import static vhost.core.internal.device.TestPort.TX;
import static vhost.core.internal.device.TestPort.await;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import vhost.core.api.VhostPort.State;
import vhost.core.internal.testing.FakeDriver;
import vhost.core.internal.testing.FakeDriver.Raw;
import vhost.core.internal.testing.Layout;

/** A device's life, told to it as a session would, with a worker that echoes. */
class VhostDeviceTest {
    @RegisterExtension
    final EchoRig rig = new EchoRig();

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldCarryPackets(final Layout layout) throws Exception {
        final TestPort port = rig.echoing(layout);
        assertThat(port.device.state()).isEqualTo(State.RUNNING);
        port.echo(500, 60);
        port.echo(100, 1514);
        assertThat(port.queue(TX).counters().packets()).isEqualTo(600);
        assertThat(port.queue(TX).counters().bytes()).isEqualTo(500 * 60 + 100 * 1514);
        assertThat(port.queue(RX).counters().packets()).isEqualTo(600);
        assertThat(port.queue(RX).ring()).isEqualTo(layout == Layout.SPLIT ? "split 16" : "packed 16");
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldRunARingOnlyWhileItIsStartedAndEnabled(final Layout layout) throws Exception {
        final TestPort port = rig.port("p", layout);
        assertThat(port.device.state()).isEqualTo(State.WAITING);
        port.device.connected();
        assertThat(port.device.state()).isEqualTo(State.CONNECTED);
        port.device.setFeatures(port.features);
        port.device.setMemoryTable(port.ram.slots());
        port.configure(TX);
        assertThat(port.isRunning(TX)).isFalse();
        port.device.setKick(TX, TestPort.duplicate(port.kick[TX]));
        assertThat(port.isRunning(TX)).isFalse();
        port.device.setRingEnabled(TX, true);
        assertThat(port.isRunning(TX)).isTrue();
        assertThat(port.isRunning(RX)).isFalse();
        assertThat(port.device.state()).isEqualTo(State.RUNNING);
        port.device.setRingEnabled(TX, false);
        assertThat(port.isRunning(TX)).isFalse();
        assertThat(port.device.state()).isEqualTo(State.CONNECTED);
        port.device.enableAllRings();
        assertThat(port.isRunning(TX)).isTrue();
        port.device.stopRing(TX);
        assertThat(port.isRunning(TX)).isFalse();
        port.device.setKick(TX, TestPort.duplicate(port.kick[TX]));
        assertThat(port.isRunning(TX)).as("without new addresses").isFalse();
        port.address(TX);
        assertThat(port.isRunning(TX)).isTrue();
        port.device.reset();
        assertThat(port.isRunning(TX)).isFalse();
        rig.close(port);
        assertThat(port.device.state()).isEqualTo(State.CLOSED);
        assertThat(port.device.lastEvent()).isEqualTo("test over");
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldNotTouchADisabledRing(final Layout layout) throws Exception {
        final TestPort port = rig.echoing(layout);
        port.device.setRingEnabled(TX, false);
        port.post(2048);
        port.send(60);
        Thread.sleep(20);
        assertThat(port.tx.pollUsed()).isEqualTo(-1);
        port.device.setRingEnabled(TX, true);
        port.receive(60);
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldTellTheBaseAndGoOnThere(final Layout layout) throws Exception {
        final TestPort port = rig.echoing(layout);
        for (int round = 0; round < 5; round++) {
            port.echo(7, 100);
            for (final int index : new int[] {RX, TX}) {
                final int base = port.device.stopRing(index);
                final int expected = port.driver(index).base();
                assertThat(base).isEqualTo(layout == Layout.SPLIT ? expected : expected * 0x10001);
                assertThat(port.isRunning(index)).isFalse();
            }
            port.start(RX);
            port.start(TX);
        }
        port.echo(7, 100);
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldGiveTheBaseAgainOfARingThatDoesNotRun(final Layout layout) throws Exception {
        final TestPort port = rig.echoing(layout);
        port.echo(3, 100);
        final int base = port.device.stopRing(TX);
        assertThat(port.device.stopRing(TX)).isEqualTo(base);
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldStopOnlyTheRingThatIsBroken(final Layout layout) throws Exception {
        final TestPort bad = rig.port("bad", layout);
        final TestPort good = rig.port("good", layout);
        rig.echo(bad, good);
        bad.connect();
        good.connect();
        bad.echo(3, 100);
        good.echo(3, 100);

        bad.tx.offer(new Raw(0xBAD, 100, 0));
        bad.kick[TX].signal();

        await("error", () -> bad.err[TX].drain());
        assertThat(bad.queue(TX).fault()).isEqualTo("a descriptor points outside of the announced memory");
        assertThat(bad.queue(TX).counters().errors()).isEqualTo(1);
        assertThat(bad.isRunning(TX)).isFalse();
        assertThat(bad.isRunning(RX)).isTrue();
        assertThat(bad.err[RX].drain()).isFalse();
        good.echo(100, 100);
        final StringBuilder faults = new StringBuilder();
        bad.device.forEachFault((queue, fault) -> faults.append(queue + "=" + fault + ";"));
        assertThat(faults)
                .hasToString("bad/rx0=;bad/tx0=stopped: a descriptor points outside of the announced memory;");
        // It stands at the bad chain, and begins again when it is told to.
        final int base = bad.device.stopRing(TX);
        assertThat(base & 0xFFFF).isEqualTo(layout == Layout.SPLIT ? 3 : 0x8003);
        bad.tx.change(0, new Raw(bad.buffer(TX, 3), 60, 0));
        bad.start(TX);
        assertThat(bad.isRunning(TX)).isTrue();
        await("used", () -> bad.tx.pollUsed() != -1);
        assertThat(bad.queue(TX).fault()).isEmpty();
        good.echo(3, 100);
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldRestartABrokenRingAfterAReset(final Layout layout) throws Exception {
        final TestPort port = rig.echoing(layout);
        port.tx.offer(new Raw(0xBAD, 100, 0));
        port.kick[TX].signal();
        await("error", () -> port.err[TX].drain());
        port.device.disconnected("gone");
        port.tx.change(0, new Raw(port.buffer(TX, 3), 60, 0));
        port.connect();
        await("used", () -> port.tx.pollUsed() != -1);
    }

    @Test
    void shouldAnnounceTheGuest() throws Exception {
        final TestPort port = rig.echoing(Layout.SPLIT);
        port.post(2048);
        port.device.sendRarp(0x0605_0403_0201L);
        final long[] used = {-1};
        await("rarp", () -> {
            port.kick[TX].signal();
            return (used[0] = port.rx.pollUsed()) != -1;
        });
        assertThat(FakeDriver.length(used[0])).isEqualTo(72);
        final byte[] frame = new byte[60];
        port.ram.read(port.buffer(RX, 0) + 12, frame, 0, 60);
        assertThat(frame)
                .startsWith(-1, -1, -1, -1, -1, -1, 1, 2, 3, 4, 5, 6, (byte) 0x80, 0x35, 0, 1, 8, 0, 6, 4, 0, 3);
    }
}
