package e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import vhost.frontend.FrontendConfig;
import vhost.frontend.QueuePair;
import vhost.frontend.ReceivedPackets;
import vhost.frontend.TxLayout;
import vhost.frontend.VhostFrontend;

/** Queues whose packets are copied beside the processor: what front-ends do to them. */
@Timeout(240)
class EnginesIT {
    private static final String SIZES = "64,1518,4096";
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final long MANY = 50_000;
    private static final int TX = 1;

    /** Of a copy: what is not made by then is the core's to make. Long enough to see that it hangs before. */
    private static final int DEADLINE_MILLIS = 500;

    /** What an abort may take, and a processor that others use too. */
    private static final int MARGIN_MILLIS = 1000;

    private static final Map<String, String> PATIENT =
            Map.of("engine", "cpu-inline", "deadline.millis", String.valueOf(DEADLINE_MILLIS));

    @Test
    void frontEndIsKilledAndComesBackWithAnyNumberOfQueues() {
        Peers.requireSequence();
        try (Scratch scratch = new Scratch();
                Platform platform = Platform.forward(scratch, "macswap", 1)) {
            final Control control = platform.control();
            control.configure("vhost.engines", PATIENT);
            Chaos.install(control, Chaos.UNRELIABLE);
            control.run("assign port0 'rx*' cpu-worker 1");
            control.run("assign port0 'tx*' chaos 1");
            final int[] queues = {1, 4, 2, 8, 1};
            for (int i = 0; i < queues.length; i++) {
                final String device = i % 2 == 0 ? "" : ",packed_vq=1";
                try (SequencePeer peer =
                        SequencePeer.open(device, queues[i], List.of("--size", SIZES), platform.socket(0))) {
                    awaitMany(peer, platform);
                    assertThat(control.table("stats").stream()
                                    .filter(row -> Long.parseLong(row.get("BY ENGINE")) > 0)
                                    .count())
                            .as("rings whose copies engines have made")
                            .isGreaterThanOrEqualTo(2L * queues[i]);
                    if (i < queues.length - 1) {
                        assertThat(peer.report().isFaultless()).isTrue();
                        peer.child().kill();
                    } else {
                        final SequencePeer.Report report = peer.quit();
                        assertThat(report.isFaultless()).isTrue();
                        assertThat(report.received()).isEqualTo(report.sent());
                    }
                }
                Waiting.until(
                        "nothing is in flight",
                        PATIENCE,
                        () -> control.sum("queues", "IN FLIGHT") == 0 && control.sum("workers", "PACKETS IN USE") == 0,
                        () -> control.run("queues\nworkers"));
            }
            assertThat(Chaos.violations(control)).isEmpty();
            platform.stop();
        }
    }

    @Test
    void queuesAreAssignedByNameInAnyOrder() throws IOException {
        try (Scratch scratch = new Scratch();
                Platform platform = Platform.forward(scratch, "macswap", 1);
                VhostFrontend frontend = VhostFrontend.connect(
                        FrontendConfig.builder(platform.socket(0)).queuePairs(3).build())) {
            final Control control = platform.control();
            Chaos.install(control, Map.of("delay.polls", "0-3"));
            for (final String rule : List.of("tx2 cpu-worker 64", "rx0 chaos 1", "tx0 builtin", "rx2 chaos 4k")) {
                control.run("assign port0 " + rule);
            }
            assertThat(control.table("queues port0").stream().map(row -> row.get("QUEUE") + " " + row.get("ENGINE")))
                    .contains(
                            "port0/rx0 chaos",
                            "port0/tx0 builtin",
                            "port0/rx1 cpu-inline",
                            "port0/tx1 cpu-inline",
                            "port0/rx2 chaos",
                            "port0/tx2 cpu-worker");
            Frames.loop(frontend, 1500, 1500);
            // There are engines that nobody uses; that is no reason to stop, nor to complain.
            control.run("assign port0 '*' cpu-inline");
            Frames.loop(frontend, 1500, 1500);
            platform.stop();
        }
    }

