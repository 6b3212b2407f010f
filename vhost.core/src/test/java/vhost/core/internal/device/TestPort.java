package vhost.core.internal.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;
import linux.EventFd;
import linux.Linux;
import linux.LinuxException;
import vhost.core.api.PortSpec;
import vhost.core.api.VhostException;
import vhost.core.internal.testing.FakeDriver;
import vhost.core.internal.testing.GuestRam;
import vhost.core.internal.testing.Layout;
import vhost.core.internal.testing.Pattern;

/** A device and what its front-end and its guest hold: memory, two drivers, the other ends of the eventfds. */
final class TestPort implements AutoCloseable {
    static final int RX = 0;
    static final int TX = 1;
    static final int HEADER = 12;
    static final long BASIC = 1L << Features.VERSION_1 | 1L << Features.NET_MRG_RXBUF;
    private static final int SLOT = 16 << 10;

    final Layout layout;
    final int size;
    final VhostDevice device;
    final GuestRam ram;
    final FakeDriver rx;
    final FakeDriver tx;
    final EventFd[] kick = new EventFd[2];
    final EventFd[] call = new EventFd[2];
    final EventFd[] err = new EventFd[2];
    final long features;
    private int received;
    private int sent;

    TestPort(final String name, final Layout layout, final int size, final List<Worker> workers, final EngineRegistry e)
            throws LinuxException {
        this(name, layout, size, workers, e, 0);
    }

    TestPort(
            final String name,
            final Layout layout,
            final int size,
            final List<Worker> workers,
            final EngineRegistry engines,
            final long moreFeatures)
            throws LinuxException {
        this.layout = layout;
        this.size = size;
        device = new VhostDevice(new PortSpec(name, Path.of("/tmp/unused"), false, 1, 0), 0, workers, engines);
        ram = new GuestRam(4 << 20);
        rx = FakeDriver.create(layout, ram, GuestRam.BASE + 4096, size, 0, true);
        tx = FakeDriver.create(layout, ram, rx.end() + 4095 & -4096, size, 0, false);
        features = BASIC
                | moreFeatures
                | 1L << Features.RING_INDIRECT_DESC
                | (layout == Layout.PACKED ? 1L << Features.RING_PACKED : 0);
        for (int i = 0; i < 2; i++) {
            kick[i] = EventFd.create();
            call[i] = EventFd.create();
            err[i] = EventFd.create();
        }
    }

    FakeDriver driver(final int index) {
        return index == RX ? rx : tx;
    }

    VhostQueueImpl queue(final int index) {
        return (VhostQueueImpl) (index == RX ? device.receiveq(0) : device.transmitq(0));
    }

    boolean isRunning(final int index) throws VhostException {
        final boolean[] running = new boolean[1];
        queue(index).owner().execute(() -> running[0] = queue(index).isRunning(), 5000);
        return running[0];
    }

    static int duplicate(final EventFd fd) {
        try {
            return Linux.duplicate(fd.fd());
        } catch (LinuxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The whole set-up, as QEMU sends it. */
    void connect() throws DeviceException {
        device.connected();
        device.setFeatures(features);
        device.setMemoryTable(ram.slots());
        for (int i = 0; i < 2; i++) {
            start(i);
        }
    }

    void start(final int index) throws DeviceException {
        configure(index);
        device.setKick(index, duplicate(kick[index]));
        device.setRingEnabled(index, true);
    }

    /** All but the kick. */
    void configure(final int index) throws DeviceException {
        device.setRingSize(index, size);
        device.setRingBase(index, driver(index).base());
        address(index);
        device.setCall(index, duplicate(call[index]));
        device.setErr(index, duplicate(err[index]));
    }

    void address(final int index) throws DeviceException {
        final FakeDriver driver = driver(index);
        device.setRingAddresses(
                index, 0, GuestRam.user(driver.desc()), GuestRam.user(driver.used()), GuestRam.user(driver.avail()), 0);
    }

    /** The guest's memory of a buffer, inside of the lower region. */
    long buffer(final int index, final int slot) {
        return (tx.end() + 4095 & -4096) + (long) SLOT * (index * 32 + slot % 32);
    }

    /** The guest sends the next packet of its sequence. */
    void send(final int length) {
        final long at = buffer(TX, sent);
        ram.fill(at, HEADER, (byte) 0);
        ram.write(at + HEADER, Pattern.of(sent, length), 0, length);
        tx.add(at, HEADER + length);
        sent++;
        kick[TX].signal();
    }

    /** The guest posts a receive buffer. */
    void post(final int bytes) {
        rx.add(buffer(RX, received + size - rx.free()), bytes);
        kick[RX].signal();
    }

    /** Waits for the next packet of the sequence; buffers were posted one by one, each long enough. */
    void receive(final int length) {
        final long[] used = {-1};
        await("packet " + received, () -> (used[0] = rx.pollUsed()) != -1);
        assertThat(FakeDriver.length(used[0])).isEqualTo(length + HEADER);
        final byte[] got = new byte[length];
        ram.read(buffer(RX, received) + HEADER, got, 0, length);
        assertThat(got).as("packet %d", received).isEqualTo(Pattern.of(received, length));
        received++;
    }

    /** Sends packets through an echo, and checks each. */
    void echo(final int packets, final int length) {
        for (int i = 0; i < packets; i++) {
            post(length + HEADER);
            send(length);
            receive(length);
            final boolean[] done = {false};
            await("used transmit buffer", () -> done[0] |= tx.pollUsed() != -1);
        }
    }

    static void await(final String what, final BooleanSupplier condition) {
        final long end = System.nanoTime() + 10_000_000_000L;
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - end).as("time for %s", what).isNegative();
            Thread.onSpinWait();
            Thread.yield();
        }
    }

    @Override
    public void close() {
        device.disconnected("test over");
        device.close();
        ram.close();
        for (int i = 0; i < 2; i++) {
            kick[i].close();
            call[i].close();
            err[i].close();
        }
    }
}
