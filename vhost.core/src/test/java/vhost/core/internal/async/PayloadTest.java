package vhost.core.internal.async;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import linux.Memory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import vhost.core.api.Packet;
import vhost.core.internal.testing.FakeDriver;
import vhost.core.internal.testing.FakeDriver.Part;
import vhost.core.internal.testing.FakeDriver.Shape;
import vhost.core.internal.testing.GuardedPool;
import vhost.core.internal.testing.Layout;
import vhost.core.internal.testing.Pattern;
import vhost.core.internal.testing.RingFixture;
import vhost.core.internal.testing.RingFixture.Setup;

/** Every byte of every packet arrives, nothing else is touched, and the used entries say so. */
class PayloadTest {
    private static final int LONGEST = 9000;
    private static final byte UNTOUCHED = (byte) 0xA5;

    /** Bytes of the guest's memory that an experiment uses. */
    private static final int AREA = 16 << 10;

    /** Where its buffers lie. */
    private enum Place {
        INSIDE,
        ACROSS_THE_SEAM
    }

    private static Stream<Arguments> transmitCases() {
        final List<Arguments> cases = new ArrayList<>();
        for (final Layout layout : Layout.values()) {
            for (final Place place : Place.values()) {
                for (final long features : new long[] {0, RingFixture.VERSION_1}) {
                    cases.add(Arguments.of(layout, place, features, Shape.DIRECT, 0));
                    for (final int part : new int[] {256, 1500, 2048}) {
                        for (final Shape shape : Shape.values()) {
                            cases.add(Arguments.of(layout, place, features, shape, part));
                        }
                    }
                }
            }
        }
        return cases.stream();
    }

