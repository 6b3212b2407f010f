package vhost.core.internal.async;

import static org.assertj.core.api.Assertions.assertThat;
import static vhost.core.internal.async.HostileChains.HEADER;
import static vhost.core.internal.async.HostileChains.LENGTH;
import static vhost.core.internal.async.HostileChains.good;
import static vhost.core.internal.async.HostileChains.table;
import static vhost.core.internal.testing.FakeDriver.INDIRECT;
import static vhost.core.internal.testing.FakeDriver.NEXT;
import static vhost.core.internal.testing.FakeDriver.WRITE;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import vhost.core.api.Packet;
import vhost.core.internal.ring.RingFault;
import vhost.core.internal.testing.FakeDriver;
import vhost.core.internal.testing.FakeDriver.Part;
import vhost.core.internal.testing.FakeDriver.Raw;
import vhost.core.internal.testing.FakeDriver.Shape;
import vhost.core.internal.testing.GuestRam;
import vhost.core.internal.testing.Layout;
import vhost.core.internal.testing.Pattern;
import vhost.core.internal.testing.RingFixture;
import vhost.core.internal.testing.RingFixture.Setup;

/** What a hostile driver can write into a ring of either layout: the burst ends with the right fault; nothing else happens. */
class MalformedRingTest {
    /** A bad chain, given the memory that a test may use. */
    private interface Chain {
        Raw[] in(RingFixture x);
    }

    private static Raw[] chain(final Raw... raws) {
        return raws;
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
}
