package vhost.core.internal.ring;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import vhost.core.internal.testing.FakeDriver;
import vhost.core.internal.testing.FakeDriver.Part;
import vhost.core.internal.testing.FakeDriver.Shape;
import vhost.core.internal.testing.Layout;
import vhost.core.internal.testing.PackedDriver;
import vhost.core.internal.testing.RingFixture;
import vhost.core.internal.testing.RingFixture.Setup;
import vhost.core.internal.testing.SplitDriver;

/** When the guest is called, and when it is asked for kicks. */
class NotificationTest {
    /** Uses {@code buffers} buffers and publishes; whether a call is due. */
    private static boolean use(final RingFixture x, final int buffers) {
        for (int i = 0; i < buffers; i++) {
            x.driver.add(x.free(), 72);
        }
        for (int i = 0; i < buffers; i++) {
            x.ring.beginPacket();
            assertThat(x.ring.nextChain()).isEqualTo(Virtqueue.CHAIN);
            x.ring.pushUsed(0, 0);
        }
        return x.ring.publish();
    }

    private static void drain(final RingFixture x, final int buffers) {
        for (int i = 0; i < buffers; i++) {
            assertThat(x.driver.pollUsed()).isNotEqualTo(-1);
        }
        assertThat(x.driver.pollUsed()).isEqualTo(-1);
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldCallForEachPublishUnlessTheDriverSaysNo(final Layout layout) {
        try (RingFixture x = Setup.transmit(layout).open()) {
            for (int round = 0; round < 200; round++) {
                x.driver.wantCalls(round % 3 != 0);
                assertThat(use(x, 1 + round % 5)).isEqualTo(round % 3 != 0);
                drain(x, 1 + round % 5);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldNotCallForNothing(final Layout layout) {
        try (RingFixture x = Setup.transmit(layout).open()) {
            assertThat(x.ring.publish()).isFalse();
            use(x, 1);
            assertThat(x.ring.publish()).isFalse();
        }
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldShowTheDriverNothingBeforePublish(final Layout layout) {
        try (RingFixture x = Setup.transmit(layout).open()) {
            for (int i = 0; i < 5; i++) {
                x.driver.add(x.free(), 72);
                x.ring.beginPacket();
                x.ring.nextChain();
                x.ring.pushUsed(0, 0);
                assertThat(x.driver.pollUsed()).isEqualTo(-1);
            }
            x.ring.publish();
            drain(x, 5);
        }
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldCallTheFirstTimeWhateverTheEventIndexSays(final Layout layout) {
        try (RingFixture x = Setup.transmit(layout).withEventIndex().open()) {
            x.driver.wantCallAt(60);
            assertThat(use(x, 1)).isTrue();
            drain(x, 1);
            x.driver.wantCallAt(60);
            assertThat(use(x, 1)).isFalse();
        }
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldCallOnceTheWantedBufferIsUsed(final Layout layout) {
        final int size = layout == Layout.SPLIT ? 8 : 7;
        for (int start : new int[] {0, 5, size + 3, layout == Layout.SPLIT ? 65_531 : 2 * size - 1}) {
            for (int ahead = 0; ahead < size; ahead++) {
                for (int batch = 1; batch <= size; batch++) {
                    try (RingFixture x = Setup.transmit(layout)
                            .size(size)
                            .start(start)
                            .half(64 << 10)
                            .withEventIndex()
                            .open()) {
                        use(x, 1);
                        drain(x, 1);
                        x.driver.wantCallAt(ahead);
                        int used = 0;
                        while (used + batch <= size) {
                            assertThat(use(x, batch))
                                    .as("start %d, ahead %d, used %d, batch %d", start, ahead, used, batch)
                                    .isEqualTo(used <= ahead && ahead < used + batch);
                            used += batch;
                        }
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        // used index before and after, used_event, call?
        "0, 1, 0, true",
        "0, 1, 1, false",
        "0, 1, 65535, false",
        "10, 20, 9, false",
        "10, 20, 10, true",
        "10, 20, 19, true",
        "10, 20, 20, false",
        "65530, 4, 65529, false",
        "65530, 4, 65530, true",
        "65530, 4, 65535, true",
        "65530, 4, 0, true",
        "65530, 4, 3, true",
        "65530, 4, 4, false",
        "65530, 0, 65535, true",
        "65530, 0, 0, false",
        "32760, 32770, 32767, true",
        "32760, 32770, 32770, false",
    })
    void shouldCallInTheWindowOfTheSplitEventIndex(
            final int before, final int after, final int event, final boolean call) {
        try (RingFixture x = Setup.transmit(Layout.SPLIT)
                .start(before - 1 & 0xFFFF)
                .withEventIndex()
                .open()) {
            use(x, 1);
            drain(x, 1);
            ((SplitDriver) x.driver).usedEvent(event);
            assertThat(use(x, after - before & 0xFFFF)).isEqualTo(call);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5, 8})
    void shouldCallWhenThePackedPositionOfTheEventIsPassed(final int size) {
        try (RingFixture x = Setup.transmit(Layout.PACKED)
                .size(size)
                .half(64 << 10)
                .withEventIndex()
                .open()) {
            final PackedDriver driver = (PackedDriver) x.driver;
            use(x, 1);
            drain(x, 1);
            int used = 1; // positions passed since the ring began
            for (int round = 0; round < 2000; round++) {
                final int batch = 1 + round * 7 % size;
                final int offset = round * 3 % size;
                final boolean wrap = round / 5 % 2 == 0;
                driver.driverEvent(offset, wrap, 2);
                boolean passed = false;
                for (int at = used; at < used + batch; at++) {
                    passed |= at % size == offset && (at / size % 2 == 0) == wrap;
                }
                assertThat(use(x, batch)).as("round %d", round).isEqualTo(passed);
                drain(x, batch);
                used += batch;
            }
        }
    }

    @Test
    void shouldCountThePositionsOfPackedChainsAndNotTheChains() {
        try (RingFixture x =
                Setup.transmit(Layout.PACKED).size(8).withEventIndex().open()) {
            final PackedDriver driver = (PackedDriver) x.driver;
            use(x, 1);
            drain(x, 1);
            driver.driverEvent(3, true, 2);
            x.driver.add(
                    Shape.DIRECT, new Part(x.free(), 12), new Part(x.free(), 20), new Part(x.free(), 20)); // 1, 2, 3
            assertThat(x.transmit.burst(x.pool, x.packets, 1)).isEqualTo(1);
            assertThat(x.ring.publish()).isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0, true, true",
        "1, true, false",
        "2, true, false",
        "3, true, true",
        "0, false, true",
        "1, false, false",
        "2, false, true"
    })
    void shouldReadTheFlagsOfThePackedDriverEvent(final int flags, final boolean eventIndex, final boolean call) {
        final Setup setup = Setup.transmit(Layout.PACKED);
        try (RingFixture x = (eventIndex ? setup.withEventIndex() : setup).open()) {
            use(x, 1);
            drain(x, 1);
            ((PackedDriver) x.driver).driverEvent(60, true, flags);
            assertThat(use(x, 1)).isEqualTo(call);
        }
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldAskForKicksAndTakeThatBack(final Layout layout) {
        for (final boolean eventIndex : new boolean[] {false, true}) {
            final Setup setup = Setup.transmit(layout).start(layout == Layout.SPLIT ? 65_530 : 3);
            try (RingFixture x = (eventIndex ? setup.withEventIndex() : setup).open()) {
                for (int round = 0; round < 100; round++) {
                    x.ring.wantKick(true);
                    x.driver.mark();
                    assertThat(x.ring.hasAvailable()).isFalse();
                    x.driver.add(x.free(), 72);
                    assertThat(x.driver.isKickWanted(eventIndex))
                            .as("asked, %s", round)
                            .isTrue();
                    assertThat(x.ring.hasAvailable()).isTrue();
                    x.ring.wantKick(false);
                    x.driver.mark();
                    x.driver.add(x.free(), 72);
                    assertThat(x.driver.isKickWanted(eventIndex))
                            .as("not asked, %s", round)
                            .isFalse();
                    assertThat(x.transmitBurst(8)).isEqualTo(2);
                    x.pool.freeBurst(x.packets, 0, 2);
                    drain(x, 2);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldSeeABufferThatCameWhileItAskedForKicks(final Layout layout) {
        try (RingFixture x = Setup.transmit(layout).withEventIndex().open()) {
            x.driver.mark();
            x.driver.add(x.free(), 72); // before the driver can see the wish: no kick
            x.ring.wantKick(true);
            assertThat(x.ring.hasAvailable()).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource(Layout.class)
    void shouldTellWhereItStands(final Layout layout) {
        final int size = layout == Layout.SPLIT ? 8 : 5;
        try (RingFixture x = Setup.transmit(layout).size(size).open()) {
            assertThat(x.ring.describe()).isEqualTo(layout == Layout.SPLIT ? "split 8" : "packed 5");
            assertThat(x.ring.capacity()).isEqualTo(size);
            for (int passed = 0; passed < 100; passed++) {
                final int packed = passed % size | (passed / size % 2 == 0 ? 0x8000 : 0);
                assertThat(x.ring.base()).isEqualTo(layout == Layout.SPLIT ? passed : packed | packed << 16);
                use(x, 1);
                assertThat(FakeDriver.length(x.driver.pollUsed())).isZero();
            }
        }
    }

    @Test
    void shouldCheckWhereAPackedRingIsToBegin() {
        assertThat(PackedVirtqueue.isBase(0x8000, 1)).isTrue();
        assertThat(PackedVirtqueue.isBase(0x8004_8004, 5)).isTrue();
        assertThat(PackedVirtqueue.isBase(0x8005, 5)).isFalse();
        assertThat(PackedVirtqueue.isBase(0x8005_8004, 5)).isFalse();
        assertThat(PackedVirtqueue.isBase(0x7FFF, 32768)).isTrue();
    }
}
