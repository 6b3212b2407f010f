package vhost.core.internal.async;

import static org.assertj.core.api.Assertions.assertThat;
import static vhost.core.internal.testing.FakeDriver.INDIRECT;
import static vhost.core.internal.testing.FakeDriver.NEXT;
import static vhost.core.internal.testing.FakeDriver.WRITE;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import linux.Memory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import vhost.core.api.Packet;
import vhost.core.internal.ring.RingFault;
import vhost.core.internal.ring.Virtqueue;
import vhost.core.internal.testing.FakeDriver;
import vhost.core.internal.testing.FakeDriver.Part;
import vhost.core.internal.testing.FakeDriver.Raw;
import vhost.core.internal.testing.FakeDriver.Shape;
import vhost.core.internal.testing.GuardedPool;
import vhost.core.internal.testing.GuestRam;
import vhost.core.internal.testing.Layout;
import vhost.core.internal.testing.PackedDriver;
import vhost.core.internal.testing.Pattern;
import vhost.core.internal.testing.RingFixture;
import vhost.core.internal.testing.RingFixture.Setup;
import vhost.core.internal.testing.SplitDriver;

/** What a hostile driver can write: the burst ends with the right fault, or drops that packet; nothing else happens. */
class MalformedRingTest {
    private static final int LENGTH = 60;
    private static final int HEADER = 12;

    // ---- faults of both layouts ----

    /** A bad chain, given the memory that a test may use. */
    private interface Chain {
        Raw[] in(RingFixture x);
    }

    private static Raw[] chain(final Raw... raws) {
        return raws;
    }

    /** A table at a fixed place with these entries, and the descriptor that names it. */
    private static Raw table(final RingFixture x, final int flags, final int bytes, final Raw... entries) {
        final long at = x.free() + 8192;
        x.driver.writeTable(at, entries);
        return new Raw(at, bytes, INDIRECT | flags);
    }

    private static Arguments bad(final String what, final int fault, final Chain chain) {
        return Arguments.of(what, fault, chain);
    }

    private static Stream<Arguments> badChains() {
        final List<Arguments> bad = List.of(
                bad("address 0", RingFault.ADDRESS, x -> chain(new Raw(0, 72, 0))),
                bad("address below memory", RingFault.ADDRESS, x -> chain(new Raw(GuestRam.BASE - 1, 72, 0))),
                bad("address behind memory", RingFault.ADDRESS, x -> chain(new Raw(x.ram.end(), 72, 0))),
                bad("address far away", RingFault.ADDRESS, x -> chain(new Raw(Long.MAX_VALUE, 72, 0))),
                bad("negative address", RingFault.ADDRESS, x -> chain(new Raw(Long.MIN_VALUE, 72, 0))),
                bad("end wraps around", RingFault.ADDRESS, x -> chain(new Raw(-8, 72, 0))),
                bad("end behind memory", RingFault.ADDRESS, x -> chain(new Raw(x.ram.end() - 71, 72, 0))),
                bad("huge length", RingFault.ADDRESS, x -> chain(new Raw(x.free(), -1, 0))),
                bad("length with its top bit", RingFault.ADDRESS, x -> chain(new Raw(x.free(), Integer.MIN_VALUE, 0))),
                bad(
                        "second buffer outside",
                        RingFault.ADDRESS,
                        x -> chain(new Raw(x.free(), 12, NEXT), new Raw(x.ram.end(), 60, 0))),
                bad("wrong direction", RingFault.DIRECTION, x -> chain(new Raw(x.free(), 72, WRITE))),
                bad(
                        "wrong direction later",
                        RingFault.DIRECTION,
                        x -> chain(new Raw(x.free(), 12, NEXT), new Raw(x.free(), 60, WRITE))),
                bad("empty table", RingFault.INDIRECT, x -> chain(table(x, 0, 0, new Raw(x.free(), 72, 0)))),
                bad("ragged table", RingFault.INDIRECT, x -> chain(table(x, 0, 17, new Raw(x.free(), 72, 0)))),
                bad("half an entry", RingFault.INDIRECT, x -> chain(table(x, 0, 8, new Raw(x.free(), 72, 0)))),
                bad("table too long", RingFault.INDIRECT, x -> chain(table(x, 0, 65 * 16, new Raw(x.free(), 72, 0)))),
                bad("table of 4 GiB", RingFault.INDIRECT, x -> chain(table(x, 0, -16, new Raw(x.free(), 72, 0)))),
                bad(
                        "table with NEXT",
                        RingFault.INDIRECT,
                        x -> chain(table(x, NEXT, 16, new Raw(x.free(), 12, 0)), new Raw(x.free(), 60, 0))),
                bad("table outside", RingFault.ADDRESS, x -> chain(new Raw(x.ram.end(), 16, INDIRECT))),
                bad("table half outside", RingFault.ADDRESS, x -> chain(new Raw(x.ram.end() - 16, 32, INDIRECT))),
                bad(
                        "address outside in a table",
                        RingFault.ADDRESS,
                        x -> chain(table(x, 0, 16, new Raw(x.ram.end() - 1, 72, 0)))));
        return Arrays.stream(Layout.values())
                .flatMap(layout -> bad.stream().map(one -> {
                    final Object[] of = one.get();
                    return Arguments.of(layout, of[0], of[1], of[2]);
                }));
    }

