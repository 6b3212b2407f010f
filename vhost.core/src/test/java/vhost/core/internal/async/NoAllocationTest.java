package vhost.core.internal.async;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import vhost.core.internal.testing.FakeDriver;
import vhost.core.internal.testing.FakeEngine;
import vhost.core.internal.testing.Layout;
import vhost.core.internal.testing.RingFixture;
import vhost.core.internal.testing.RingFixture.Setup;

/** The data path makes no garbage. */
class NoAllocationTest {
    private static final int BURST = 32;
    private static final int PACKETS = 1_000_000;
    private static final int WARM_UP = 200_000;

    /** What asking for the number may cost. */
    private static final long TOLERANCE = 1024;

    private static Stream<Arguments> cases() {
        return Arrays.stream(Layout.values())
                .flatMap(layout -> Stream.of(false, true).map(engine -> Arguments.of(layout, engine)));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void shouldAllocateNothingForAMillionPackets(final Layout layout, final boolean engine) {
        final ThreadMXBean bean = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        final long thread = Thread.currentThread().threadId();
        try (RingFixture from = Setup.transmit(layout).withEventIndex().open();
                RingFixture to = Setup.receive(layout).withEventIndex().open()) {
            if (engine) {
                from.copies.use(new FakeEngine.Channel("from"), 64, 1 << 20, 1);
                to.copies.use(new FakeEngine.Channel("to"), 64, 1 << 20, 1);
            }
            carry(from, to, WARM_UP);
            bean.getThreadAllocatedBytes(thread);
            final long before = bean.getThreadAllocatedBytes(thread);
            carry(from, to, PACKETS);
            assertThat(bean.getThreadAllocatedBytes(thread) - before).isLessThan(TOLERANCE);
            assertThat(engine).isEqualTo(to.copies.engineCopies() != 0);
        }
    }

    /** One in four packets takes the long way: two buffers merged. */
    private static void carry(final RingFixture from, final RingFixture to, final int packets) {
        for (int done = 0; done < packets; done += BURST) {
            for (int i = 0; i < BURST; i++) {
                from.driver.add(from.free() + 256L * i, 12 + 64 + i);
                if (i % 4 == 0) {
                    to.driver.add(to.free() + 256L * i, 60);
                    to.driver.add(to.free() + 256L * i + 60, 60);
                } else {
                    to.driver.add(to.free() + 256L * i, 200);
                }
            }
            final int taken = from.transmit.burst(from.pool, from.packets, BURST);
            from.ring.publish();
            final int given = to.receive.burst(from.packets, 0, taken);
            to.ring.publish();
            for (int i = 0; i < taken; i++) {
                from.pool.free(from.packets[i]);
            }
            if (given != BURST) {
                throw new AssertionError(taken + " taken, " + given + " given");
            }
            drain(from.driver);
            drain(to.driver);
            from.ring.wantKick(done % 3 == 0);
        }
    }

    private static void drain(final FakeDriver driver) {
        while (driver.pollUsed() != -1) {
            // counted by the driver's own checks
        }
    }
}
