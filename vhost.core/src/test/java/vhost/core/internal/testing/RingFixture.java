package vhost.core.internal.testing;

import java.lang.foreign.Arena;
import linux.Memory;
import vhost.core.internal.async.CopyDispatcher;
import vhost.core.internal.async.GuestReceive;
import vhost.core.internal.async.GuestTransmit;
import vhost.core.internal.async.InFlight;
import vhost.core.internal.memory.GuestMemory;
import vhost.core.internal.memory.MemoryException;
import vhost.core.internal.memory.Translator;
import vhost.core.internal.ring.PackedVirtqueue;
import vhost.core.internal.ring.RingConfig;
import vhost.core.internal.ring.SplitVirtqueue;
import vhost.core.internal.ring.Virtqueue;

/** One ring with a fake driver at the one end and the bursts at the other. */
public final class RingFixture implements AutoCloseable {
    public static final long MRG_RXBUF = 1L << 15;
    public static final long VERSION_1 = 1L << 32;

    /** VIRTIO_F_IN_ORDER. */
    public static final long IN_ORDER = 1L << 35;

    /** Packets in the pool. */
    public static final int POOL = 64;

    public final Arena arena = Arena.ofShared();
    public final GuestRam ram;
    public final GuestMemory memory;
    public final FakeDriver driver;
    public final Virtqueue ring;
    public final CopyDispatcher copies = new CopyDispatcher();
    public final InFlight inFlight;
    public final GuestTransmit transmit;
    public final GuestReceive receive;
    public final GuardedPool pool;
    public final long[] packets = new long[256];
    public final int headerBytes;

    /** What a ring of a test is. */
    public record Setup(
            Layout layout,
            int size,
            int start,
            boolean deviceWrites,
            long features,
            boolean indirect,
            boolean eventIndex,
            long half) {
        public static Setup transmit(final Layout layout) {
            return new Setup(layout, 64, 0, false, VERSION_1, true, false, 1 << 20);
        }

        public static Setup receive(final Layout layout) {
            return new Setup(layout, 64, 0, true, VERSION_1 | MRG_RXBUF, true, false, 1 << 20);
        }

        public Setup size(final int next) {
            return new Setup(layout, next, start, deviceWrites, features, indirect, eventIndex, half);
        }

        public Setup start(final int next) {
            return new Setup(layout, size, next, deviceWrites, features, indirect, eventIndex, half);
        }

        public Setup features(final long next) {
            return new Setup(layout, size, start, deviceWrites, next, indirect, eventIndex, half);
        }

        public Setup withoutIndirect() {
            return new Setup(layout, size, start, deviceWrites, features, false, eventIndex, half);
        }

        public Setup withEventIndex() {
            return new Setup(layout, size, start, deviceWrites, features, indirect, true, half);
        }

        public Setup half(final long next) {
            return new Setup(layout, size, start, deviceWrites, features, indirect, eventIndex, next);
        }

        public RingFixture open() {
            return new RingFixture(this);
        }
    }

    private RingFixture(final Setup setup) {
        ram = new GuestRam(setup.half);
        try {
            memory = ram.map();
        } catch (MemoryException e) {
            throw new IllegalStateException(e);
        }
        driver =
                FakeDriver.create(setup.layout, ram, GuestRam.BASE + 4096, setup.size, setup.start, setup.deviceWrites);
        final RingConfig config = new RingConfig(
                setup.size,
                ours(driver.desc()),
                ours(driver.avail()),
                ours(driver.used()),
                driver.base(),
                setup.deviceWrites,
                setup.indirect,
                setup.eventIndex,
                (setup.features & IN_ORDER) != 0);
        final Translator translator = new Translator(memory);
        ring = setup.layout == Layout.SPLIT
                ? new SplitVirtqueue(arena, translator, config)
                : new PackedVirtqueue(arena, translator, config);
        inFlight = new InFlight(setup.size);
        transmit = new GuestTransmit(arena, ring, copies, inFlight, setup.features);
        receive = new GuestReceive(arena, ring, copies, inFlight, setup.features);
        pool = new GuardedPool(arena, POOL);
        headerBytes = (setup.features & (VERSION_1 | MRG_RXBUF)) != 0 ? 12 : 10;
    }

    /** Where the device sees guest address {@code gpa}. */
    public long ours(final long gpa) {
        return memory.translateUser(GuestRam.user(gpa), 1);
    }

    /** Guest memory behind the ring that a test may use, up to the seam and over it. */
    public long free() {
        return driver.end() + 4095 & -4096;
    }

    /** One burst of the guest's packets, published. */
    public int transmitBurst(final int max) {
        final int count = transmit.burst(pool, packets, max);
        ring.publish();
        return count;
    }

    /** One burst to the guest, published. */
    public int receiveBurst(final int count) {
        return receiveBurst(packets, count);
    }

    /** One burst of others' packets to the guest, published. */
    public int receiveBurst(final long[] from, final int count) {
        final int taken = receive.burst(from, 0, count);
        ring.publish();
        return taken;
    }

    /** One burst of the guest's packets by way of the packets in flight, all of them completed. */
    public int transmitAsync(final int max) {
        transmit.submit(pool, max);
        complete();
        return inFlight.take(packets, 0, max);
    }

    /** One burst to the guest by way of the packets in flight, all of them completed and in {@link #packets}. */
    public int receiveAsync(final long[] from, final int count) {
        receive.submit(from, 0, count, false);
        complete();
        return inFlight.take(packets, 0, count);
    }

    private void complete() {
        inFlight.publish(ring);
        while (inFlight.open() != 0) {
            copies.reap(inFlight, false);
            inFlight.publish(ring);
        }
        ring.publish();
    }

    /** A 16-bit field at a guest address. */
    public int getShort(final long gpa) {
        return Memory.getShort(ram.at(gpa)) & 0xFFFF;
    }

    @Override
    public void close() {
        try {
            memory.unmap();
        } catch (MemoryException e) {
            throw new IllegalStateException(e);
        } finally {
            ram.close();
            arena.close();
        }
    }
}
