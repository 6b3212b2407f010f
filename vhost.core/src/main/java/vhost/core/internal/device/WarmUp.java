package vhost.core.internal.device;

import dma.api.Completions;
import dma.api.CopyBatch;
import dma.api.DmaLimits;
import dma.api.DmaOps;
import dma.api.MemoryRegion;
import java.lang.foreign.Arena;
import java.util.List;
import linux.Linux;
import linux.LinuxException;
import linux.Memory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import vhost.core.api.Packet;
import vhost.core.api.PacketPool;
import vhost.core.internal.async.CopyChannel;
import vhost.core.internal.async.CopyDispatcher;
import vhost.core.internal.async.GuestReceive;
import vhost.core.internal.async.GuestTransmit;
import vhost.core.internal.async.InFlight;
import vhost.core.internal.memory.GuestMemory;
import vhost.core.internal.memory.MappedRegion;
import vhost.core.internal.memory.MemoryException;
import vhost.core.internal.memory.Translator;
import vhost.core.internal.ring.PackedVirtqueue;
import vhost.core.internal.ring.RingConfig;
import vhost.core.internal.ring.SplitVirtqueue;
import vhost.core.internal.ring.Virtqueue;

/**
 * Sends packets through private rings of both layouts, both ways, before the first guest comes, so that the JVM has compiled
 * the data path by then. It does two things: the first burst of a guest is not a hundred times slower than the others; and
 * a guest that truncates its memory at once meets compiled code, where the JVM turns the fault into an error, and not the
 * interpreter, where an ordered access to such memory ends the process.
 */
