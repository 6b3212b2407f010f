package vhost.core.internal.async;

import static org.assertj.core.api.Assertions.assertThat;
import static vhost.core.internal.testing.FakeDriver.NEXT;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import vhost.core.internal.ring.RingFault;
import vhost.core.internal.ring.Virtqueue;
import vhost.core.internal.testing.FakeDriver;
import vhost.core.internal.testing.FakeDriver.Part;
import vhost.core.internal.testing.FakeDriver.Raw;
import vhost.core.internal.testing.FakeDriver.Shape;
import vhost.core.internal.testing.Layout;
import vhost.core.internal.testing.PackedDriver;
import vhost.core.internal.testing.RingFixture;
import vhost.core.internal.testing.RingFixture.Setup;

/** What a hostile driver can write that only a packed ring has: flags and buffer ids. */
class MalformedPackedRingTest {
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
}
