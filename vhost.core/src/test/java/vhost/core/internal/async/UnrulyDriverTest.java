package vhost.core.internal.async;

import static org.assertj.core.api.Assertions.assertThat;
import static vhost.core.internal.async.HostileChains.HEADER;
import static vhost.core.internal.async.HostileChains.LENGTH;
import static vhost.core.internal.async.HostileChains.table;
import static vhost.core.internal.testing.FakeDriver.NEXT;
import static vhost.core.internal.testing.FakeDriver.WRITE;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import linux.Memory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import vhost.core.api.Packet;
import vhost.core.internal.testing.FakeDriver.Raw;
import vhost.core.internal.testing.GuardedPool;
import vhost.core.internal.testing.Layout;
import vhost.core.internal.testing.Pattern;
import vhost.core.internal.testing.RingFixture;
import vhost.core.internal.testing.RingFixture.Setup;

/** A driver that writes while we read, or at random: what was checked is what is used. */
class UnrulyDriverTest {
    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldNotReadADescriptorAgainAfterItWasChecked(final Layout layout) {
        try (RingFixture x = Setup.transmit(layout).open()) {
            for (final boolean single : new boolean[] {true, false}) {
                final long at = x.free();
                x.ram.fill(at, 4096, (byte) 0);
                x.ram.write(at + HEADER, Pattern.of(1, LENGTH), 0, LENGTH);
                final Raw evil = new Raw(x.ram.end() + 4096, -1, single ? 0 : NEXT, 63);
                if (single) {
                    x.driver.offer(new Raw(at, HEADER + LENGTH, 0));
                    x.pool.onTake(() -> x.driver.change(0, evil));
                } else {
                    x.driver.offer(new Raw(at, 20, NEXT), new Raw(at + 20, HEADER + LENGTH - 20, 0));
                    x.pool.onTake(() -> {
                        x.driver.change(0, evil);
                        x.driver.change(1, evil);
                    });
                }
                assertThat(x.transmitBurst(8)).isEqualTo(1);
                assertThat(x.transmit.fault()).isZero();
                Pattern.assertPacket(x.packets[0], 1, LENGTH);
                GuardedPool.assertGuarded(x.packets[0]);
                x.driver.pollUsed();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldNotReadATableAgainAfterItWasChecked(final Layout layout) {
        try (RingFixture x = Setup.transmit(layout).open()) {
            x.ram.write(x.free() + HEADER, Pattern.of(1, LENGTH), 0, LENGTH);
            x.driver.offer(table(
                    x, 0, 32, new Raw(x.free(), 20, NEXT, 1), new Raw(x.free() + 20, HEADER + LENGTH - 20, 0, 0)));
            x.pool.onTake(() -> x.ram.fill(x.free() + 8192, 32, (byte) 0xFF));
            assertThat(x.transmitBurst(8)).isEqualTo(1);
            Pattern.assertPacket(x.packets[0], 1, LENGTH);
        }
    }

    /** A second thread rewrites descriptor and header all the time; whatever is seen must fit together. */
    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldGiveOnlyHeadersThatFitThePacketWhileTheGuestRewritesThem(final Layout layout) throws Exception {
        final long features = RingFixture.VERSION_1 | 1 << NetHeader.F_CSUM | 1 << NetHeader.F_HOST_TSO4;
        try (RingFixture x = Setup.transmit(layout).features(features).open()) {
            final AtomicBoolean done = new AtomicBoolean();
            final long header = x.ram.at(x.free());
            final Thread guest = new Thread(() -> {
                while (!done.get()) {
                    Memory.putLong(header, 1 | 1L << 8 | 54L << 16 | 1448L << 32 | 34L << 48);
                    Memory.putShort(header + 8, (short) 16);
                    Memory.putLong(header, 1 | 1L << 8 | 0xFFFF_0000_FFFF_0000L);
                    Memory.putShort(header + 8, (short) 0xFFFF);
                }
            });
            guest.start();
            try {
                int offloads = 0;
                for (int i = 0; i < 50_000; i++) {
                    x.driver.add(x.free(), HEADER + LENGTH);
                    assertThat(x.transmitBurst(1) == 1).isTrue();
                    final long packet = x.packets[0];
                    if (!Packet.isPlain(packet)) {
                        offloads++;
                        assertThat(Packet.csumStart(packet) + Packet.csumOffset(packet) + 2 <= LENGTH)
                                .isTrue();
                        assertThat(Packet.gsoType(packet) == 0 || Packet.gsoSize(packet) != 0)
                                .isTrue();
                    }
                    x.driver.pollUsed();
                    x.pool.free(packet);
                }
                assertThat(offloads).isNotNegative();
            } finally {
                done.set(true);
                guest.join();
            }
        }
    }

    /** Random descriptors in a small world: nothing but counts and faults may come out. */
    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldSurviveRandomDescriptors(final Layout layout) {
        final long seed = 20_260_101;
        final Random random = new Random(seed);
        for (int round = 0; round < 2000; round++) {
            final boolean receive = random.nextBoolean();
            final Setup setup = (receive ? Setup.receive(layout) : Setup.transmit(layout))
                    .size(8)
                    .half(64 << 10);
            try (RingFixture x = setup.open()) {
                for (int i = 0; i < 4; i++) {
                    final List<Raw> raws = new ArrayList<>();
                    for (int k = random.nextInt(2) + 1; k > 0; k--) {
                        raws.add(random(x, random, receive));
                    }
                    for (int k = 0; k < 8; k++) {
                        x.driver.writeTable(x.free() + 16L * k, random(x, random, receive));
                    }
                    x.driver.offer(raws.toArray(Raw[]::new));
                }
                for (int burst = 0; burst < 3; burst++) {
                    if (receive) {
                        for (int i = 0; i < 4; i++) {
                            final int length = 1 + random.nextInt(300);
                            Pattern.write(x.packets[i] = x.pool.take(length), i, length);
                        }
                        assertThat(x.receiveBurst(4)).as("seed %d", seed).isBetween(0, 4);
                        x.pool.freeBurst(x.packets, 0, 4);
                    } else {
                        final int count = x.transmitBurst(4);
                        for (int i = 0; i < count; i++) {
                            GuardedPool.assertGuarded(x.packets[i]);
                        }
                        x.pool.freeBurst(x.packets, 0, count);
                    }
                }
                assertThat(x.pool.inUse()).isZero();
            }
        }
    }

    private static Raw random(final RingFixture x, final Random random, final boolean receive) {
        final long gpa = switch (random.nextInt(8)) {
            case 0 -> random.nextLong();
            case 1 -> x.ram.end() - random.nextInt(64);
            case 2 -> x.ram.seam() - random.nextInt(64);
            default -> x.free() + random.nextInt(8) * 16;
        };
        final int length = switch (random.nextInt(8)) {
            case 0 -> random.nextInt();
            case 1 -> 0;
            case 2 -> random.nextInt(8) * 16;
            default -> random.nextInt(200);
        };
        int flags = receive ? WRITE : 0;
        if (random.nextInt(3) == 0) {
            flags ^= random.nextInt(8);
        }
        return new Raw(gpa, length, flags, random.nextInt(4) == 0 ? random.nextInt(12) : -1);
    }
}
