package e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** DPDK's front-end, in every shape of ring that it knows, against every mode that it has a counterpart for. */
@Timeout(120)
class VirtioUserIT {
    /** More than all rings and mbufs hold: a count above means that the back-end keeps up its part. */
    private static final long MANY = 50_000;

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int BYTES = 200;

    private static final Scratch SCRATCH = new Scratch();
    private static Platform platform;
    private static String serving = "";

    /**
     * A front-end.
     *
     * @param name for people
     * @param device appended to its device
     * @param queues queue pairs
     */
    record Shape(String name, String device, int queues) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static final List<Shape> SHAPES = List.of(
            new Shape("split", "", 1),
            new Shape("packed", ",packed_vq=1", 1),
            new Shape("split, neither mergeable nor in order", ",mrg_rxbuf=0,in_order=0", 1),
            new Shape("split, mergeable, not in order", ",in_order=0", 1),
            new Shape("packed, neither mergeable nor in order", ",packed_vq=1,mrg_rxbuf=0,in_order=0", 1),
            new Shape("split, ring of 1024", ",queue_size=1024", 1),
            new Shape("split, 2 queue pairs", "", 2),
            new Shape("packed, 2 queue pairs", ",packed_vq=1", 2));

    static List<Shape> shapes() {
        return SHAPES;
    }

    @BeforeAll
    static void findPeers() {
        Peers.requireDpdk();
    }

    @AfterAll
    static void stop() {
        try (SCRATCH) {
            stopPlatform();
        }
    }

    private static void stopPlatform() {
        try (Platform last = platform) {
            platform = null;
            if (last != null) {
                last.stop();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void takesWhatTheGuestSends(final Shape shape) {
        serve("rxonly", 1, shape.queues);
        try (Testpmd testpmd = open("txonly", shape, 1).packetBytes(BYTES).start()) {
            final Testpmd.Stats stats =
                    traffic(testpmd, Testpmd.Stats::txPackets).getFirst();
            assertThat(stats.txBytes()).isEqualTo(BYTES * stats.txPackets());
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void givesTheGuestPackets(final Shape shape) {
        serve("txonly", 1, shape.queues);
        try (Testpmd testpmd = open("rxonly", shape, 1).start()) {
            final Testpmd.Stats stats =
                    traffic(testpmd, Testpmd.Stats::rxPackets).getFirst();
            assertThat(stats.rxBytes()).isEqualTo(BYTES * stats.rxPackets());
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void returnsPackets(final Shape shape) {
        serve("macswap", 1, shape.queues);
        try (Testpmd testpmd = open("mac", shape, 1).packetBytes(BYTES).startWithBurst()) {
            final Testpmd.Stats stats =
                    traffic(testpmd, Testpmd.Stats::rxPackets).getFirst();
            assertThat(stats.rxBytes()).isEqualTo(BYTES * stats.rxPackets());
            assertThat(stats.txPackets()).isGreaterThanOrEqualTo(stats.rxPackets());
        }
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void carriesPacketsFromOneDeviceToTheOther(final Shape shape) {
        serve("io", 2, shape.queues);
        try (Testpmd testpmd = open("io", shape, 2).packetBytes(BYTES).startWithBurst()) {
            final List<Testpmd.Stats> stats = traffic(testpmd, Testpmd.Stats::rxPackets);
            assertThat(stats).allSatisfy(port -> assertThat(port.rxBytes()).isEqualTo(BYTES * port.rxPackets()));
        }
    }

    /** One platform serves a front-end after the other. */
    private static void serve(final String mode, final int ports, final int queues) {
        final String wanted = mode + queues;
        if (platform != null && serving.equals(wanted) && platform.isAlive()) {
            return;
        }
        stopPlatform();
        platform = Platform.forward(
                SCRATCH, Map.of("BE_TXPKTS", String.valueOf(BYTES), "BE_QUEUES", String.valueOf(queues)), mode, ports);
        serving = wanted;
    }

    private static Testpmd open(final String mode, final Shape shape, final int devices) {
        final List<Path> sockets = new ArrayList<>();
        for (int i = 0; i < devices; i++) {
            sockets.add(platform.socket(i));
        }
        return Testpmd.open(mode, shape.device, shape.queues, sockets.toArray(Path[]::new));
    }

    /** Lets traffic run; every device must have counted many packets, and gone on counting to the end. */
    private static List<Testpmd.Stats> traffic(final Testpmd testpmd, final ToLongFunction<Testpmd.Stats> counter) {
        Waiting.until(
                MANY + " packets",
                PATIENCE,
                () -> testpmd.stats().stream().allMatch(port -> counter.applyAsLong(port) > MANY),
                () -> testpmd.child().transcript() + platform.child().transcript());
        final List<Testpmd.Stats> before = testpmd.stats();
        Waiting.until(
                "packets go on flowing",
                PATIENCE,
                () -> {
                    final List<Testpmd.Stats> now = testpmd.stats();
                    boolean all = true;
                    for (int i = 0; i < now.size(); i++) {
                        all &= counter.applyAsLong(now.get(i)) > counter.applyAsLong(before.get(i)) + 1000;
                    }
                    return all;
                },
                () -> testpmd.child().transcript() + platform.child().transcript());
        final List<Testpmd.Stats> stats = testpmd.pause().stats();
        assertThat(stats).allSatisfy(port -> assertThat(port.rxErrors()).isZero());
        return stats;
    }
}