    @Test
    void shouldStopAtATableWithTheWrongDirection() {
        try (RingFixture x = Setup.transmit(Layout.SPLIT).open()) {
            x.driver.offer(table(x, 0, 16, new Raw(x.free(), 72, WRITE)));
            assertThat(x.transmitBurst(8)).isZero();
            assertThat(x.transmit.fault()).isEqualTo(RingFault.DIRECTION);
        }
    }

    /** As DPDK's driver sends them. */
    @Test
    void shouldReadFromPackedTablesThatAreMarkedToBeWritten() {
        try (RingFixture x = Setup.transmit(Layout.PACKED).open()) {
            x.driver.offer(table(x, 0, 16, new Raw(x.free(), 72, WRITE)));
            assertThat(x.transmitBurst(8)).isEqualTo(1);
            assertThat(x.transmit.fault()).isZero();
            x.pool.free(x.packets[0]);
        }
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("badChains")
    void shouldStopAtABadChainButServeThoseBeforeIt(
            final Layout layout, final String what, final int fault, final Chain chain) {
        try (RingFixture x = Setup.transmit(layout).open()) {
            good(x);
            x.driver.offer(chain.in(x));
            good(x);

            assertThat(x.transmitBurst(8)).isEqualTo(1);

            assertThat(x.transmit.fault()).isEqualTo(fault);
            assertThat(x.transmit.dropped()).isZero();
            Pattern.assertPacket(x.packets[0], 1, LENGTH);
            assertThat(x.driver.pollUsed()).isNotEqualTo(-1);
            assertThat(x.driver.pollUsed()).isEqualTo(-1);
            assertThat(x.ring.base()).isEqualTo(baseAfter(x, layout, 1));
            // It is as bad at the second look, and nothing moved.
            assertThat(x.transmitBurst(8)).isZero();
            assertThat(x.transmit.fault()).isEqualTo(fault);
            assertThat(x.ring.base()).isEqualTo(baseAfter(x, layout, 1));
            x.pool.free(x.packets[0]);
            assertThat(x.pool.inUse()).isZero();
        }
    }

    private static int baseAfter(final RingFixture x, final Layout layout, final int descriptors) {
        return layout == Layout.SPLIT ? descriptors : (descriptors | 0x8000) * 0x10001;
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldStopAtABadChainInTheMiddleOfAMergedPacket(final Layout layout) {
        try (RingFixture x = Setup.receive(layout).open()) {
            x.driver.add(x.free(), 64);
            x.driver.add(x.free() + 64, 64);
            x.driver.offer(new Raw(x.ram.end(), 64, WRITE));
            Pattern.write(x.packets[0] = x.pool.take(20), 1, 20);
            Pattern.write(x.packets[1] = x.pool.take(200), 2, 200);

            assertThat(x.receiveBurst(2)).isEqualTo(1);

            assertThat(x.receive.fault()).isEqualTo(RingFault.ADDRESS);
            assertThat(FakeDriver.length(x.driver.pollUsed())).isEqualTo(32);
            assertThat(x.driver.pollUsed()).isEqualTo(-1);
            assertThat(x.ring.base()).isEqualTo(baseAfter(x, layout, 1));
            final byte[] untouched = new byte[64];
            x.ram.read(x.free() + 64, untouched, 0, 64);
            assertThat(untouched).containsOnly(0);
        }
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldRefuseBuffersToBeReadOnAReceiveQueue(final Layout layout) {
        try (RingFixture x = Setup.receive(layout).open()) {
            x.driver.offer(new Raw(x.free(), 2048, 0));
            Pattern.write(x.packets[0] = x.pool.take(60), 1, 60);
            assertThat(x.receiveBurst(1)).isZero();
            assertThat(x.receive.fault()).isEqualTo(RingFault.DIRECTION);
        }
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldRefuseATableThatWasNotNegotiated(final Layout layout) {
        try (RingFixture x = Setup.transmit(layout).withoutIndirect().open()) {
            x.driver.add(Shape.INDIRECT, new Part(x.free(), 72));
            assertThat(x.transmitBurst(1)).isZero();
            assertThat(x.transmit.fault()).isEqualTo(RingFault.INDIRECT);
        }
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldTakeATableAsLongAsTheRing(final Layout layout) {
        try (RingFixture x = Setup.transmit(layout).size(16).open()) {
            final Part[] parts = new Part[16];
            for (int i = 0; i < parts.length; i++) {
                parts[i] = new Part(x.free() + i * 32L, 10);
            }
            x.driver.add(Shape.INDIRECT, parts);
            assertThat(x.transmitBurst(1)).isEqualTo(1);
            assertThat(Packet.length(x.packets[0])).isEqualTo(160 - HEADER);
        }
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldReadATableThatStraddlesRegions(final Layout layout) {
        for (int before = 1; before < 96; before++) {
            try (RingFixture x = Setup.transmit(layout).open()) {
                x.driver.tables(x.ram.seam() - before);
                final byte[] frame = new byte[HEADER + LENGTH];
                System.arraycopy(Pattern.of(7, LENGTH), 0, frame, HEADER, LENGTH);
                x.ram.write(x.free(), frame, 0, frame.length);
                final Part[] parts = new Part[6];
                for (int i = 0; i < 6; i++) {
                    parts[i] = new Part(x.free() + 12L * i, 12);
                }
                x.driver.add(Shape.INDIRECT, parts);
                assertThat(x.transmitBurst(1)).isEqualTo(1);
                Pattern.assertPacket(x.packets[0], 7, LENGTH);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldServeASlotWhoseRegionHasAHoleBehindIt(final Layout layout) {
        try (RingFixture x = Setup.transmit(layout).open()) {
            final long last = x.ram.end() - HEADER - LENGTH;
            x.ram.write(last + HEADER, Pattern.of(3, LENGTH), 0, LENGTH);
            x.driver.add(last, HEADER + LENGTH);
            assertThat(x.transmitBurst(1)).isEqualTo(1);
            Pattern.assertPacket(x.packets[0], 3, LENGTH);
        }
    }

    // ---- packets that are dropped ----

    private static Stream<Arguments> layoutsAndHeaders() {
        return Arrays.stream(Layout.values())
                .flatMap(
                        layout -> Stream.of(0L, RingFixture.VERSION_1).map(features -> Arguments.of(layout, features)));
    }

    @ParameterizedTest
    @MethodSource("layoutsAndHeaders")
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

    // ---- split only ----

    @ParameterizedTest
    @ValueSource(ints = {65, 66, 1000, 32768, 65535})
    void shouldStopWhereTheAvailIndexJumps(final int jump) {
        for (final int start : new int[] {0, 65_500}) {
            try (RingFixture x = Setup.transmit(Layout.SPLIT).start(start).open()) {
                ((SplitDriver) x.driver).showAvailIndex(start + jump);
                assertThat(x.transmitBurst(8)).isZero();
                assertThat(x.transmit.fault()).isEqualTo(RingFault.AVAIL_INDEX);
            }
        }
    }

    @Test
    void shouldTakeAWholeRingAtOnce() {
        try (RingFixture x = Setup.transmit(Layout.SPLIT).start(65_500).open()) {
            for (int i = 0; i < 64; i++) {
                x.driver.add(x.free(), 72);
            }
            assertThat(x.transmitBurst(64)).isEqualTo(64);
            assertThat(x.transmit.fault()).isZero();
        }
    }

    @Test
    void shouldStopWhereTheAvailIndexGoesBackInTheMiddleOfABurst() {
        try (RingFixture x = Setup.receive(Layout.SPLIT).size(4).open()) {
            for (int i = 0; i < 3; i++) {
                x.driver.add(x.free(), 1);
            }
            x.ring.beginPacket();
            for (int i = 0; i < 3; i++) {
                assertThat(x.ring.nextChain()).isEqualTo(Virtqueue.CHAIN);
            }
            for (int i = 0; i < 3; i++) {
                x.ring.pushUsed(i, 1);
            }
            ((SplitDriver) x.driver).showAvailIndex(2);
            x.ring.beginPacket();
            for (int i = 0; i < 20; i++) {
                assertThat(x.ring.nextChain()).isEqualTo(RingFault.AVAIL_INDEX);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {64, 65, 255, 32768, 65535})
    void shouldStopAtAHeadOutsideOfTheTable(final int head) {
        try (RingFixture x = Setup.transmit(Layout.SPLIT).open()) {
            ((SplitDriver) x.driver).offerHead(head);
            assertThat(x.transmitBurst(8)).isZero();
            assertThat(x.transmit.fault()).isEqualTo(RingFault.HEAD);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {64, 65, 32768, 65535})
    void shouldStopAtANextOutsideOfTheTable(final int next) {
        try (RingFixture x = Setup.transmit(Layout.SPLIT).open()) {
            x.driver.offer(new Raw(x.free(), 72, NEXT, next));
            assertThat(x.transmitBurst(8)).isZero();
            assertThat(x.transmit.fault()).isEqualTo(RingFault.NEXT);
        }
    }

    @Test
    void shouldStopAtANextOutsideOfAnIndirectTable() {
        try (RingFixture x = Setup.transmit(Layout.SPLIT).open()) {
            x.driver.offer(table(x, 0, 32, new Raw(x.free(), 12, NEXT, 2), new Raw(x.free(), 60, 0)));
            assertThat(x.transmitBurst(8)).isZero();
            assertThat(x.transmit.fault()).isEqualTo(RingFault.NEXT);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 72})
    void shouldStopAtALoop(final int length) {
        try (RingFixture x = Setup.transmit(Layout.SPLIT).open()) {
            final SplitDriver driver = (SplitDriver) x.driver;
            driver.offer(new Raw(x.free(), length, NEXT), new Raw(x.free(), length, 0));
            driver.change(1, new Raw(x.free(), length, NEXT, driver.index(0)));
            assertThat(x.transmitBurst(8)).isZero();
            assertThat(x.transmit.fault()).isEqualTo(RingFault.LOOP);
        }
    }

    @Test
    void shouldStopAtALoopInAnIndirectTable() {
        try (RingFixture x = Setup.transmit(Layout.SPLIT).open()) {
            x.driver.offer(table(x, 0, 32, new Raw(x.free(), 12, NEXT, 1), new Raw(x.free(), 60, NEXT, 0)));
            assertThat(x.transmitBurst(8)).isZero();
            assertThat(x.transmit.fault()).isEqualTo(RingFault.LOOP);
        }
    }

    @Test
    void shouldStopAtATableInATable() {
        try (RingFixture x = Setup.transmit(Layout.SPLIT).open()) {
            x.driver.offer(table(x, 0, 16, new Raw(x.free() + 8192, 16, INDIRECT)));
            assertThat(x.transmitBurst(8)).isZero();
            assertThat(x.transmit.fault()).isEqualTo(RingFault.INDIRECT);
        }
    }

    @Test
    void shouldTakeAChainOfTheWholeRingAndATableOnTop() {
        try (RingFixture x = Setup.transmit(Layout.SPLIT).size(8).open()) {
            final Part[] parts = new Part[8];
            for (int i = 0; i < 8; i++) {
                parts[i] = new Part(x.free() + i * 16, 16);
            }
            x.driver.add(Shape.DIRECT, parts);
            assertThat(x.transmitBurst(8)).isEqualTo(1);
            x.driver.pollUsed();
            x.driver.add(Shape.MIXED, parts);
            assertThat(x.transmitBurst(8)).isEqualTo(1);
        }
    }

    // ---- packed only ----

    @Test
    void shouldStopAtAPackedChainThatNeverEnds() {
        try (RingFixture x = Setup.transmit(Layout.PACKED).size(7).open()) {
            final Raw[] all = new Raw[7];
            Arrays.fill(all, new Raw(x.free(), 16, NEXT));
            x.driver.offer(all);
            assertThat(x.transmitBurst(8)).isZero();
            assertThat(x.transmit.fault()).isEqualTo(RingFault.LOOP);
            assertThat(x.ring.base()).isEqualTo(0x8000_8000);
        }
    }

    @Test
    void shouldNotTakeADescriptorTwiceForOnePacketWhileThePackedDriverGoesOn() {
        try (RingFixture x = Setup.receive(Layout.PACKED).size(4).open()) {
            for (int i = 0; i < 4; i++) {
                x.driver.add(x.free(), 1);
            }
            x.ring.beginPacket();
            for (int i = 0; i < 4; i++) {
                assertThat(x.ring.nextChain()).isEqualTo(Virtqueue.CHAIN);
            }
            ((PackedDriver) x.driver).makeAllAvailable(false);
            assertThat(x.ring.nextChain()).isEqualTo(Virtqueue.EMPTY);
            x.ring.rewind();
            ((PackedDriver) x.driver).makeAllAvailable(true);
            assertThat(x.ring.base()).isEqualTo(0x8000_8000);
        }
    }

    @Test
    void shouldGiveAnyBufferIdBack() {
        try (RingFixture x = Setup.transmit(Layout.PACKED).size(3).open()) {
            for (int i = 0; i < 10; i++) { // the driver's ids are far beyond the ring's size
                final int id = x.driver.add(Shape.DIRECT, new Part(x.free(), 12), new Part(x.free(), 60));
                assertThat(id).isGreaterThan(0xFF00);
                assertThat(x.transmitBurst(1)).isEqualTo(1);
                assertThat(FakeDriver.id(x.driver.pollUsed())).isEqualTo(id);
                x.pool.free(x.packets[0]);
            }
        }
    }

    // ---- read once ----

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

    private static void good(final RingFixture x) {
        x.ram.write(x.free() + 4096, new byte[HEADER], 0, HEADER);
        x.ram.write(x.free() + 4096 + x.headerBytes, Pattern.of(1, LENGTH + 2), 0, LENGTH + 2);
        x.driver.add(x.free() + 4096, HEADER + LENGTH);
    }
}
