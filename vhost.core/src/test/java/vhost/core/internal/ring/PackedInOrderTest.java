package vhost.core.internal.ring;

import static org.assertj.core.api.Assertions.assertThat;

import linux.Memory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vhost.core.internal.testing.Layout;
import vhost.core.internal.testing.RingFixture;
import vhost.core.internal.testing.RingFixture.Setup;

/** virtio 1.3, 2.8.9 "In-order use of descriptors". */
class PackedInOrderTest {
    private static final int USED = 1 << 15;
    private static final int AVAIL = 1 << 7;
    private static final int SIZE = 12;

    private static int flags(final RingFixture x, final int position) {
        return Memory.getShort(x.ram.at(x.driver.desc()) + 16L * position + 14) & (USED | AVAIL);
    }

    private static int id(final RingFixture x, final int position) {
        return Memory.getShort(x.ram.at(x.driver.desc()) + 16L * position + 12) & 0xFFFF;
    }

    private static int addAndUse(final RingFixture x, final int buffers, final int written) {
        int last = 0;
        for (int i = 0; i < buffers; i++) {
            last = x.driver.add(x.free(), 100);
        }
        for (int i = 0; i < buffers; i++) {
            x.ring.beginPacket();
            assertThat(x.ring.nextChain()).isEqualTo(Virtqueue.CHAIN);
            x.ring.pushUsed(0, written);
        }
        return last;
    }

    /** Rounds of five in a ring of twelve: the batches begin everywhere and cross its end. */
    @ParameterizedTest
    @ValueSource(ints = {1, 5, 12})
    void shouldUseABatchWithOneEntryThatNamesTheLastBuffer(final int batch) {
        try (RingFixture x = Setup.transmit(Layout.PACKED)
                .size(SIZE)
                .features(Setup.transmit(Layout.PACKED).features() | RingFixture.IN_ORDER)
                .open()) {
            int position = 0;
            boolean wrap = true;
            for (int round = 0; round < 30; round++) {
                final int last = addAndUse(x, batch, 0);
                x.ring.publish();

                assertThat(flags(x, position)).isEqualTo(wrap ? USED | AVAIL : 0);
                assertThat(id(x, position)).isEqualTo(last);
                for (int i = 1; i < batch; i++) {
                    final boolean over = position + i >= SIZE;
                    assertThat(flags(x, (position + i) % SIZE)).isEqualTo(over != wrap ? AVAIL : USED);
                }
                x.driver.takeBatch(batch);
                position += batch;
                if (position >= SIZE) {
                    position -= SIZE;
                    wrap = !wrap;
                }
            }
        }
    }

    @Test
    void shouldTellEachLengthOfBuffersThatWereWritten() {
        try (RingFixture x = Setup.receive(Layout.PACKED)
                .features(Setup.receive(Layout.PACKED).features() | RingFixture.IN_ORDER)
                .open()) {
            addAndUse(x, 5, 70);
            x.ring.publish();
            for (int i = 0; i < 5; i++) {
                assertThat((int) x.driver.pollUsed()).isEqualTo(70);
            }
        }
    }
}
