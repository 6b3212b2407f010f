package vhost.core.internal.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static vhost.core.internal.device.TestPort.RX;
import static vhost.core.internal.device.TestPort.TX;
import static vhost.core.internal.device.TestPort.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import linux.EventFd;
import linux.Linux;
import linux.Memory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import vhost.core.api.VhostPort.State;
import vhost.core.internal.device.DeviceControl.MemorySlot;
import vhost.core.internal.testing.FakeDriver;
import vhost.core.internal.testing.FakeDriver.Raw;
import vhost.core.internal.testing.GuestRam;
import vhost.core.internal.testing.Layout;

/** A device's life, told to it as a session would, with a worker that echoes. */
class VhostDeviceTest {
    private static final int SIZE = 16;

    private final EngineRegistry engines = new EngineRegistry();
    private Worker worker;
    private Echo echo;

    @BeforeEach
    void start() throws Exception {
        worker = Worker.start(0, -1, 50_000);
    }

    @AfterEach
    void stop() {
        worker.close();
    }

    private TestPort port(final String name, final Layout layout) throws Exception {
        return new TestPort(name, layout, SIZE, List.of(worker), engines);
    }

    private TestPort echoing(final Layout layout) throws Exception {
        final TestPort port = port("p", layout);
        echo(port);
        port.connect();
        return port;
    }

    private void echo(final TestPort... ports) {
        echo = new Echo(worker, List.of(ports).stream().map(port -> port.device).toList());
        worker.attach(echo);
    }

    private void close(final TestPort... ports) {
        if (echo != null) {
            worker.detach(echo);
        }
        for (final TestPort port : ports) {
            port.close();
        }
    }