final class WarmUp {
    private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);

    /** Enough for the optimizing compiler; about 100 milliseconds in all. */
    private static final int BURSTS = 600;

    private static final int BURST = 32;
    private static final int RING = 64;
    private static final int BUFFER_BYTES = 2048;
    private static final int HEADER_BYTES = 12;
    private static final int PACKET_BYTES = 64;

    private static final long BASE = 0x10_0000;
    private static final long DRIVER_AREA = 4096;
    private static final long DEVICE_AREA = 8192;
    private static final long BUFFERS = 12288;
    private static final long BYTES = BUFFERS + (long) RING * BUFFER_BYTES;

    private static final int VRING_DESC_F_WRITE = 2;
    private static final int PACKED_AVAIL = 1 << 7;
    private static final int PACKED_USED = 1 << 15;

    private final Arena arena;
    private final GuestMemory memory;
    private final long at;
    private final PacketPool pool;
    private final long[] packets = new long[BURST];

    private WarmUp(final Arena arena, final GuestMemory memory, final PacketPool pool) {
        this.arena = arena;
        this.memory = memory;
        this.at = memory.regions().getFirst().address();
        this.pool = pool;
    }

    /** Leaves nothing behind but compiled code. Worker's thread, before its first turn. */
    static void run(final PacketPool pool) {
        try (Arena arena = Arena.ofConfined()) {
            final GuestMemory memory = GuestMemory.of(List.of(
                    MappedRegion.map(BASE, BYTES, BASE, 0, Linux.memfd("vhost-warm-up", BYTES, Linux.MFD_CLOEXEC))));
            try {
                final WarmUp warmUp = new WarmUp(arena, memory, pool);
                for (final boolean async : new boolean[] {false, true}) {
                    warmUp.split(false, async);
                    warmUp.split(true, async);
                    warmUp.packed(false, async);
                    warmUp.packed(true, async);
                }
            } finally {
                memory.unmap();
            }
        } catch (LinuxException | MemoryException e) {
            LOG.warn("the data path starts cold: {}", e.getMessage());
        }
    }

    private RingConfig config(final int base, final boolean deviceWrites) {
        return new RingConfig(RING, at, at + DRIVER_AREA, at + DEVICE_AREA, base, deviceWrites, true, false, false);
    }

    private void split(final boolean deviceWrites, final boolean async) {
        Memory.fill(at, BUFFERS, (byte) 0);
        for (int i = 0; i < RING; i++) {
            final long descriptor = at + 16L * i;
            Memory.putLong(descriptor, BASE + BUFFERS + (long) i * BUFFER_BYTES);
            Memory.putInt(descriptor + 8, deviceWrites ? BUFFER_BYTES : HEADER_BYTES + PACKET_BYTES);
            Memory.putShort(descriptor + 12, (short) (deviceWrites ? VRING_DESC_F_WRITE : 0));
            Memory.putShort(at + DRIVER_AREA + 4 + 2L * i, (short) i);
        }
        final Virtqueue ring = new SplitVirtqueue(arena, new Translator(memory), config(0, deviceWrites));
        final Bursts bursts = new Bursts(ring, deviceWrites, async);
        for (int i = 1; i <= BURSTS; i++) {
            Memory.putShortRelease(at + DRIVER_AREA + 2, (short) (i * BURST));
            bursts.next();
        }
    }

    private void packed(final boolean deviceWrites, final boolean async) {
        Memory.fill(at, BUFFERS, (byte) 0);
        final Virtqueue ring = new PackedVirtqueue(arena, new Translator(memory), config(1 << 15, deviceWrites));
        final Bursts bursts = new Bursts(ring, deviceWrites, async);
        int position = 0;
        boolean wrap = true;
        for (int i = 0; i < BURSTS; i++) {
            for (int k = 0; k < BURST; k++) {
                final long descriptor = at + 16L * position;
                Memory.putLong(descriptor, BASE + BUFFERS + (long) position * BUFFER_BYTES);
                Memory.putInt(descriptor + 8, deviceWrites ? BUFFER_BYTES : HEADER_BYTES + PACKET_BYTES);
                Memory.putShort(descriptor + 12, (short) position);
                Memory.putShortRelease(descriptor + 14, (short)
                        ((wrap ? PACKED_AVAIL : PACKED_USED) | (deviceWrites ? VRING_DESC_F_WRITE : 0)));
                if (++position == RING) {
                    position = 0;
                    wrap = !wrap;
                }
            }
            bursts.next();
        }
    }

    /** The worker's side of one ring. */
    private final class Bursts {
        /** VERSION_1 and MRG_RXBUF: what every driver of today asks for. */
        private static final long FEATURES = 1L << Features.VERSION_1 | 1L << Features.NET_MRG_RXBUF;

        private final Virtqueue ring;
        private final CopyDispatcher copies = new CopyDispatcher();
        private final InFlight inFlight = new InFlight(RING);
        private final boolean async;
        private final GuestReceive receive;
        private final GuestTransmit transmit;

        Bursts(final Virtqueue ring, final boolean deviceWrites, final boolean async) {
            this.ring = ring;
            this.async = async;
            this.receive = deviceWrites ? new GuestReceive(arena, ring, copies, inFlight, FEATURES) : null;
            this.transmit = deviceWrites ? null : new GuestTransmit(arena, ring, copies, inFlight, FEATURES);
            if (async) {
                copies.use(
                        new CopyChannel(
                                arena,
                                "warm-up",
                                new CopyOnPoll(),
                                new DmaLimits(PACKET_BYTES, BURST, 1, true, false),
                                CopyChannel.Overflow.CPU,
                                Long.MAX_VALUE,
                                channel -> {}),
                        1);
            }
        }

        void next() {
            int count = BURST;
            if (transmit == null) {
                for (int i = 0; i < BURST; i++) {
                    packets[i] = pool.take(PACKET_BYTES);
                    Packet.clearOffloads(packets[i]);
                    Packet.setLength(packets[i], PACKET_BYTES);
                }
            }
            if (async) {
                if (transmit != null) {
                    transmit.submit(pool, BURST);
                } else {
                    receive.submit(packets, 0, BURST, false);
                }
                copies.reap(inFlight, false);
                inFlight.publish(ring);
                count = inFlight.take(packets, 0, BURST);
            } else if (transmit != null) {
                count = transmit.burst(pool, packets, BURST);
            } else {
                receive.burst(packets, 0, BURST);
            }
            ring.publish();
            ring.hasAvailable();
            pool.freeBurst(packets, 0, count);
        }
    }

    /** An engine that makes its copies when it is asked for them, so that they are in flight for a while. */
    private static final class CopyOnPoll implements DmaOps {
        private final long[] source = new long[BURST];
        private final long[] destination = new long[BURST];
        private int pending;

        @Override
        public int transferData(final CopyBatch batch) {
            final int offered = batch.end() - batch.first();
            for (int i = 0; i < offered; i++) {
                source[pending] = batch.source(batch.first() + i);
                destination[pending] = batch.destination(batch.first() + i);
                pending++;
            }
            return offered;
        }

        @Override
        public int completedCopies(final Completions completions) {
            final int count = pending;
            for (int i = 0; i < count; i++) {
                Memory.copy(source[i], destination[i], PACKET_BYTES);
            }
            completions.succeeded(count);
            pending = 0;
            return count;
        }

        @Override
        public boolean abort() {
            pending = 0;
            return true;
        }

        @Override
        public void announce(final MemoryRegion region) {
            // Nothing to map.
        }

        @Override
        public void withdraw(final MemoryRegion region) {
            // As above.
        }

        @Override
        public void close() {
            pending = 0;
        }
    }
}