    /** CBDMA has a channel for each function, and a port more queues than that. */
    @Test
    void tellsOnceOfQueuesThatFindNoChannel() throws IOException {
        try (Scratch scratch = new Scratch();
                Platform platform = Platform.forward(scratch, "macswap", 1, "--engine", "cbdma-model0")) {
            final Control control = platform.control();
            Waiting.until(
                    "its channels are given away",
                    PATIENCE,
                    () -> platform.complaints().size() == 1);
            assertThat(platform.complaints().getFirst())
                    .contains("engine cbdma-model0 does not serve 8 of 16 queues", "the core copies", "--queues");
            // The guest's memory comes and goes.
            for (int i = 0; i < 2; i++) {
                try (VhostFrontend frontend = VhostFrontend.connect(
                        FrontendConfig.builder(platform.socket(0)).build())) {
                    Frames.loop(frontend, 1500, 1500);
                }
            }
            assertThat(control.table("engines"))
                    .filteredOn(row -> row.get("ENGINE").equals("cbdma-model0"))
                    .singleElement()
                    .satisfies(row -> assertThat(row).containsEntry("CHANNELS", "8"));
            assertThat(control.run("explain port0 rx7")).contains("a function serves one queue");
            assertThat(platform.complaints()).hasSize(1);
            platform.stopAfterComplaints();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"cpu-worker", Chaos.ENGINE})
    void carriesFramesOverARingOfNoPowerOfTwo(final String engine) throws IOException {
        try (Scratch scratch = new Scratch();
                Platform platform = Platform.forward(scratch, "macswap", 1);
                VhostFrontend frontend = VhostFrontend.connect(FrontendConfig.builder(platform.socket(0))
                        .packed(true)
                        .ringSize(1025)
                        .txPacketBytes(4096)
                        .build())) {
            use(platform.control(), engine);
            Frames.loop(frontend, 4096, 20_000);
            platform.stop();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void carriesPacketsOfTwoLongSegments(final boolean packed) throws IOException {
        final int longest = 65_000;
        for (final String engine : List.of("cpu-worker", Chaos.ENGINE)) {
            try (Scratch scratch = new Scratch();
                    Platform platform = Platform.forward(scratch, "macswap", 1);
                    VhostFrontend frontend = VhostFrontend.connect(FrontendConfig.builder(platform.socket(0))
                            .packed(packed)
                            .ringSize(2048)
                            .txPacketBytes(longest)
                            .txLayout(TxLayout.pieces(32 << 10))
                            .build())) {
                use(platform.control(), engine);
                Frames.loop(frontend, longest - 100, longest, 3000);
                platform.stop();
            }
        }
    }

    private static void use(final Control control, final String engine) {
        control.configure("vhost.engines", PATIENT);
        Chaos.install(control, Chaos.UNRELIABLE);
        control.run("assign '*' '*' " + engine + " 1");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void stopsARingInTimeWhoseEngineHangs(final boolean packed) throws Exception {
        try (Scratch scratch = new Scratch();
                Platform platform = Platform.forward(scratch, "macswap", 2);
                VhostFrontend hanging = VhostFrontend.connect(FrontendConfig.builder(platform.socket(0))
                        .packed(packed)
                        .build());
                VhostFrontend other = VhostFrontend.connect(
                        FrontendConfig.builder(platform.socket(1)).build())) {
            final Control control = platform.control();
            control.configure("vhost.engines", PATIENT);
            Chaos.install(control, Map.of("hang", "every 1"));
            control.run("assign port0 tx0 chaos 1");
            final AtomicBoolean over = new AtomicBoolean();
            final CompletableFuture<Void> traffic = CompletableFuture.runAsync(() -> {
                while (!over.get()) {
                    Frames.loop(other, 1500, 100);
                }
            });

            send(hanging.queuePair(0), 8, 1000);
            Waiting.until("copies hang", PATIENCE, () -> control.sum("queues port0", "IN FLIGHT") > 0);
            final long begin = System.nanoTime();
            final int base = hanging.session().getVringBase(TX);
            final long took = System.nanoTime() - begin;
            assertThat(Duration.ofNanos(took)).isLessThan(Duration.ofMillis(DEADLINE_MILLIS + MARGIN_MILLIS));
            System.out.printf("GET_VRING_BASE with a hung engine: %d ms%n", took / 1_000_000);

            // A ring of 256 has not been round yet: the base is the number of packets that were taken.
            final int taken = base & 0x7FFF;
            assertThat(taken).isPositive();
            if (!packed) {
                assertThat(hanging.queuePair(0).tx().usedIdx()).isEqualTo(base);
            }
            assertThat(receive(hanging.queuePair(0), taken)).isEqualTo(taken);
            assertThat(traffic.isDone()).as("the other port's traffic goes on").isFalse();
            over.set(true);
            traffic.get();
            assertThat(control.table("stats").stream()
                            .filter(row -> row.get("QUEUE").equals("port0/tx0"))
                            .mapToLong(row -> Long.parseLong(row.get("REDONE")))
                            .sum())
                    .as("copies that hung")
                    .isPositive();
            assertThat(control.sum("queues", "IN FLIGHT")).isZero();

            hanging.abort();
            try (VhostFrontend again = VhostFrontend.connect(
                    FrontendConfig.builder(platform.socket(0)).packed(packed).build())) {
                Frames.loop(again, 1500, 1500);
            }
            assertThat(platform.complaints()).anyMatch(line -> line.contains("engine chaos is out"));
            platform.stopAfterComplaints();
        }
    }

    private static void send(final QueuePair pair, final int count, final int length) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment frame = arena.allocate(length);
            frame.fill((byte) 2);
            final long[] addresses = new long[count];
            final int[] lengths = new int[count];
            Arrays.fill(addresses, frame.address());
            Arrays.fill(lengths, length);
            assertThat(pair.sendBurst(addresses, lengths, null, 0, count)).isEqualTo(count);
        }
    }

    private static int receive(final QueuePair pair, final int wanted) {
        final ReceivedPackets packets = pair.newReceivedPackets(Math.max(1, wanted));
        final int[] received = {0};
        Waiting.until(wanted + " packets", PATIENCE, () -> {
            received[0] += pair.receiveBurst(packets, wanted - received[0]);
            return received[0] >= wanted;
        });
        pair.release();
        return received[0];
    }

    private static void awaitMany(final SequencePeer peer, final Platform platform) {
        Waiting.until(
                MANY + " packets come back",
                PATIENCE,
                () -> peer.report().received() > MANY,
                () -> peer.child().transcript() + platform.child().transcript());
    }
}