    private boolean isRunning(final TestPort port, final int index) throws Exception {
        final boolean[] running = new boolean[1];
        worker.execute(() -> running[0] = port.queue(index).isRunning(), 5000);
        return running[0];
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldCarryPackets(final Layout layout) throws Exception {
        final TestPort port = echoing(layout);
        assertThat(port.device.state()).isEqualTo(State.RUNNING);
        port.echo(500, 60);
        port.echo(100, 1514);
        assertThat(port.queue(TX).counters().packets()).isEqualTo(600);
        assertThat(port.queue(TX).counters().bytes()).isEqualTo(500 * 60 + 100 * 1514);
        assertThat(port.queue(RX).counters().packets()).isEqualTo(600);
        assertThat(port.queue(RX).ring()).isEqualTo(layout == Layout.SPLIT ? "split 16" : "packed 16");
        close(port);
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldRunARingOnlyWhileItIsStartedAndEnabled(final Layout layout) throws Exception {
        final TestPort port = port("p", layout);
        assertThat(port.device.state()).isEqualTo(State.WAITING);
        port.device.connected();
        assertThat(port.device.state()).isEqualTo(State.CONNECTED);
        port.device.setFeatures(port.features);
        port.device.setMemoryTable(port.ram.slots());
        port.configure(TX);
        assertThat(isRunning(port, TX)).isFalse();
        port.device.setKick(TX, TestPort.duplicate(port.kick[TX]));
        assertThat(isRunning(port, TX)).isFalse();
        port.device.setRingEnabled(TX, true);
        assertThat(isRunning(port, TX)).isTrue();
        assertThat(isRunning(port, RX)).isFalse();
        assertThat(port.device.state()).isEqualTo(State.RUNNING);
        port.device.setRingEnabled(TX, false);
        assertThat(isRunning(port, TX)).isFalse();
        assertThat(port.device.state()).isEqualTo(State.CONNECTED);
        port.device.enableAllRings();
        assertThat(isRunning(port, TX)).isTrue();
        port.device.stopRing(TX);
        assertThat(isRunning(port, TX)).isFalse();
        port.device.setKick(TX, TestPort.duplicate(port.kick[TX]));
        assertThat(isRunning(port, TX)).as("without new addresses").isFalse();
        port.address(TX);
        assertThat(isRunning(port, TX)).isTrue();
        port.device.reset();
        assertThat(isRunning(port, TX)).isFalse();
        close(port);
        assertThat(port.device.state()).isEqualTo(State.CLOSED);
        assertThat(port.device.lastEvent()).isEqualTo("test over");
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldNotTouchADisabledRing(final Layout layout) throws Exception {
        final TestPort port = echoing(layout);
        port.device.setRingEnabled(TX, false);
        port.post(2048);
        port.send(60);
        Thread.sleep(20);
        assertThat(port.tx.pollUsed()).isEqualTo(-1);
        port.device.setRingEnabled(TX, true);
        port.receive(60);
        close(port);
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldTellTheBaseAndGoOnThere(final Layout layout) throws Exception {
        final TestPort port = echoing(layout);
        for (int round = 0; round < 5; round++) {
            port.echo(7, 100);
            for (final int index : new int[] {RX, TX}) {
                final int base = port.device.stopRing(index);
                final int expected = port.driver(index).base();
                assertThat(base).isEqualTo(layout == Layout.SPLIT ? expected : expected * 0x10001);
                assertThat(isRunning(port, index)).isFalse();
            }
            port.start(RX);
            port.start(TX);
        }
        port.echo(7, 100);
        close(port);
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldGiveTheBaseAgainOfARingThatDoesNotRun(final Layout layout) throws Exception {
        final TestPort port = echoing(layout);
        port.echo(3, 100);
        final int base = port.device.stopRing(TX);
        assertThat(port.device.stopRing(TX)).isEqualTo(base);
        close(port);
    }

    @Test
    void shouldTakeTheUsedIndexWhereASplitBaseDiffers() throws Exception {
        final TestPort port = echoing(Layout.SPLIT);
        port.echo(9, 100);
        port.device.stopRing(RX);
        port.device.stopRing(TX);
        for (final int index : new int[] {RX, TX}) {
            port.configure(index);
            port.device.setRingBase(index, 3);
            port.device.setKick(index, TestPort.duplicate(port.kick[index]));
        }
        port.echo(9, 100);
        assertThat(port.device.stopRing(TX)).isEqualTo(18);
        close(port);
    }

    @Test
    void shouldTakeAPackedBaseWithAndWithoutItsUpperHalf() throws Exception {
        final TestPort port = echoing(Layout.PACKED);
        port.echo(SIZE + 3, 100);
        for (final int base : new int[] {port.tx.base(), port.tx.base() * 0x10001}) {
            port.device.stopRing(TX);
            port.configure(TX);
            port.device.setRingBase(TX, base);
            port.device.setKick(TX, TestPort.duplicate(port.kick[TX]));
            port.device.setRingEnabled(TX, true);
            assertThat(isRunning(port, TX)).isTrue();
        }
        port.echo(5, 100);
        port.device.stopRing(TX);
        port.configure(TX);
        port.device.setRingBase(TX, 0x8000 | SIZE);
        assertThatThrownBy(() -> port.device.setKick(TX, TestPort.duplicate(port.kick[TX])))
                .isInstanceOf(DeviceException.class)
                .hasMessageContaining("base 0x8010 lies outside of a packed ring of 16");
        close(port);
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldCarryOnThroughNewMemoryTables(final Layout layout) throws Exception {
        final TestPort port = echoing(layout);
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
        close(port);
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldParkRingsWhoseRegionIsRemovedAndGoOnWhenItIsBack(final Layout layout) throws Exception {
        final TestPort port = echoing(layout);
        port.echo(10, 100);
        final MemorySlot lower =
                new MemorySlot(GuestRam.BASE, port.ram.half(), GuestRam.user(GuestRam.BASE), port.ram.half(), -1);
        port.device.removeMemory(lower);
        assertThat(isRunning(port, RX)).isFalse();
        assertThat(isRunning(port, TX)).isFalse();
        port.post(2048);
        port.send(100);
        Thread.sleep(10);
        assertThat(port.tx.pollUsed()).isEqualTo(-1);
        port.device.addMemory(port.ram.lowerSlot());
        assertThat(isRunning(port, TX)).isTrue();
        port.receive(100);
        port.echo(10, 100);
        assertThatThrownBy(() -> port.device.addMemory(port.ram.lowerSlot()))
                .isInstanceOf(DeviceException.class)
                .hasMessageContaining("overlaps");
        assertThatThrownBy(() -> port.device.removeMemory(new MemorySlot(1, 2, 3, 0, -1)))
                .isInstanceOf(DeviceException.class)
                .hasMessage("no memory region of 0x2 bytes at guest address 0x1, user address 0x3");
        port.echo(10, 100);
        close(port);
    }

    @Test
    void shouldKeepAnUnusedRegionsRemovalFromTheTraffic() throws Exception {
        final TestPort port = echoing(Layout.SPLIT);
        port.device.removeMemory(
                new MemorySlot(port.ram.seam(), port.ram.half(), GuestRam.user(port.ram.seam()), 0, -1));
        port.echo(10, 100);
        port.device.addMemory(port.ram.upperSlot());
        port.echo(10, 100);
        close(port);
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldStopOnlyTheRingThatIsBroken(final Layout layout) throws Exception {
        final TestPort bad = port("bad", layout);
        final TestPort good = port("good", layout);
        echo(bad, good);
        bad.connect();
        good.connect();
        bad.echo(3, 100);
        good.echo(3, 100);

        bad.tx.offer(new Raw(0xBAD, 100, 0));
        bad.kick[TX].signal();

        await("error", () -> bad.err[TX].drain());
        assertThat(bad.queue(TX).fault()).isEqualTo("a descriptor points outside of the announced memory");
        assertThat(bad.queue(TX).counters().errors()).isEqualTo(1);
        assertThat(isRunning(bad, TX)).isFalse();
        assertThat(isRunning(bad, RX)).isTrue();
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
        assertThat(isRunning(bad, TX)).isTrue();
        await("used", () -> bad.tx.pollUsed() != -1);
        assertThat(bad.queue(TX).fault()).isEmpty();
        good.echo(3, 100);
        close(bad, good);
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldRestartABrokenRingAfterAReset(final Layout layout) throws Exception {
        final TestPort port = echoing(layout);
        port.tx.offer(new Raw(0xBAD, 100, 0));
        port.kick[TX].signal();
        await("error", () -> port.err[TX].drain());
        port.device.disconnected("gone");
        port.tx.change(0, new Raw(port.buffer(TX, 3), 60, 0));
        port.connect();
        await("used", () -> port.tx.pollUsed() != -1);
        close(port);
    }

    @Test
    void shouldSignalANewCallDescriptorOnceWhileTheRingRuns() throws Exception {
        final TestPort port = echoing(Layout.SPLIT);
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
        close(port);
    }

    private static Path info(final EventFd fd) {
        return Path.of("/proc/self/fdinfo/" + fd.fd());
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldCallAfterARestartForWhatWasDue(final Layout layout) throws Exception {
        final TestPort port = echoing(layout);
        port.device.setRingEnabled(RX, false);
        port.call[RX].drain();
        port.device.setRingEnabled(RX, true);
        assertThat(port.call[RX].drain()).isTrue();
        close(port);
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldPollRingsWithoutAKick(final Layout layout) throws Exception {
        final TestPort port = port("p", layout);
        echo(port);
        port.connect();
        port.device.setKick(RX, -1);
        port.device.setKick(TX, -1);
        for (int i = 0; i < 20; i++) {
            Thread.sleep(3); // long enough for it to fall asleep
            port.echo(1, 100);
        }
        assertThat(port.queue(TX).counters().kicks()).isZero();
        close(port);
    }

    @Test
    void shouldWakeOnTheKickThatReplacedAnother() throws Exception {
        final TestPort port = echoing(Layout.SPLIT);
        for (int i = 0; i < 20; i++) {
            final EventFd old = port.kick[TX];
            port.kick[TX] = EventFd.create();
            port.device.setKick(TX, TestPort.duplicate(port.kick[TX]));
            old.close();
            Thread.sleep(2);
            port.echo(1, 100);
        }
        close(port);
    }

    @Test
    void shouldRefuseAKickThatCannotBeWaitedFor() throws Exception {
        final TestPort port = port("p", Layout.SPLIT);
        final int file = Linux.memfd("no eventfd", 4096, 0);
        assertThatThrownBy(() -> port.device.setKick(TX, file))
                .isInstanceOf(DeviceException.class)
                .hasMessageStartingWith("ring 1: the kick descriptor cannot be waited for")
                .hasMessageEndingWith("send an eventfd");
        assertThat(Path.of("/proc/self/fd/" + file)).doesNotExist();
        assertThatThrownBy(() -> port.device.setCall(TX, 999_999)).isInstanceOf(DeviceException.class);
        close(port);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 32769, 65536, Integer.MAX_VALUE, Integer.MIN_VALUE})
    void shouldRefuseARingSizeOutOfRange(final int size) throws Exception {
        final TestPort port = port("p", Layout.PACKED);
        port.device.setFeatures(port.features);
        assertThatThrownBy(() -> port.device.setRingSize(TX, size))
                .isInstanceOf(DeviceException.class)
                .hasMessage("ring 1: size " + size + "; use 1 to 32768");
        close(port);
    }

    @Test
    void shouldRefuseASplitSizeThatIsNoPowerOfTwo() throws Exception {
        final TestPort port = port("p", Layout.SPLIT);
        port.device.setFeatures(port.features);
        assertThatThrownBy(() -> port.device.setRingSize(TX, 100)).isInstanceOf(DeviceException.class);
        close(port);
        final TestPort packed = port("q", Layout.PACKED);
        packed.device.setFeatures(packed.features);
        packed.device.setRingSize(TX, 100);
        packed.close();
    }

    @Test
    void shouldRefuseASizeOfAnotherLayoutWhenTheRingStarts() throws Exception {
        final TestPort port = port("p", Layout.SPLIT);
        port.device.setFeatures(port.features | 1L << Features.RING_PACKED);
        port.device.setRingSize(TX, 10);
        port.device.setFeatures(port.features);
        port.device.setMemoryTable(port.ram.slots());
        port.address(TX);
        port.device.setRingEnabled(TX, true);
        assertThatThrownBy(() -> port.device.setKick(TX, TestPort.duplicate(port.kick[TX])))
                .isInstanceOf(DeviceException.class)
                .hasMessageContaining("size 10 is no power of two");
        close(port);
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldRefuseToChangeARingThatRuns(final Layout layout) throws Exception {
        final TestPort port = echoing(layout);
        assertThatThrownBy(() -> port.device.setRingSize(TX, 8))
                .hasMessage("ring 1 is running; stop it with GET_VRING_BASE before SET_VRING_NUM");
        assertThatThrownBy(() -> port.device.setRingBase(TX, 0)).hasMessageContaining("SET_VRING_BASE");
        assertThatThrownBy(() -> port.address(TX)).hasMessageContaining("SET_VRING_ADDR");
        assertThatThrownBy(() -> port.device.setFeatures(0)).hasMessageContaining("while queues run");
        port.device.setFeatures(port.features);
        port.echo(5, 100);
        close(port);
    }

    @ParameterizedTest
    @CsvSource({
        "SPLIT, 8, 0, 0",
        "SPLIT, 1, 0, 0",
        "SPLIT, 0, 1, 0",
        "SPLIT, 0, 0, 2",
        "PACKED, 8, 0, 0",
        "PACKED, 0, 2, 0",
        "PACKED, 0, 0, 2"
    })
    void shouldRefuseUnalignedAddresses(final Layout layout, final int desc, final int avail, final int used)
            throws Exception {
        final TestPort port = port("p", layout);
        port.device.setFeatures(port.features);
        port.device.setMemoryTable(port.ram.slots());
        port.device.setRingSize(TX, SIZE);
        final long at = GuestRam.user(GuestRam.BASE);
        assertThatThrownBy(() -> port.device.setRingAddresses(TX, 0, at + desc, at + 8192 + used, at + 4096 + avail, 0))
                .isInstanceOf(DeviceException.class)
                .hasMessageContaining("must be multiples of 16");
        port.device.setKick(TX, TestPort.duplicate(port.kick[TX]));
        port.device.setRingEnabled(TX, true);
        assertThat(isRunning(port, TX)).isFalse();
        close(port);
    }

    /** The addresses look aligned to the front-end; ours are not. */
    @ParameterizedTest
    @CsvSource({"SPLIT, 1", "SPLIT, 2", "PACKED, 1", "PACKED, 2", "PACKED, 4", "PACKED, 8"})
    void shouldRefuseARegionWhoseOffsetMakesAddressesUnaligned(final Layout layout, final int offset) throws Exception {
        final TestPort port = port("p", layout);
        final TestPort good = port("good", layout);
        echo(port, good);
        good.connect();
        port.device.setFeatures(port.features);
        port.device.setMemoryTable(List.of(
                new MemorySlot(GuestRam.BASE, 1 << 20, GuestRam.user(GuestRam.BASE), offset, port.ram.duplicate())));
        port.device.setRingSize(TX, SIZE);
        assertThatThrownBy(() -> port.start(TX))
                .isInstanceOf(DeviceException.class)
                .hasMessageContaining("mmap offset is no multiple of 16");
        good.echo(5, 100);
        close(port, good);
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldRefuseRingsThatDoNotLieInOneRegion(final Layout layout) throws Exception {
        final TestPort port = port("p", layout);
        port.device.setFeatures(port.features);
        port.device.setMemoryTable(port.ram.slots());
        port.device.setRingSize(TX, SIZE);
        final long seam = GuestRam.user(port.ram.seam());
        final long inside = GuestRam.user(GuestRam.BASE);
        final long[][] bad = {
            {seam - 16, inside, inside + 4096},
            {inside, seam + port.ram.half(), inside + 4096},
            {inside, inside + 4096, -4096},
            {0, 0, 0},
            {GuestRam.BASE, GuestRam.BASE, GuestRam.BASE}
        };
        for (final long[] at : bad) {
            assertThatThrownBy(() -> port.device.setRingAddresses(TX, 0, at[0], at[2], at[1], 0))
                    .isInstanceOf(DeviceException.class)
                    .hasMessageContaining("do not lie in announced memory");
        }
        close(port);
    }

    @Test
    void shouldRefuseMemoryThatCannotBe() throws Exception {
        final TestPort port = port("p", Layout.SPLIT);
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
        close(port);
    }

    @Test
    void shouldAnnounceTheGuest() throws Exception {
        final TestPort port = echoing(Layout.SPLIT);
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
        close(port);
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldLeakNothingInAThousandSessions(final Layout layout) throws Exception {
        final TestPort port = port("p", layout);
        echo(port);
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
        worker.execute(() -> inUse[0] = worker.pool().inUse(), 5000);
        assertThat(inUse[0]).isZero();
        close(port);
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

    @Test
    void shouldForgetKicksThatWereLeftInTheRing() throws Exception {
        final TestPort port = echoing(Layout.SPLIT);
        for (int i = 0; i < 1000; i++) {
            port.kick[TX].signal();
            port.kick[RX].signal();
        }
        port.echo(5, 100);
        assertThat(Memory.getShort(port.ram.at(port.tx.used()))).isBetween((short) 0, (short) 1);
        close(port);
    }
}
