package vhost.core.internal.async;

import static org.assertj.core.api.Assertions.assertThat;

import dma.api.DmaEngine;
import dma.api.DmaException;
import dma.chaos.Chance;
import dma.chaos.ChaosEngine;
import dma.chaos.Fault;
import dma.chaos.Settings;
import dma.cpu.internal.InlineEngine;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import vhost.core.internal.async.CopyChannel.Overflow;
import vhost.core.internal.testing.FakeDriver;
import vhost.core.internal.testing.FakeDriver.Part;
import vhost.core.internal.testing.FakeDriver.Shape;
import vhost.core.internal.testing.Layout;
import vhost.core.internal.testing.RingFixture;
import vhost.core.internal.testing.RingFixture.Setup;

/**
 * Packets of random lengths and layouts go from one guest to another through two rings, while engines, thresholds and what goes
 * wrong in them change at random: none is lost, overtaken, damaged or kept, for any seed.
 *
 * <p>{@code -Dproperty.seeds=1000} looks at more seeds than a build has time for. A seed that fails is added to
 * {@link #seeds} with a name.
 */
class AsyncPropertyTest {
    private static final int SEEDS = Integer.getInteger("property.seeds", 80);
    private static final int PACKETS = Integer.getInteger("property.packets", 30_000);

    private static final int RING = 64;
    private static final int SLOT = 16 * 1024;
    private static final int[] THRESHOLDS = {0, 1, 64, 200, 256, 1000, 1024, 2000, 9000, -1};
    private static final long DEADLINE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    /** What an engine may do and the traffic must not notice. An engine that never stops is another test's. */
    private static final Set<Fault> FAULTS = EnumSet.complementOf(EnumSet.of(
            Fault.ABORT_FALSE,
            Fault.ABORT_THROW,
            Fault.LATE_AFTER_FAILURE,
            Fault.OPEN_REFUSED,
            Fault.OPEN_THROW,
            Fault.ANNOUNCE_REFUSED,
            Fault.WITHDRAW_REFUSED,
            Fault.CLOSE_THROW));

    private static Stream<Long> seeds() {
        return Stream.iterate(1L, seed -> seed + 1).limit(SEEDS);
    }

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

    private Random random;
    private RingFixture from;
    private RingFixture to;
    private Guest sender;
    private Guest receiver;
    private final List<ChaosEngine> engines = new ArrayList<>();
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

    @ParameterizedTest
    @MethodSource("seeds")
    void shouldLoseReorderAndDamageNothing(final long seed) {
        random = new Random(seed);
        final Layout layout = Layout.values()[random.nextInt(2)];
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
            while (received < PACKETS) {
                step();
            }
            end();
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("seed " + seed + ", " + layout + ", packet " + received, e);
        }
    }

    private static int bit(final Layout layout) {
        return layout == Layout.SPLIT ? 1 : 5;
    }

    private void step() {
        switch (ending ? -1 : random.nextInt(40)) {
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

    private void send(final int packets) {
        for (int i = 0; i < packets && sent < PACKETS && sender.hasRoom(4); i++) {
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

    private void swap(final RingFixture ring) {
        final int threshold = THRESHOLDS[random.nextInt(THRESHOLDS.length)];
        final Overflow overflow = random.nextInt(3) == 0 ? Overflow.WAIT : Overflow.CPU;
        final CopyChannel next = switch (random.nextInt(6)) {
            case 0 -> null;
            case 1 -> open(ring, new InlineEngine(), overflow);
            default -> open(ring, chaos(), overflow);
        };
        // Too many may be on their way out: then it stays as it is.
        if (!ring.copies.use(next, next == null ? 0 : threshold) && next != null) {
            next.ops().close();
            channels.remove(next);
        }
        channels.removeIf(AsyncPropertyTest::closeReleased);
    }

    private static boolean closeReleased(final CopyChannel channel) {
        if (channel.isReleased()) {
            assertThat(channel.isQuarantined()).isFalse();
            channel.ops().close();
        }
        return channel.isReleased();
    }

    private CopyChannel open(final RingFixture ring, final DmaEngine engine, final Overflow overflow) {
        try {
            final CopyChannel channel = new CopyChannel(
                    ring.arena, "chaos", engine.open("q"), engine.limits(), overflow, DEADLINE_NANOS, opened -> {
                        if (opened.isAbortWanted()) {
                            opened.aborted(opened.ops().abort());
                        }
                    });
            channels.add(channel);
            return channel;
        } catch (DmaException e) {
            throw new AssertionError(e);
        }
    }

    private ChaosEngine chaos() {
        final Settings.Builder settings = Settings.seeded(random.nextLong())
                .needsMapping(false)
                .offloads(random.nextInt(8) != 0)
                .reorder(random.nextBoolean())
                .delayPolls(0, random.nextInt(6))
                .alignment(random.nextInt(10) == 0 ? 4 : 1)
                .maxCopyBytes(random.nextInt(5) == 0 ? 1500 : 1 << 20)
                .maxInFlight(1 + random.nextInt(random.nextBoolean() ? 6 : 300));
        for (final Fault fault : FAULTS) {
            final boolean fatal = fault.name().matches("HANG|.*(HALT|EXCESS|NONSENSE|THROW|MISCOUNT)");
            if (random.nextInt(fatal ? 12 : 4) == 0) {
                settings.with(fault, Chance.of(fatal ? 0.01 : random.nextDouble() * 0.3));
            }
        }
        final ChaosEngine engine = new ChaosEngine(settings.abortMillis(1).build());
        engines.add(engine);
        return engine;
    }

    private void end() {
        ending = true;
        while (!from.copies.use(null, 0) || !to.copies.use(null, 0)) {
            step(); // too many are on their way out
        }
        while (from.copies.isBusy() || to.copies.isBusy() || from.inFlight.count() + to.inFlight.count() != 0) {
            step();
        }
        assertThat(acknowledged).isEqualTo(PACKETS);
        assertThat(received).isEqualTo(PACKETS);
        assertThat(receiver.next()).isNull();
        assertThat(inHandCount).isZero();
        assertThat(from.pool.inUse()).isZero();
        channels.removeIf(AsyncPropertyTest::closeReleased);
        assertThat(channels).isEmpty();
        for (final ChaosEngine engine : engines) {
            assertThat(engine.violations()).isEmpty();
            assertThat(engine.openChannels()).isZero();
        }
    }
}
