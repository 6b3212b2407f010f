package vhost.frontend.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import linux.EventFd;
import linux.LinuxException;
import linux.Memory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import vhost.frontend.FrontendFault;
import vhost.frontend.Virtio;

/** What both rings have in common, and what a strict driver refuses. The device is played by writes to the shared areas. */
class DriverRingTest {
    private static final int WRITE = Virtio.VIRTQ_DESC_F_WRITE;

    private final Arena arena = Arena.ofConfined();
    private final int[] buffers = new int[64];
    private final int[] lengths = new int[64];
    private EventFd kick;
    private RingAreas areas;
    private DriverRing ring;
    private FakeDevice device;

    enum Kind {
        SPLIT,
        PACKED
    }

    @BeforeEach
    void openEventFd() throws LinuxException {
        kick = EventFd.create();
    }

    @AfterEach
    void close() {
        kick.close();
        arena.close();
    }

    private void open(final Kind kind, final int entries, final boolean eventIdx, final boolean inOrder) {
        areas = new RingAreas(
                kind == Kind.PACKED,
                entries,
                arena.allocate(16L * entries, 16).address(),
                arena.allocate(6 + 2L * entries, 16).address(),
                arena.allocate(6 + 8L * entries, 16).address());
        ring = kind == Kind.PACKED
                ? new PackedDriverRing("ring", areas, eventIdx, inOrder, kick)
                : new SplitDriverRing("ring", areas, eventIdx, inOrder, kick);
        ring.reset();
        device = new FakeDevice(areas, eventIdx);
    }

    private int poll() {
        return ring.poll(buffers, lengths, 0, buffers.length);
    }

    private void offer(final int from, final int count) {
        for (int i = from; i < from + count; i++) {
            ring.addSingle(i, 0x1000L * i, 100, 100, WRITE);
        }
        ring.publish();
    }

    @ParameterizedTest
    @EnumSource
    void shouldShowNothingBeforePublication(final Kind kind) {
        open(kind, 8, false, false);
        ring.addSingle(0, 0x1000, 100, 100, WRITE);
        ring.addSingle(1, 0x2000, 100, 100, WRITE);
        assertFalse(device.hasAvailable());
        ring.publish();
        assertTrue(device.hasAvailable());
        assertEquals(0x1000, device.take().gpa());
        assertEquals(0x2000, device.take().gpa());
        assertFalse(device.hasAvailable());
    }

