package vhost.core.internal.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static vhost.core.internal.device.TestPort.RX;
import static vhost.core.internal.device.TestPort.TX;
import static vhost.core.internal.device.TestPort.await;

import java.nio.file.Files;
import java.nio.file.Path;
import linux.EventFd;
import linux.Linux;
import linux.Memory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import vhost.core.internal.testing.Layout;

/** Kicks, calls and errors: descriptors that come, are replaced, and are no eventfds. */
class RingDescriptorsTest {
    @RegisterExtension
    final EchoRig rig = new EchoRig();

    @Test
    void shouldSignalANewCallDescriptorOnceWhileTheRingRuns() throws Exception {
        final TestPort port = rig.echoing(Layout.SPLIT);
        port.echo(1, 100);
        port.call[RX].drain();
        try (EventFd next = EventFd.create()) {
            port.device.setCall(RX, TestPort.duplicate(next));
            assertThat(Files.readString(info(next))).contains("eventfd-count:                1");
            assertThat(next.drain()).isTrue();
            port.echo(1, 100);
            await("call", next::drain);
            assertThat(port.call[RX].drain()).isFalse();
            port.device.setCall(RX, -1);
            port.echo(1, 100);
            assertThat(next.drain()).isFalse();
        }
    }

    private static Path info(final EventFd fd) {
        return Path.of("/proc/self/fdinfo/" + fd.fd());
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldCallAfterARestartForWhatWasDue(final Layout layout) throws Exception {
        final TestPort port = rig.echoing(layout);
        port.device.setRingEnabled(RX, false);
        port.call[RX].drain();
        port.device.setRingEnabled(RX, true);
        assertThat(port.call[RX].drain()).isTrue();
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldPollRingsWithoutAKick(final Layout layout) throws Exception {
        final TestPort port = rig.port("p", layout);
        rig.echo(port);
        port.connect();
        port.device.setKick(RX, -1);
        port.device.setKick(TX, -1);
        for (int i = 0; i < 20; i++) {
            Thread.sleep(3); // long enough for it to fall asleep
            port.echo(1, 100);
        }
        assertThat(port.queue(TX).counters().kicks()).isZero();
    }

    @Test
    void shouldWakeOnTheKickThatReplacedAnother() throws Exception {
        final TestPort port = rig.echoing(Layout.SPLIT);
        for (int i = 0; i < 20; i++) {
            final EventFd old = port.kick[TX];
            port.kick[TX] = EventFd.create();
            port.device.setKick(TX, TestPort.duplicate(port.kick[TX]));
            old.close();
            Thread.sleep(2);
            port.echo(1, 100);
        }
    }

    @Test
    void shouldRefuseAKickThatCannotBeWaitedFor() throws Exception {
        final TestPort port = rig.port("p", Layout.SPLIT);
        final int file = Linux.memfd("no eventfd", 4096, 0);
        assertThatThrownBy(() -> port.device.setKick(TX, file))
                .isInstanceOf(DeviceException.class)
                .hasMessageStartingWith("ring 1: the kick descriptor cannot be waited for")
                .hasMessageEndingWith("send an eventfd");
        assertThat(Path.of("/proc/self/fd/" + file)).doesNotExist();
        assertThatThrownBy(() -> port.device.setCall(TX, 999_999)).isInstanceOf(DeviceException.class);
    }

    @Test
    void shouldForgetKicksThatWereLeftInTheRing() throws Exception {
        final TestPort port = rig.echoing(Layout.SPLIT);
        for (int i = 0; i < 1000; i++) {
            port.kick[TX].signal();
            port.kick[RX].signal();
        }
        port.echo(5, 100);
        assertThat(Memory.getShort(port.ram.at(port.tx.used()))).isBetween((short) 0, (short) 1);
    }
}
