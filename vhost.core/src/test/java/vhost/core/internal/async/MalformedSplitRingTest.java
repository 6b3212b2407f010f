package vhost.core.internal.async;

import static org.assertj.core.api.Assertions.assertThat;
import static vhost.core.internal.async.HostileChains.table;
import static vhost.core.internal.testing.FakeDriver.INDIRECT;
import static vhost.core.internal.testing.FakeDriver.NEXT;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vhost.core.internal.ring.RingFault;
import vhost.core.internal.ring.Virtqueue;
import vhost.core.internal.testing.FakeDriver.Part;
import vhost.core.internal.testing.FakeDriver.Raw;
import vhost.core.internal.testing.FakeDriver.Shape;
import vhost.core.internal.testing.Layout;
import vhost.core.internal.testing.RingFixture;
import vhost.core.internal.testing.RingFixture.Setup;
import vhost.core.internal.testing.SplitDriver;

/** What a hostile driver can write that only a split ring has: indices, heads, and links. */
class MalformedSplitRingTest {
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
}