    @ParameterizedTest
    @MethodSource("transmitCases")
    void shouldTakeEveryByteThatTheGuestSends(
            final Layout layout, final Place place, final long features, final Shape shape, final int partBytes) {
        try (RingFixture x =
                Setup.transmit(layout).size(63 + bit(layout)).features(features).open()) {
            final long area = area(x, place);
            for (final int length : lengths(partBytes, x.headerBytes)) {
                final int all = length + x.headerBytes;
                final List<Integer> cuts = new ArrayList<>();
                for (int at = partBytes; partBytes != 0 && at < all; at += partBytes) {
                    cuts.add(at);
                }
                send(x, area, length, shape, cuts);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("vhost.core.internal.testing.Layout#withHeaders")
    void shouldTakeAHeaderThatIsSplitAtAnyByte(final Layout layout, final long features) {
        try (RingFixture x = Setup.transmit(layout).features(features).open()) {
            for (int first = 1; first <= x.headerBytes + 2; first++) {
                for (int second = first + 1; second <= x.headerBytes + 3; second++) {
                    for (final Shape shape : Shape.values()) {
                        send(x, area(x, Place.INSIDE), 60, shape, List.of(first));
                        send(x, area(x, Place.INSIDE), 1514, shape, List.of(first, second));
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("vhost.core.internal.testing.Layout#withHeaders")
    void shouldTakeAHeaderOfOneByteBuffers(final Layout layout, final long features) {
        try (RingFixture x = Setup.transmit(layout).features(features).open()) {
            final List<Integer> cuts = new ArrayList<>();
            for (int at = 1; at <= 40; at++) {
                cuts.add(at);
            }
            send(x, area(x, Place.INSIDE), 60, Shape.DIRECT, cuts);
            send(x, area(x, Place.INSIDE), 60, Shape.INDIRECT, cuts);
        }
    }

    @ParameterizedTest
    @MethodSource("vhost.core.internal.testing.Layout#withHeaders")
    void shouldTakeABufferThatStraddlesRegionsAtAnyByte(final Layout layout, final long features) {
        try (RingFixture x = Setup.transmit(layout).features(features).open()) {
            for (int before = 1; before < 200; before++) {
                send(x, x.ram.seam() - before, 150, Shape.DIRECT, List.of());
                send(x, x.ram.seam() - before, 150, Shape.DIRECT, List.of(100));
            }
        }
    }

    /** One packet through the guest's transmit queue, cut into buffers at {@code cuts}. */
    private static void send(
            final RingFixture x, final long area, final int length, final Shape shape, final List<Integer> cuts) {
        final int all = length + x.headerBytes;
        final List<Integer> ends =
                new ArrayList<>(cuts.stream().filter(cut -> cut < all).toList());
        ends.add(all);
        final Part[] parts = new Part[ends.size()];
        final byte[] frame = new byte[all];
        System.arraycopy(Pattern.of(length, length), 0, frame, x.headerBytes, length);
        int from = 0;
        for (int i = 0; i < parts.length; i++) {
            // A gap between buffers, so that one that is read too far brings in other bytes.
            parts[i] = new Part(area + from + 3L * i, ends.get(i) - from);
            x.ram.write(parts[i].gpa(), frame, from, parts[i].length());
            from = ends.get(i);
        }
        final int id = x.driver.add(parts.length == 1 ? Shape.DIRECT : shape, parts);

        assertThat(x.transmitBurst(8)).isEqualTo(1);
        assertThat(x.transmit.dropped()).isZero();
        assertThat(x.transmit.bytes()).isEqualTo(length);
        Pattern.assertPacket(x.packets[0], length, length);
        GuardedPool.assertGuarded(x.packets[0]);
        x.pool.free(x.packets[0]);
        assertUsed(x.driver.pollUsed(), id, 0);
        assertThat(x.driver.pollUsed()).isEqualTo(-1);
    }

    private static Stream<Arguments> receiveCases() {
        final List<Arguments> cases = new ArrayList<>();
        for (final Layout layout : Layout.values()) {
            for (final Place place : Place.values()) {
                for (final long features : new long[] {0, RingFixture.VERSION_1}) {
                    cases.add(Arguments.of(layout, place, features, Shape.DIRECT, 12288, 12288));
                    for (final Shape shape : Shape.values()) {
                        cases.add(Arguments.of(layout, place, features, shape, 12288, 12));
                        cases.add(Arguments.of(layout, place, features, shape, 12288, 5));
                        cases.add(Arguments.of(layout, place, features, shape, 12288, 1024));
                    }
                }
                final long mergeable = RingFixture.VERSION_1 | RingFixture.MRG_RXBUF;
                for (final int buffer : new int[] {256, 1526, 4096, 12288}) {
                    cases.add(Arguments.of(layout, place, mergeable, Shape.DIRECT, buffer, buffer));
                    for (final Shape shape : Shape.values()) {
                        cases.add(Arguments.of(layout, place, mergeable, shape, buffer, buffer / 2 + 1));
                        cases.add(Arguments.of(layout, place, mergeable, shape, buffer, 7));
                    }
                }
            }
        }
        return cases.stream();
    }

    /** Buffers of {@code buffer} bytes, the first descriptor of which has {@code first}. */
    @ParameterizedTest
    @MethodSource("receiveCases")
    void shouldGiveTheGuestEveryByteAndNoOther(
            final Layout layout,
            final Place place,
            final long features,
            final Shape shape,
            final int buffer,
            final int first) {
        try (RingFixture x = Setup.receive(layout)
                .size(layout == Layout.SPLIT ? 128 : 101)
                .features(features)
                .open()) {
            final long area = area(x, place);
            final byte[] expected = new byte[AREA];
            final byte[] actual = new byte[AREA];
            for (final int length : lengths(buffer, x.headerBytes)) {
                final int all = length + x.headerBytes;
                final int chains = (all + buffer - 1) / buffer;
                x.ram.fill(area, AREA, UNTOUCHED);
                final int[] ids = new int[chains];
                for (int i = 0; i < chains; i++) {
                    final long at = area + 16 + (long) i * (buffer + 32);
                    ids[i] = first == buffer
                            ? x.driver.add(at, buffer)
                            : x.driver.add(shape, new Part(at, first), new Part(at + first + 9, buffer - first));
                }
                Pattern.write(x.packets[0] = x.pool.take(length), length, length);

                assertThat(x.receiveBurst(1)).isEqualTo(1);

                assertThat(x.receive.delivered()).isEqualTo(1);
                x.pool.free(x.packets[0]);
                final byte[] frame = new byte[all];
                System.arraycopy(Pattern.of(length, length), 0, frame, x.headerBytes, length);
                if (x.headerBytes == 12) {
                    frame[10] = (byte) chains;
                }
                Arrays.fill(expected, UNTOUCHED);
                for (int i = 0, from = 0; i < chains; i++) {
                    final int part = Math.min(buffer, all - from);
                    assertUsed(x.driver.pollUsed(), ids[i], part);
                    final int at = 16 + i * (buffer + 32);
                    final int head = Math.min(first, part);
                    System.arraycopy(frame, from, expected, at, head);
                    System.arraycopy(frame, from + head, expected, at + first + (first == buffer ? 0 : 9), part - head);
                    from += part;
                }
                assertThat(x.driver.pollUsed()).isEqualTo(-1);
                x.ram.read(area, actual, 0, AREA);
                assertThat(Arrays.mismatch(actual, expected))
                        .as("first wrong byte of the guest's memory, packet of %d", length)
                        .isEqualTo(-1);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldGiveLegacyGuestsAHeaderOfTenBytes(final Layout layout) {
        try (RingFixture x = Setup.receive(layout).features(0).open()) {
            assertThat(x.headerBytes).isEqualTo(10);
            x.ram.fill(x.free(), 100, UNTOUCHED);
            x.driver.add(x.free(), 100);
            Pattern.write(x.packets[0] = x.pool.take(60), 1, 60);

            x.receiveBurst(1);

            assertThat(FakeDriver.length(x.driver.pollUsed())).isEqualTo(70);
            assertThat(x.ram.getByte(x.free() + 10)).isEqualTo(Pattern.at(1, 0));
            assertThat(x.ram.getByte(x.free() + 70)).isEqualTo(UNTOUCHED);
        }
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldGiveAPacketWithoutDataAsAHeaderAndGoOn(final Layout layout) {
        try (RingFixture x = Setup.receive(layout).open()) {
            x.ram.fill(x.free(), 300, UNTOUCHED);
            final int[] lengths = {60, 0, 61};
            for (int i = 0; i < lengths.length; i++) {
                x.driver.add(x.free() + i * 100, x.headerBytes + lengths[i]);
                Pattern.write(x.packets[i] = x.pool.take(64), i, lengths[i]);
            }

            assertThat(x.receiveBurst(3)).isEqualTo(3);

            for (int i = 0; i < lengths.length; i++) {
                final int end = x.headerBytes + lengths[i];
                assertThat(FakeDriver.length(x.driver.pollUsed())).isEqualTo(end);
                assertThat(x.ram.getByte(x.free() + i * 100 + end)).isEqualTo(UNTOUCHED);
            }
            assertThat(x.ram.getByte(x.free() + 200 + x.headerBytes)).isEqualTo(Pattern.at(2, 0));
        }
    }

    private static Stream<Arguments> wraps() {
        return Stream.of(
                Arguments.of(Layout.SPLIT, 1),
                Arguments.of(Layout.SPLIT, 2),
                Arguments.of(Layout.SPLIT, 8),
                Arguments.of(Layout.PACKED, 1),
                Arguments.of(Layout.PACKED, 3),
                Arguments.of(Layout.PACKED, 7),
                Arguments.of(Layout.PACKED, 8));
    }

    @ParameterizedTest
    @MethodSource("wraps")
    void shouldKeepOrderWhileIndicesWrap(final Layout layout, final int size) {
        try (RingFixture x = Setup.transmit(layout)
                .size(size)
                .start(layout == Layout.SPLIT ? 65_530 : 0)
                .open()) {
            int sent = 0;
            int seen = 0;
            while (seen < 66_000) {
                while (x.driver.free() > 0) {
                    final long at = x.free() + 64L * (sent % size);
                    putInt(x, at + 12, sent++);
                    x.driver.add(at, 16);
                }
                // Bursts of all lengths, also ones that leave some behind.
                final int count = x.transmitBurst(1 + seen % (size + 1));
                for (int i = 0; i < count; i++) {
                    assertThat(Memory.getInt(Packet.data(x.packets[i]))).isEqualTo(seen++);
                    assertThat(x.driver.pollUsed()).isNotEqualTo(-1);
                }
                assertThat(count).isPositive();
                x.pool.freeBurst(x.packets, 0, count);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("wraps")
    void shouldKeepOrderWhileChainsOfDifferentLengthsWrap(final Layout layout, final int size) {
        try (RingFixture x = Setup.transmit(layout)
                .size(size)
                .start(layout == Layout.SPLIT ? 65_530 : 0)
                .open()) {
            int sent = 0;
            int seen = 0;
            final int[] ids = new int[size + 1];
            while (seen < 3000) {
                final int before = sent;
                for (int parts = 1 + sent % 3; x.driver.free() >= parts; parts = 1 + sent % 3) {
                    final long at = x.free() + 64L * (sent % size);
                    putInt(x, at + 12, sent);
                    final Part[] chain = new Part[parts];
                    for (int i = 0; i < parts; i++) {
                        chain[i] = new Part(at + 5L * i, i + 1 == parts ? 16 - 5 * i : 5);
                    }
                    ids[sent - before] = x.driver.add(sent % 5 == 0 ? Shape.INDIRECT : Shape.DIRECT, chain);
                    sent++;
                }
                final int count = x.transmitBurst(64);
                assertThat(count).isEqualTo(sent - before);
                for (int i = 0; i < count; i++) {
                    assertThat(Memory.getInt(Packet.data(x.packets[i]))).isEqualTo(seen++);
                    assertUsed(x.driver.pollUsed(), ids[i], 0);
                }
                x.pool.freeBurst(x.packets, 0, count);
                if (size < 3 && sent % 3 != 0) {
                    sent += size == 1 ? 3 - sent % 3 : sent % 3 == 2 ? 1 : 0; // chains that this ring cannot hold
                    seen = sent;
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldMergeBuffersAcrossTheEndOfTheRing(final Layout layout) {
        final int size = layout == Layout.SPLIT ? 8 : 7;
        try (RingFixture x = Setup.receive(layout)
                .size(size)
                .start(layout == Layout.SPLIT ? 65_533 : 0)
                .open()) {
            for (int round = 0; round < 500; round++) {
                final int chains = 1 + round % size;
                final int length = chains * 64 - 12;
                final int[] ids = new int[chains];
                for (int i = 0; i < chains; i++) {
                    ids[i] = x.driver.add(x.free() + 64L * i, 64);
                }
                Pattern.write(x.packets[0] = x.pool.take(length), round, length);
                assertThat(x.receiveBurst(1)).isEqualTo(1);
                x.pool.free(x.packets[0]);
                for (int i = 0; i < chains; i++) {
                    assertUsed(x.driver.pollUsed(), ids[i], 64);
                }
                assertThat(x.getShort(x.free() + 10)).isEqualTo(chains);
                final byte[] got = new byte[length];
                x.ram.read(x.free() + 12, got, 0, length);
                assertThat(got).isEqualTo(Pattern.of(round, length));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldWaitForBuffersThatAMergedPacketLacksAndLoseNothing(final Layout layout) {
        final int size = layout == Layout.SPLIT ? 8 : 7;
        try (RingFixture x = Setup.receive(layout).size(size).open()) {
            for (int round = 0; round < 100; round++) {
                final int id = x.driver.add(x.free(), 64);
                Pattern.write(x.packets[0] = x.pool.take(20), 1, 20);
                Pattern.write(x.packets[1] = x.pool.take(100), 2, 100);
                assertThat(x.receiveBurst(2)).isEqualTo(1);
                assertUsed(x.driver.pollUsed(), id, 32);
                x.pool.free(x.packets[0]);
                x.packets[0] = x.packets[1];
                final int first = x.driver.add(x.free(), 64);
                for (int again = 0; again < 3; again++) {
                    assertThat(x.receiveBurst(1)).isZero();
                    assertThat(x.receive.fault()).isZero();
                    assertThat(x.driver.pollUsed()).isEqualTo(-1);
                }
                final int second = x.driver.add(x.free() + 64, 64);
                assertThat(x.receiveBurst(1)).isEqualTo(1);
                assertUsed(x.driver.pollUsed(), first, 64);
                assertUsed(x.driver.pollUsed(), second, 48);
                final byte[] got = new byte[100];
                x.ram.read(x.free() + 12, got, 0, 100);
                assertThat(got).isEqualTo(Pattern.of(2, 100));
                x.pool.free(x.packets[0]);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldKeepTheGuestsPacketsWhileThePoolIsEmpty(final Layout layout) {
        try (RingFixture x = Setup.transmit(layout).open()) {
            final long[] all = new long[RingFixture.POOL];
            for (int i = 0; i < all.length; i++) {
                all[i] = x.pool.take(1);
            }
            x.driver.add(x.free(), 72);
            x.driver.add(Shape.DIRECT, new Part(x.free(), 12), new Part(x.free() + 12, 61));
            assertThat(x.transmitBurst(8)).isZero();
            x.pool.free(all[0]);
            assertThat(x.transmitBurst(8)).isEqualTo(1);
            assertThat(Packet.length(x.packets[0])).isEqualTo(60);
            assertThat(x.transmitBurst(8)).isZero();
            assertThat(x.ring.hasAvailable()).isTrue();
            x.pool.free(all[1]);
            assertThat(x.transmitBurst(8)).isEqualTo(1);
            assertThat(Packet.length(x.packets[0])).isEqualTo(61);
            assertThat(x.ring.hasAvailable()).isFalse();
        }
    }

    private static int bit(final Layout layout) {
        return layout == Layout.SPLIT ? 1 : 0; // a packed ring's size need not be a power of two
    }

    private static long area(final RingFixture x, final Place place) {
        return place == Place.INSIDE ? x.free() : x.ram.seam() - 777;
    }

    /** Lengths that put the end of the packet before, at and behind each buffer's end, and some between. */
    private static TreeSet<Integer> lengths(final int buffer, final int headerBytes) {
        final TreeSet<Integer> lengths = new TreeSet<>();
        for (int at = buffer; buffer != 0 && at < LONGEST; at += buffer) {
            for (int d = -1; d <= 1; d++) {
                lengths.add(Math.clamp(at - headerBytes + d, 60, LONGEST));
            }
        }
        for (int length = 60; length < LONGEST; length += 331) {
            lengths.add(length);
        }
        for (final int at : new int[] {777, 777 - 3, 777 - 6}) { // around the seam
            for (int d = -13; d <= 1; d++) {
                lengths.add(at + d);
            }
        }
        lengths.add(LONGEST);
        return lengths;
    }

    private static void putInt(final RingFixture x, final long gpa, final int value) {
        Memory.putInt(x.ram.at(gpa), value);
    }

    private static void assertUsed(final long used, final int id, final int length) {
        assertThat(used).isNotEqualTo(-1);
        assertThat(FakeDriver.id(used)).isEqualTo(id);
        assertThat(FakeDriver.length(used)).isEqualTo(length);
    }
}
