package vhost.core.internal.device;

import static org.assertj.core.api.Assertions.assertThat;
import static vhost.core.internal.device.TestPort.TX;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import vhost.core.api.PollTask;
import vhost.core.api.VhostEngines;
import vhost.core.internal.testing.FakeEngine;
import vhost.core.internal.testing.Layout;

/** An owner makes no garbage: from its application's turn through its queues, asleep or awake. */
@Timeout(120)
class QueueAllocationTest {
    private static final int PACKETS = 5_000;
    private static final int WARM_UP_ROUNDS = 50;
    private static final int LENGTH = 300;

    /** Far less than the smallest object for each packet. */
    private static final long TOLERANCE = 1024;

    private final EngineRegistry engines = new EngineRegistry();
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @RegisterExtension
    final EchoRig rig = new EchoRig(engines);

    private enum Use {
        CORE,
        ENGINE,
        ENGINE_IN_FLIGHT
    }

    private static Stream<Arguments> cases() {
        return Arrays.stream(Layout.values())
                .flatMap(layout -> Arrays.stream(Use.values()).map(use -> Arguments.of(layout, use)));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void shouldAllocateNothing(final Layout layout, final Use use) throws Exception {
        rig.offer(new FakeEngine(), "e");
        engines.want(use == Use.CORE ? VhostEngines.BUILTIN : "e", 1);
        final TestPort port = rig.echoing(layout);
        final PollTask async = new AsyncEcho(rig.worker(), port.device);
        if (use == Use.ENGINE_IN_FLIGHT) {
            rig.stopEcho();
            rig.worker().attach(async);
        }
        final long[] owner = new long[1];
        rig.worker().execute(() -> owner[0] = Thread.currentThread().threadId(), 5000);

        // Code that is not compiled yet allocates; when it is depends on what else the machine does.
        int rounds = 0;
        while (allocated(owner[0], port) > TOLERANCE && rounds < WARM_UP_ROUNDS) {
            rounds++;
        }
        assertThat(allocated(owner[0], port)).isLessThan(TOLERANCE);
        assertThat(port.queue(TX).counters().engineCopies() != 0).isEqualTo(use != Use.CORE);
        rig.worker().detach(async);
    }

    /** Bytes that the owner allocates while packets go there and back. */
    private long allocated(final long owner, final TestPort port) {
        final long before = threads.getThreadAllocatedBytes(owner);
        port.echo(PACKETS, LENGTH);
        return threads.getThreadAllocatedBytes(owner) - before;
    }
}
