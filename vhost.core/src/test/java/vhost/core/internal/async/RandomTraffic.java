package vhost.core.internal.async;

import static org.assertj.core.api.Assertions.assertThat;

import dma.api.MemoryRegion;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import vhost.core.internal.async.CopyChannel.Overflow;
import vhost.core.internal.memory.MappedRegion;
import vhost.core.internal.testing.FakeDriver;
import vhost.core.internal.testing.FakeDriver.Part;
import vhost.core.internal.testing.FakeDriver.Shape;
import vhost.core.internal.testing.Layout;
import vhost.core.internal.testing.RingFixture;
import vhost.core.internal.testing.RingFixture.Setup;

/**
 * Packets of random lengths and layouts that go from one guest to another through two rings, while engines and thresholds change
 * at random. All is checked: none is lost, overtaken, damaged or kept.
 */
final class RandomTraffic {
    /** Whose engines the rings get. */
    interface Channels {
        /**
         * A new channel for {@code ring}; null where the core is to copy itself.
         *
         * @param memory all that copies will name
         */
        CopyChannel open(RingFixture ring, List<MemoryRegion> memory, Overflow overflow);

        /** The core has let go of it. */
        void close(CopyChannel channel);
    }

    private static final long STUCK_NANOS = 20_000_000_000L;
    private static final int RING = 64;
    private static final int SLOT = 16 * 1024;
    private static final int[] THRESHOLDS = {0, 1, 64, 200, 256, 1000, 1024, 2000, 9000, -1};

    /** A guest's end of a ring: chains lie in slots of memory, one a chain. */
    private static final class Guest {
        private final RingFixture ring;
        private final long[] slots = new long[RING];
        private int freeSlots = RING;
        private final Map<Integer, Chain> posted = new HashMap<>();

        /** A chain that the device has. */
        private record Chain(long slot, Part[] parts) {}

        Guest(final RingFixture ring) {
            this.ring = ring;
            for (int i = 0; i < RING; i++) {
                slots[i] = ring.free() + (long) SLOT * i;
            }
        }

        boolean hasRoom(final int descriptors) {
            return freeSlots != 0 && ring.driver.free() >= descriptors;
        }

        /** Posts {@code frame}, or room of its length, cut into parts. */
        void post(final Random random, final byte[] frame, final boolean write) {
            final long slot = slots[--freeSlots];
            final int count = Math.min(frame.length, random.nextInt(3) == 0 ? 1 + random.nextInt(3) : 1);
            final Part[] parts = new Part[count];
            int from = 0;
            long at = slot;
            for (int i = 0; i < count; i++) {
                final int length = i == count - 1
                        ? frame.length - from
                        : 1 + random.nextInt(frame.length - from - (count - 1 - i));
                parts[i] = new Part(at, length);
                if (write) {
                    ring.ram.write(at, frame, from, length);
                }
                from += length;
                at += length + 64;
            }
            final Shape shape = count == 1 ? Shape.DIRECT : Shape.values()[random.nextInt(Shape.values().length)];
            posted.put(ring.driver.add(shape, parts), new Chain(slot, parts));
        }

        /** The data of the next used chain, or null. */
        byte[] next() {
            final long used = ring.driver.pollUsed();
            if (used == -1) {
                return null;
            }
            final Chain chain = posted.remove(FakeDriver.id(used));
            assertThat(chain)
                    .as("used chain %d was posted", FakeDriver.id(used))
                    .isNotNull();
            final byte[] data = new byte[FakeDriver.length(used)];
            int done = 0;
            for (final Part part : chain.parts) {
                final int length = Math.min(part.length(), data.length - done);
                ring.ram.read(part.gpa(), data, done, length);
                done += length;
            }
            slots[freeSlots++] = chain.slot;
            return data;
        }
    }

    private final Random random;
    private final int packets;
    private final int stay;
    private final Channels engines;
    private final Layout layout;
    private RingFixture from;
    private RingFixture to;
    private Guest sender;
    private Guest receiver;
    private final List<CopyChannel> channels = new ArrayList<>();
    private int sent;
    private int acknowledged;
    private int received;
    private byte[] partial;
    private int partialBuffers;
    private final long[] inHand = new long[RING];
    private int inHandCount;

    /** Engines are changed no more. */
    private boolean ending;

    /**
     * Traffic of so many packets; which, and all else that is random, comes from {@code random}.
     *
     * @param stay how many turns a ring has an engine, on the average
     */
    RandomTraffic(final Random random, final int packets, final int stay, final Channels engines) {
        this.random = random;
        this.packets = packets;
        this.stay = stay;
        this.engines = engines;
        this.layout = Layout.values()[random.nextInt(2)];
    }

    void run() {
        try (RingFixture a = Setup.transmit(layout)
                        .size(RING - random.nextInt(bit(layout)))
                        .half(2 << 20)
                        .open();
                RingFixture b = Setup.receive(layout)
                        .size(RING - random.nextInt(bit(layout)))
                        .half(2 << 20)
                        .open()) {
            from = a;
            to = b;
            sender = new Guest(a);
            receiver = new Guest(b);
            long moved = System.nanoTime();
            while (received < packets) {
                final int before = received;
                step();
                if (received != before) {
                    moved = System.nanoTime();
                } else if (System.nanoTime() - moved > STUCK_NANOS) {
                    throw new AssertionError("nothing moves: " + sent + " sent, " + acknowledged
                            + " acknowledged, in flight " + from.inFlight.count() + " and " + to.inFlight.count()
                            + ", in hand " + inHandCount);
                }
            }
            end();
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError(layout + ", packet " + received, e);
        }
    }

