package vhost.core.internal.device;

import static org.assertj.core.api.Assertions.assertThat;
import static vhost.core.internal.device.TestPort.RX;
import static vhost.core.internal.device.TestPort.TX;
import static vhost.core.internal.device.TestPort.await;

import java.util.List;
import linux.Linux;
import vhost.core.internal.testing.FakeEngine;
import vhost.core.internal.testing.GuestRam;
import vhost.core.internal.testing.Layout;

/** Front-ends that truncate their memory while it is in use; a program of its own, since a fault may end the process. */
final class Truncation {
    private static final String TRUNCATED = "the front-end truncated its memory file";

    private final Layout layout;
    private final EngineRegistry engines = new EngineRegistry();
    private final Worker worker = Worker.start(0, -1, 50_000);
    private final TestPort good;

    private Truncation(final Layout layout) throws Exception {
        this.layout = layout;
        good = port("good");
    }

    public static void main(final String[] args) throws Exception {
        final Truncation test = new Truncation(Layout.valueOf(args[0]));
        final Echo echo = new Echo(test.worker, List.of(test.good.device));
        test.worker.attach(echo);
        test.good.connect();
        test.good.echo(12_000, 100); // until the data path is compiled: see Memory's warning about faults before that
        test.buffersInTheMiddleOfABurst();
        test.buffers();
        test.beforeTheStart();
        test.everything();
        test.good.echo(100, 100);
        test.worker.detach(echo);
        test.good.close();
        test.worker.close();
        System.out.println("survived");
    }

    private TestPort port(final String name) throws Exception {
        return new TestPort(name, layout, 16, List.of(worker), engines);
    }

    /** Where the file must end so that the rings stay and buffer memory from {@code keep} bytes on is gone. */
    private static void truncate(final TestPort port, final long keep) throws Exception {
        Linux.truncate(port.ram.fd(), port.ram.half() + keep);
    }

    private void stopped(final TestPort port, final int index) {
        await("fault", () -> port.queue(index).fault().equals(TRUNCATED));
        await("error", () -> port.err[index].drain());
    }

    private void buffers() throws Exception {
        final TestPort bad = port("bad");
        final Echo echo = new Echo(worker, List.of(bad.device));
        worker.attach(echo);
        bad.connect();
        bad.echo(100, 100);
        truncate(bad, 3 << 20);
        bad.tx.add(GuestRam.BASE + (3 << 20) + 8192, 1000);
        bad.kick[TX].signal();
        stopped(bad, TX);
        stopped(bad, RX);
        good.echo(100, 100);
        Linux.truncate(bad.ram.fd(), 2 * bad.ram.half());
        bad.device.disconnected("truncated");
        worker.detach(echo);
        bad.close();
    }

    /** Copies that wait for the engine when the fault comes must not be made later. */
    private void buffersInTheMiddleOfABurst() throws Exception {
        final FakeEngine engine = new FakeEngine();
        engines.offered(engine, "fake", "fake", "software", -1, "test");
        engines.want("fake", 1);
        final TestPort bad = port("bad");
        final Echo echo = new Echo(worker, List.of(bad.device));
        worker.attach(echo);
        for (int round = 0; round < 3; round++) {
            bad.connect();
            bad.echo(20, 100);
            bad.device.setRingEnabled(TX, false);
            truncate(bad, 3 << 20);
            bad.tx.add(bad.buffer(TX, 0), 1000);
            bad.tx.add(GuestRam.BASE + (3 << 20) + 8192, 1000);
            bad.device.setRingEnabled(TX, true);
            stopped(bad, TX);
            Linux.truncate(bad.ram.fd(), 2 * bad.ram.half());
            bad.device.disconnected("truncated");
            bad.tx.pollUsed();
            // Both are still available to the next session, and their memory is back.
            final long before = copies(engine);
            bad.connect();
            for (int i = 0; i < 2; i++) {
                bad.rx.add(bad.buffer(RX, 20), 2000);
            }
            bad.kick[RX].signal();
            final int[] used = new int[1];
            await("used", () -> (used[0] += bad.tx.pollUsed() != -1 ? 1 : 0) == 2);
            used[0] = 0;
            await("used", () -> (used[0] += bad.rx.pollUsed() != -1 ? 1 : 0) == 2);
            assertThat(copies(engine) - before)
                    .as("copies of two packets, in and out")
                    .isEqualTo(4);
            bad.device.disconnected("again");
        }
        worker.detach(echo);
        engines.want("builtin", 1);
        engines.withdrawn(engine);
        bad.close();
    }

    private static long copies(final FakeEngine engine) {
        return engine.channels.stream().mapToLong(channel -> channel.copies).sum();
    }

    private void beforeTheStart() throws Exception {
        final TestPort bad = port("bad");
        bad.connect();
        bad.device.stopRing(TX);
        bad.configure(TX);
        Linux.truncate(bad.ram.fd(), 0);
        String why;
        try {
            bad.device.setKick(TX, TestPort.duplicate(bad.kick[TX]));
            stopped(bad, TX);
            why = "ring 1: " + TRUNCATED;
        } catch (DeviceException e) { // it depends on when the fault surfaces
            why = e.getMessage();
        }
        assertThat(why).isEqualTo("ring 1: " + TRUNCATED);
        final boolean[] running = new boolean[1];
        worker.execute(() -> running[0] = bad.queue(TX).isRunning(), 5000);
        assertThat(running[0]).isFalse();
        assertThat(good.queue(TX).fault()).isEmpty();
        bad.close();
    }

    private void everything() throws Exception {
        final TestPort bad = port("bad");
        final Echo echo = new Echo(worker, List.of(bad.device));
        worker.attach(echo);
        bad.connect();
        bad.echo(1000, 100);
        Linux.truncate(bad.ram.fd(), 0);
        bad.kick[TX].signal();
        stopped(bad, TX);
        stopped(bad, RX);
        good.echo(100, 100);
        worker.detach(echo);
        bad.close();
    }
}
