package vhost.switching.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static vhost.switching.internal.Rig.A;
import static vhost.switching.internal.Rig.B;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import vhost.core.api.PacketPool;
import vhost.switching.ForwardingMode;

@ParameterizedClass
@EnumSource(Copies.class)
class NoAllocationTest {
    private static final int TURNS = 20_000;

    private final Copies copies;

    NoAllocationTest(Copies copies) {
        this.copies = copies;
    }

    @ParameterizedTest
    @EnumSource(ForwardingMode.class)
    void shouldAllocateNothingInAnyMode(ForwardingMode mode) {
        Rig rig = new Rig(copies, mode, 2);
        FakePort p0 = rig.open("p0", 1, 0);
        FakePort p1 = rig.open("p1", 1, 1);
        FakePort p2 = rig.open("p2", 1, 0);
        rig.learn();
        p0.tx[0].generator = new NumberedTraffic(B, A, Long.MAX_VALUE);
        p1.tx[0].generator = new NumberedTraffic(Frame.BROADCAST, B, Long.MAX_VALUE);
        p2.tx[0].generator = new Segmented();
        for (FakePort port : rig.ports) {
            port.rx[0].sink = packet -> {};
        }

        assertThat(allocated(rig)).as("bytes in %d turns of %s", TURNS, mode).isZero();
    }

    private static long allocated(Rig rig) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        Random random = new Random(1);
        FakeQueue[] receivers = rig.ports.stream().map(port -> port.rx[0]).toArray(FakeQueue[]::new);
        long least = Long.MAX_VALUE;
        // Compilers allocate what interpreters do not, and the other way round: the best of some rounds.
        for (int round = 0; round < 4; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            turns(rig, receivers, random);
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before - cost(threads));
        }
        return Math.max(0, least);
    }

    private static void turns(Rig rig, FakeQueue[] receivers, Random random) {
        FakeWorker first = rig.workers.get(0);
        FakeWorker second = rig.workers.get(1);
        for (int i = 0; i < TURNS; i++) {
            receivers[i % receivers.length].room = random.nextInt(200);
            first.changeEngines();
            second.changeEngines();
            first.task().poll();
            second.task().poll();
            if (i % 100 == 0) {
                first.task().beforeSleep();
                first.task().afterSleep();
            }
        }
    }

    private static long cost(ThreadMXBean threads) {
        long before = threads.getCurrentThreadAllocatedBytes();
        return threads.getCurrentThreadAllocatedBytes() - before;
    }

    /** Sends packets that have to be segmented. */
    private static final class Segmented implements FakeQueue.Generator {
        private final FakePool templates = new FakePool(0, 1);
        private final long template;
        private final int length;

        Segmented() {
            Frame frame = new TcpFrame(false, 0, 0, 12, 9000, TcpFrame.ACK, 1).frame(1448);
            template = templates.take(frame.data().length);
            length = frame.data().length;
            frame.writeTo(template);
        }

        @Override
        public int fill(PacketPool pool, long[] burst, int max) {
            long packet = pool.take(length);
            if (packet == PacketPool.NONE) {
                return 0;
            }
            linux.Memory.copy(
                    template + vhost.core.api.Packet.HEADER,
                    packet + vhost.core.api.Packet.HEADER,
                    length + vhost.core.api.Packet.DATA - vhost.core.api.Packet.HEADER);
            vhost.core.api.Packet.setLength(packet, length);
            burst[0] = packet;
            return 1;
        }

        @Override
        public boolean hasMore() {
            return true;
        }
    }
}