    private static int bit(final Layout layout) {
        return layout == Layout.SPLIT ? 1 : 5;
    }

    private void step() {
        switch (ending ? -1 : random.nextInt(stay)) {
            case 0 -> swap(from);
            case 1 -> swap(to);
            default -> {
                // The usual turn.
            }
        }
        send(random.nextInt(24));
        post(random.nextInt(24));
        from.transmit.submit(from.pool, random.nextInt(33));
        look(from);
        inHandCount += from.inFlight.take(inHand, inHandCount, random.nextInt(inHand.length - inHandCount + 1));
        final int given = to.receive.submit(inHand, 0, inHandCount, false);
        System.arraycopy(inHand, given, inHand, 0, inHandCount - given);
        inHandCount -= given;
        look(to);
        final int back = to.inFlight.take(to.packets, 0, random.nextInt(65));
        for (int i = 0; i < back; i++) {
            from.pool.free(to.packets[i]);
        }
        acknowledge();
        receive();
    }

    private void look(final RingFixture ring) {
        assertThat(ring.transmit.fault() | ring.receive.fault()).isZero();
        if (random.nextInt(3) != 0) {
            ring.copies.reap(ring.inFlight, false);
        }
        ring.inFlight.publish(ring.ring);
        ring.ring.publish();
    }

    private void send(final int most) {
        for (int i = 0; i < most && sent < packets && sender.hasRoom(4); i++) {
            final byte[] frame = new byte[from.headerBytes + length(sent)];
            fill(frame, from.headerBytes, sent++);
            sender.post(random, frame, true);
        }
    }

    private void post(final int buffers) {
        for (int i = 0; i < buffers && receiver.hasRoom(4); i++) {
            receiver.post(random, new byte[random.nextInt(4) == 0 ? 200 + random.nextInt(2000) : 2048], false);
        }
    }

    /** The sender's chains come back in their order; it checks no more. */
    private void acknowledge() {
        while (sender.next() != null) {
            acknowledged++;
        }
    }

    private void receive() {
        for (byte[] data = receiver.next(); data != null; data = receiver.next()) {
            if (partial == null) {
                partialBuffers = data[10] & 0xFF | (data[11] & 0xFF) << 8;
                partial = data;
            } else {
                final byte[] whole = Arrays.copyOf(partial, partial.length + data.length);
                System.arraycopy(data, 0, whole, partial.length, data.length);
                partial = whole;
            }
            if (--partialBuffers == 0) {
                final byte[] expected = new byte[to.headerBytes + length(received)];
                fill(expected, to.headerBytes, received);
                System.arraycopy(partial, 0, expected, 0, to.headerBytes);
                assertThat(partial).as("packet %d", received).isEqualTo(expected);
                received++;
                partial = null;
            }
        }
    }

    /** Mostly short ones, as in real traffic; none is longer than the buffers of a ring hold. */
    private static int length(final int sequence) {
        final int hash = sequence * 0x9E37_79B9 >>> 8;
        return switch (hash & 7) {
            case 0 -> 1 + hash % 3000;
            case 1 -> 1514;
            case 2 -> 1 + hash % 9000;
            default -> 60 + hash % 400;
        };
    }

    private static void fill(final byte[] frame, final int offset, final int sequence) {
        int value = sequence * 0x9E37_79B9;
        for (int i = offset; i < frame.length; i++) {
            value = value * 0x0019_660D + 0x3C6E_F35F;
            frame[i] = (byte) (value >>> 24);
        }
    }

    private static MemoryRegion region(final MappedRegion guest) {
        return new MemoryRegion(guest.address(), guest.size());
    }

    private void swap(final RingFixture ring) {
        final int threshold = THRESHOLDS[random.nextInt(THRESHOLDS.length)];
        final Overflow overflow = random.nextInt(3) == 0 ? Overflow.WAIT : Overflow.CPU;
        final CopyChannel next = engines.open(
                ring,
                Stream.concat(ring.memory.regions().stream().map(RandomTraffic::region), Stream.of(from.pool.region()))
                        .toList(),
                overflow);
        // Too many may be on their way out: then it stays as it is.
        if (ring.copies.use(next, next == null ? 0 : threshold)) {
            if (next != null) {
                channels.add(next);
            }
        } else if (next != null) {
            engines.close(next);
        }
        closeReleased();
    }

    private void closeReleased() {
        for (final CopyChannel channel : List.copyOf(channels)) {
            if (channel.isReleased()) {
                assertThat(channel.isQuarantined()).isFalse();
                engines.close(channel);
                channels.remove(channel);
            }
        }
    }

    private void end() {
        ending = true;
        while (!from.copies.use(null, 0) || !to.copies.use(null, 0)) {
            step(); // too many are on their way out
        }
        while (from.copies.isBusy() || to.copies.isBusy() || from.inFlight.count() + to.inFlight.count() != 0) {
            step();
        }
        assertThat(acknowledged).isEqualTo(packets);
        assertThat(received).isEqualTo(packets);
        assertThat(receiver.next()).isNull();
        assertThat(inHandCount).isZero();
        assertThat(from.pool.inUse()).isZero();
        closeReleased();
        assertThat(channels).isEmpty();
    }
}
