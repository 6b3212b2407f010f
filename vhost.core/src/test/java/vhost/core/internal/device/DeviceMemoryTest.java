package vhost.core.internal.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static vhost.core.internal.device.TestPort.RX;
import static vhost.core.internal.device.TestPort.TX;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import vhost.core.internal.device.DeviceControl.MemorySlot;
import vhost.core.internal.testing.GuestRam;
import vhost.core.internal.testing.Layout;

/** Guest memory that comes, goes, cannot be, and is let go of. */
class DeviceMemoryTest {
    @RegisterExtension
    final EchoRig rig = new EchoRig();

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldCarryOnThroughNewMemoryTables(final Layout layout) throws Exception {
        final TestPort port = rig.echoing(layout);
        final AtomicBoolean done = new AtomicBoolean();
        final Throwable[] failure = new Throwable[1];
        final Thread session = new Thread(() -> {
            try {
                for (int i = 0; i < 60 || !done.get(); i++) {
                    switch (i % 3) {
                        case 0 -> port.device.setMemoryTable(List.of(port.ram.lowerSlot()));
                        case 1 -> port.device.setMemoryTable(port.ram.slots());
                        default -> port.device.setMemoryTable(port.ram.slots()); // the same again
                    }
                    Thread.sleep(1);
                }
            } catch (Exception | AssertionError e) {
                failure[0] = e;
            }
        });
        session.start();
        for (int i = 0; i < 20; i++) {
            port.echo(100, 60 + 60 * i);
        }
        done.set(true);
        session.join();
        assertThat(failure[0]).isNull();
        assertThat(port.queue(TX).counters().errors()).isZero();
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldParkRingsWhoseRegionIsRemovedAndGoOnWhenItIsBack(final Layout layout) throws Exception {
        final TestPort port = rig.echoing(layout);
        port.echo(10, 100);
        final MemorySlot lower =
                new MemorySlot(GuestRam.BASE, port.ram.half(), GuestRam.user(GuestRam.BASE), port.ram.half(), -1);
        port.device.removeMemory(lower);
        assertThat(port.isRunning(RX)).isFalse();
        assertThat(port.isRunning(TX)).isFalse();
        port.post(2048);
        port.send(100);
        Thread.sleep(10);
        assertThat(port.tx.pollUsed()).isEqualTo(-1);
        port.device.addMemory(port.ram.lowerSlot());
        assertThat(port.isRunning(TX)).isTrue();
        port.receive(100);
        port.echo(10, 100);
        assertThatThrownBy(() -> port.device.addMemory(port.ram.lowerSlot()))
                .isInstanceOf(DeviceException.class)
                .hasMessageContaining("overlaps");
        assertThatThrownBy(() -> port.device.removeMemory(new MemorySlot(1, 2, 3, 0, -1)))
                .isInstanceOf(DeviceException.class)
                .hasMessage("no memory region of 0x2 bytes at guest address 0x1, user address 0x3");
        port.echo(10, 100);
    }

    @Test
    void shouldKeepAnUnusedRegionsRemovalFromTheTraffic() throws Exception {
        final TestPort port = rig.echoing(Layout.SPLIT);
        port.device.removeMemory(
                new MemorySlot(port.ram.seam(), port.ram.half(), GuestRam.user(port.ram.seam()), 0, -1));
        port.echo(10, 100);
        port.device.addMemory(port.ram.upperSlot());
        port.echo(10, 100);
    }

    @Test
    void shouldRefuseMemoryThatCannotBe() throws Exception {
        final TestPort port = rig.port("p", Layout.SPLIT);
        final long half = port.ram.half();
        final Object[][] bad = {
            {new MemorySlot(0, 0, 0, 0, port.ram.duplicate()), "must be positive"},
            {new MemorySlot(0, -4096, 0, 0, port.ram.duplicate()), "must be positive"},
            {new MemorySlot(0, 4096, 0, -4096, port.ram.duplicate()), "must be positive"},
            {new MemorySlot(0, Long.MAX_VALUE, 0, 4096, port.ram.duplicate()), "wrap around"},
            {new MemorySlot(-4096, 8192, 0, 0, port.ram.duplicate()), "wraps around the end of the address space"},
            {new MemorySlot(0, 8192, -4096, 0, port.ram.duplicate()), "wraps around the end of the address space"},
            {new MemorySlot(0, half, 0, 2 * half, port.ram.duplicate()), "the file has 8388608 bytes"},
            {new MemorySlot(0, 2 * half + 1, 0, 0, port.ram.duplicate()), "the file has 8388608 bytes"},
            {new MemorySlot(0, 4096, 0, 0, 999_999), "fstat"},
        };
        final int before = descriptors();
        for (final Object[] one : bad) {
            assertThatThrownBy(() -> port.device.addMemory((MemorySlot) one[0]))
                    .isInstanceOf(DeviceException.class)
                    .hasMessageContaining((String) one[1]);
        }
        assertThat(descriptors()).isEqualTo(before - bad.length + 1);
        final MemorySlot twice = new MemorySlot(GuestRam.BASE + half - 4096, half, 0x1000, 0, port.ram.duplicate());
        assertThatThrownBy(() -> port.device.setMemoryTable(List.of(port.ram.lowerSlot(), twice)))
                .isInstanceOf(DeviceException.class)
                .hasMessageContaining("overlaps");
        final MemorySlot wrong = new MemorySlot(0, 0, 0, 0, port.ram.duplicate());
        assertThatThrownBy(() -> port.device.setMemoryTable(List.of(port.ram.lowerSlot(), wrong, port.ram.upperSlot())))
                .isInstanceOf(DeviceException.class);
        assertThat(descriptors()).isEqualTo(before - bad.length + 1);
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldLeakNothingInAThousandSessions(final Layout layout) throws Exception {
        final TestPort port = rig.port("p", layout);
        rig.echo(port);
        for (int i = 0; i < 20; i++) {
            session(port, i);
        }
        final int descriptors = descriptors();
        final long mappings = mappings();
        for (int i = 0; i < 1000; i++) {
            session(port, i);
        }
        assertThat(descriptors()).isBetween(descriptors - 2, descriptors + 2);
        assertThat(mappings).isPositive();
        assertThat(mappings()).isEqualTo(mappings);
        final int[] inUse = new int[1];
        rig.worker().execute(() -> inUse[0] = rig.worker().pool().inUse(), 5000);
        assertThat(inUse[0]).isZero();
    }

    private static void session(final TestPort port, final int round) throws Exception {
        port.connect();
        if (round % 50 == 0) {
            port.echo(1, 100);
        }
        if (round % 3 == 0) {
            port.device.setCall(TX, TestPort.duplicate(port.call[TX]));
            port.device.setKick(TX, TestPort.duplicate(port.kick[TX]));
            port.device.setErr(TX, TestPort.duplicate(port.err[TX]));
            port.device.setMemoryTable(port.ram.slots());
        }
        if (round % 3 == 1) {
            port.device.stopRing(RX);
            port.device.stopRing(TX);
        }
        port.device.disconnected("round " + round);
    }

    private static int descriptors() throws IOException {
        try (var files = Files.list(Path.of("/proc/self/fd"))) {
            return (int) files.count();
        }
    }

    /** How often the guests' memory is mapped. */
    private static long mappings() throws IOException {
        try (var lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.filter(line -> line.contains("memfd:guest")).count();
        }
    }
}
