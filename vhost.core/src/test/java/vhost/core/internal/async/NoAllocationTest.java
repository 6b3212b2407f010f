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
    private static final int WARM_UP = 100_000;
    private static final int WARM_UP_ROUNDS = 50;

    /** What asking for the number may cost. */
    private static final long TOLERANCE = 1024;

    private static Stream<Arguments> cases() {
        return Arrays.stream(Layout.values())
                .flatMap(layout -> Arrays.stream(Copier.values()).map(copier -> Arguments.of(layout, copier)));
    }

    private enum Copier {
        CORE,
        ENGINE_AT_ONCE,
        ENGINE_BESIDE
    }

    @ParameterizedTest
    @MethodSource("cases")
    void shouldAllocateNothingForAMillionPackets(final Layout layout, final Copier copier) {
        final ThreadMXBean bean = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        final long thread = Thread.currentThread().threadId();
        try (RingFixture from = Setup.transmit(layout).withEventIndex().open();
                RingFixture to = Setup.receive(layout).withEventIndex().open()) {
            final boolean async = copier == Copier.ENGINE_BESIDE;
            if (copier != Copier.CORE) {
                from.copies.use(Channels.channel(from.arena, new FakeEngine.Channel("from"), async), 64);
                to.copies.use(Channels.channel(to.arena, new FakeEngine.Channel("to"), async), 64);
            }
            bean.getThreadAllocatedBytes(thread);
            // Code that is not compiled yet allocates; when it is depends on what else the machine does.
            long before;
            int rounds = 0;
            do {
                before = bean.getThreadAllocatedBytes(thread);
                carry(from, to, WARM_UP, async);
            } while (bean.getThreadAllocatedBytes(thread) - before > TOLERANCE && ++rounds < WARM_UP_ROUNDS);
            before = bean.getThreadAllocatedBytes(thread);
            carry(from, to, PACKETS, async);
            assertThat(bean.getThreadAllocatedBytes(thread) - before).isLessThan(TOLERANCE);
            assertThat(copier != Copier.CORE).isEqualTo(to.copies.engineCopies() != 0);
        }
    }

    /** One in four packets takes the long way: two buffers merged. */
    private static void carry(final RingFixture from, final RingFixture to, final int packets, final boolean async) {
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
            final int taken = async ? from.transmitAsync(BURST) : from.transmitBurst(BURST);
            final int given = async ? to.receiveAsync(from.packets, taken) : to.receiveBurst(from.packets, taken);
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
