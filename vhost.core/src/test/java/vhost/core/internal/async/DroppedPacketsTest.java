package vhost.core.internal.async;

import static org.assertj.core.api.Assertions.assertThat;
import static vhost.core.internal.async.HostileChains.HEADER;
import static vhost.core.internal.async.HostileChains.LENGTH;
import static vhost.core.internal.async.HostileChains.good;

import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import vhost.core.api.Packet;
import vhost.core.internal.ring.Virtqueue;
import vhost.core.internal.testing.FakeDriver;
import vhost.core.internal.testing.FakeDriver.Part;
import vhost.core.internal.testing.FakeDriver.Shape;
import vhost.core.internal.testing.GuardedPool;
import vhost.core.internal.testing.GuestRam;
import vhost.core.internal.testing.Layout;
import vhost.core.internal.testing.Pattern;
import vhost.core.internal.testing.RingFixture;
import vhost.core.internal.testing.RingFixture.Setup;

/** Chains that are well formed and hold no packet, or one that does not fit: it is dropped, and the burst goes on. */
class DroppedPacketsTest {
    @ParameterizedTest
    @MethodSource("vhost.core.internal.testing.Layout#withHeaders")
    void shouldDropAndReturnChainsThatHoldNoPacket(final Layout layout, final long features) {
        try (RingFixture x = Setup.transmit(layout).features(features).open()) {
            final int header = x.headerBytes;
            int dropped = 0;
            for (int bytes = 0; bytes <= header; bytes++) {
                x.driver.add(x.free(), bytes);
                x.driver.add(Shape.DIRECT, new Part(x.free(), bytes / 2), new Part(x.free(), bytes - bytes / 2));
                dropped += 2;
                if (bytes % 4 == 3) {
                    good(x);
                }
            }
            x.driver.add(Shape.INDIRECT, new Part(x.free(), 0), new Part(x.free(), 0));
            dropped++;
            good(x);

            final int count = x.transmitBurst(64);

            assertThat(count).isEqualTo((header + 1) / 4 + 1);
            assertThat(x.transmit.fault()).isZero();
            assertThat(x.transmit.dropped()).isEqualTo(dropped);
            for (int i = 0; i < count; i++) {
                Pattern.assertPacket(x.packets[i], 1, LENGTH + HEADER - header);
            }
            for (int i = 0; i < count + dropped; i++) {
                assertThat(FakeDriver.length(x.driver.pollUsed())).isZero();
            }
            assertThat(x.driver.free()).isEqualTo(64);
        }
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldPassOverDescriptorsWithoutBytes(final Layout layout) {
        try (RingFixture x = Setup.transmit(layout).open()) {
            good(x);
            x.driver.pollUsed();
            x.driver.add(
                    Shape.DIRECT,
                    new Part(0, 0), // an address that need not be one
                    new Part(x.free() + 4096, 5),
                    new Part(x.free(), 0),
                    new Part(x.free() + 4101, 7 + LENGTH),
                    new Part(Long.MAX_VALUE, 0));
            assertThat(x.transmitBurst(8)).isEqualTo(2);
            Pattern.assertPacket(x.packets[1], 1, LENGTH);
        }
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldDropAPacketThatIsTooLongAndTakeTheLongest(final Layout layout) {
        try (RingFixture x = Setup.transmit(layout).open()) {
            final int longest = Packet.MAX_DATA_BYTES + HEADER;
            x.driver.add(x.free(), longest + 1);
            x.driver.add(Shape.DIRECT, new Part(x.free(), 20), new Part(x.free() + 20, longest - 19));
            x.driver.add(x.free(), 800_000);
            x.ram.write(x.free() + HEADER, Pattern.of(5, Packet.MAX_DATA_BYTES), 0, Packet.MAX_DATA_BYTES);
            x.driver.add(x.free(), longest);
            x.driver.add(Shape.DIRECT, new Part(x.free(), 20), new Part(x.free() + 20, longest - 20));

            assertThat(x.transmitBurst(8)).isEqualTo(2);

            assertThat(x.transmit.dropped()).isEqualTo(3);
            for (int i = 0; i < 2; i++) {
                Pattern.assertPacket(x.packets[i], 5, Packet.MAX_DATA_BYTES);
                GuardedPool.assertGuarded(x.packets[i]);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldDropAChainOfGigabytesFromRepeatedBuffers(final Layout layout) {
        try (RingFixture x = Setup.transmit(layout).half(2 << 20).size(256).open()) {
            final Part[] parts = new Part[250];
            Arrays.fill(parts, new Part(GuestRam.BASE, 4 << 20));
            x.driver.add(Shape.DIRECT, parts);
            assertThat(x.transmitBurst(8)).isZero();
            assertThat(x.transmit.dropped()).isEqualTo(1);
            assertThat(x.transmit.fault()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldDropAChainOfMorePiecesThanItDescribes(final Layout layout) {
        try (RingFixture x = Setup.transmit(layout).size(2048).half(4 << 20).open()) {
            final int most = Virtqueue.MAX_PIECES;
            x.ram.write(x.free(), new byte[HEADER], 0, HEADER);
            x.ram.write(x.free() + HEADER, Pattern.of(9, 2000), 0, 2000);
            for (final int pieces : new int[] {most + 1, most}) {
                final Part[] parts = new Part[pieces];
                for (int i = 0; i < pieces; i++) {
                    parts[i] = new Part(x.free() + i, 1);
                }
                x.driver.add(Shape.DIRECT, parts);
                assertThat(x.transmitBurst(8)).isEqualTo(pieces == most ? 1 : 0);
                assertThat(x.transmit.dropped()).isEqualTo(pieces == most ? 0 : 1);
                assertThat(FakeDriver.length(x.driver.pollUsed())).isZero();
            }
            Pattern.assertPacket(x.packets[0], 9, most - HEADER);
        }
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldEndABurstOfRubbishInTime(final Layout layout) {
        try (RingFixture x = Setup.transmit(layout).open()) {
            for (int i = 0; i < 64; i++) {
                x.driver.add(x.free(), 3);
            }
            assertThat(x.transmitBurst(8)).isZero();
            assertThat(x.transmit.dropped()).isEqualTo(8);
            assertThat(x.ring.hasAvailable()).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldDropWhatBuffersWithoutMergingCannotHold(final Layout layout) {
        try (RingFixture x =
                Setup.receive(layout).features(RingFixture.VERSION_1).open()) {
            final int id = x.driver.add(x.free(), 112);
            for (int i = 0; i < 3; i++) {
                final int length = i == 2 ? 100 : 101 + i;
                Pattern.write(x.packets[i] = x.pool.take(length), i, length);
            }
            assertThat(x.receiveBurst(3)).isEqualTo(3);
            assertThat(x.receive.dropped()).isEqualTo(2);
            assertThat(x.receive.delivered()).isEqualTo(1);
            assertThat(x.driver.pollUsed()).isEqualTo((long) id << 32 | 112);
        }
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldDropWhatAWholeRingOfMergedBuffersCannotHold(final Layout layout) {
        try (RingFixture x = Setup.receive(layout).size(4).open()) {
            for (int i = 0; i < 4; i++) {
                x.driver.add(x.free() + i * 32L, 32);
            }
            Pattern.write(x.packets[0] = x.pool.take(117), 1, 117);
            Pattern.write(x.packets[1] = x.pool.take(116), 2, 116);
            assertThat(x.receiveBurst(2)).isEqualTo(2);
            assertThat(x.receive.dropped()).isEqualTo(1);
            final byte[] got = new byte[116];
            x.ram.read(x.free() + HEADER, got, 0, 116);
            assertThat(got).isEqualTo(Pattern.of(2, 116));
            for (int i = 0; i < 4; i++) {
                assertThat(FakeDriver.length(x.driver.pollUsed())).isEqualTo(32);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldMergeBuffersWithoutBytes(final Layout layout) {
        try (RingFixture x = Setup.receive(layout).size(8).open()) {
            x.driver.add(x.free(), 0);
            x.driver.add(x.free(), 5);
            x.driver.add(x.free(), 0);
            x.driver.add(x.free() + 5, 67);
            Pattern.write(x.packets[0] = x.pool.take(60), 1, 60);
            assertThat(x.receiveBurst(1)).isEqualTo(1);
            for (final int length : new int[] {0, 5, 0, 67}) {
                assertThat(FakeDriver.length(x.driver.pollUsed())).isEqualTo(length);
            }
            assertThat(x.getShort(x.free() + 10)).isEqualTo(4);
        }
    }
}