    @ParameterizedTest
    @EnumSource
    void shouldTakeBackBuffersOutOfOrderForManyLaps(final Kind kind) {
        open(kind, 8, false, false);
        for (int lap = 0; lap < 20_000; lap++) {
            offer(10, 3);
            final FakeDevice.Chain a = device.take();
            final FakeDevice.Chain b = device.take();
            final FakeDevice.Chain c = device.take();
            device.use(c, 30);
            device.use(a, 10);
            device.use(b, 20);
            assertEquals(3, poll());
            assertEquals(12, buffers[0]);
            assertEquals(30, lengths[0]);
            assertEquals(10, buffers[1]);
            assertEquals(11, buffers[2]);
            assertEquals(20, lengths[2]);
            assertEquals(8, ring.free());
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldKeepChainsTogether(final Kind kind) {
        open(kind, 8, false, false);
        for (int lap = 0; lap < 50; lap++) {
            ring.addChain(1, new long[] {0x1000, 0x2000, 0x3000}, new int[] {10, 20, 30}, 3, 0, 0);
            ring.addChain(2, new long[] {0x4000, 0x5000}, new int[] {40, 50}, 2, 0, 0);
            ring.publish();
            assertEquals(3, ring.free());
            final FakeDevice.Chain first = device.take();
            assertEquals(3, first.descriptors());
            assertEquals(60, first.bytes());
            final FakeDevice.Chain second = device.take();
            assertEquals(90, second.bytes());
            device.use(second, 0);
            device.use(first, 0);
            assertEquals(2, poll());
            assertEquals(2, buffers[0]);
            assertEquals(1, buffers[1]);
            assertEquals(8, ring.free());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 7, 100})
    void shouldWrapPackedRingsOfAnySize(final int entries) {
        open(Kind.PACKED, entries, false, true);
        for (int i = 0; i < 1000; i++) {
            final int n = i % entries + 1;
            offer(0, n);
            for (int k = 0; k < n; k++) {
                device.use(device.take(), k);
            }
            assertEquals(n, ring.poll(buffers, lengths, 0, 64) + ring.poll(buffers, lengths, 0, 64));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldReadOneUsedEntryAsABatchWhenInOrder(final Kind kind) {
        open(kind, 8, false, true);
        for (int lap = 0; lap < 20; lap++) {
            offer(0, 5);
            final FakeDevice.Chain[] chains = new FakeDevice.Chain[5];
            for (int i = 0; i < 5; i++) {
                chains[i] = device.take();
            }
            device.useBatch(chains, 0, 4, 7);
            device.use(chains[4], 9);
            assertEquals(2, ring.poll(buffers, lengths, 0, 2));
            assertEquals(3, ring.poll(buffers, lengths, 2, 60));
            for (int i = 0; i < 5; i++) {
                assertEquals(i, buffers[i]);
            }
            assertEquals(100, lengths[0]);
            assertEquals(100, lengths[2]);
            assertEquals(7, lengths[3]);
            assertEquals(9, lengths[4]);
        }
    }

    /** A packed ring would take the same for a batch: the entry that comes too early says just that. */
    @Test
    void shouldRefuseAWrongOrder() {
        open(Kind.SPLIT, 8, false, true);
        offer(0, 2);
        device.take();
        device.use(device.take(), 1);
        assertThrows(FrontendFault.class, this::poll);
        assertThrows(FrontendFault.class, ring::requireIntact);
    }

    @ParameterizedTest
    @EnumSource
    void shouldRefuseAnIdThatWasNeverOffered(final Kind kind) {
        open(kind, 8, false, false);
        offer(0, 1);
        device.use(new FakeDevice.Chain(device.take().id() ^ 1, 1, 0, 0), 1);
        assertThrows(FrontendFault.class, this::poll);
    }

    @ParameterizedTest
    @EnumSource
    void shouldRefuseAnIdBeyondTheRing(final Kind kind) {
        open(kind, 8, false, false);
        offer(0, 1);
        device.use(new FakeDevice.Chain(8, 1, 0, 0), 1);
        assertThrows(FrontendFault.class, this::poll);
    }

    @ParameterizedTest
    @EnumSource
    void shouldRefuseABufferThatIsUsedTwice(final Kind kind) {
        open(kind, 8, false, false);
        offer(0, 2);
        final FakeDevice.Chain first = device.take();
        device.use(first, 1);
        device.use(first, 1);
        assertThrows(FrontendFault.class, this::poll);
    }

    @ParameterizedTest
    @EnumSource
    void shouldRefuseMoreBytesThanTheBufferHas(final Kind kind) {
        open(kind, 8, false, false);
        offer(0, 1);
        device.use(device.take(), 101);
        assertThrows(FrontendFault.class, this::poll);
    }

    @ParameterizedTest
    @EnumSource
    void shouldRefuseBytesWrittenToAReadableBuffer(final Kind kind) {
        open(kind, 8, false, false);
        ring.addSingle(0, 0x1000, 100, 0, 0);
        ring.publish();
        device.use(device.take(), 1);
        assertThrows(FrontendFault.class, this::poll);
    }

    @Test
    void shouldRefuseAUsedIndexThatJumps() {
        open(Kind.SPLIT, 8, false, false);
        offer(0, 2);
        Memory.putShortRelease(areas.device() + 2, (short) 3);
        assertThrows(FrontendFault.class, this::poll);
    }

    @Test
    void shouldRefuseFlagsThatAreNeitherAvailableNorUsed() {
        open(Kind.PACKED, 8, false, false);
        offer(0, 1);
        Memory.putShortRelease(areas.desc() + 14, (short) 0);
        assertThrows(FrontendFault.class, this::poll);
    }

    @ParameterizedTest
    @EnumSource
    void shouldKickUnlessToldNotTo(final Kind kind) {
        open(kind, 8, false, false);
        offer(0, 1);
        assertEquals(1, ring.kicks());
        assertTrue(kick.drain());
        device.wantKicks(false);
        offer(1, 1);
        assertEquals(1, ring.kicks());
        assertFalse(kick.drain());
        device.wantKicks(true);
        offer(2, 1);
        assertEquals(2, ring.kicks());
    }

    @ParameterizedTest
    @EnumSource
    void shouldKickWhenTheEventIndexIsPassed(final Kind kind) {
        open(kind, 8, true, false);
        for (int lap = 0; lap < 30; lap++) {
            device.kickAt(2);
            final long before = ring.kicks();
            offer(0, 2);
            assertEquals(before, ring.kicks());
            offer(2, 1);
            assertEquals(before + 1, ring.kicks());
            offer(3, 2);
            assertEquals(before + 1, ring.kicks());
            for (int i = 0; i < 5; i++) {
                device.use(device.take(), 1);
            }
            assertEquals(5, poll());
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldAskForAnInterruptOnlyWhileItWaits(final Kind kind) {
        for (final boolean eventIdx : new boolean[] {false, true}) {
            open(kind, 8, eventIdx, false);
            for (int lap = 0; lap < 20; lap++) {
                offer(0, 3);
                device.use(device.take(), 1);
                assertFalse(device.wantsInterrupt(1));
                assertEquals(1, poll());
                ring.enableInterrupts();
                device.use(device.take(), 1);
                assertTrue(device.wantsInterrupt(1));
                assertEquals(1, poll());
                ring.disableInterrupts();
                device.use(device.take(), 1);
                assertFalse(device.wantsInterrupt(1));
                assertEquals(1, poll());
            }
        }
    }
}
