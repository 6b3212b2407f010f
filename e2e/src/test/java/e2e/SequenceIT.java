package e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** DPDK's front-end under full load: nothing is lost, overtaken or damaged, and the peer would say so if it were. */
@Timeout(120)
class SequenceIT {
    private static final String SIZES = "64,1518,4096";
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    /** More than all rings hold, many times over. */
    private static final long MANY = 200_000;

    private static final int EVERY = 100;

    /**
     * A front-end.
     *
     * @param name for people
     * @param device appended to its device
     * @param queues queue pairs
     * @param options of the peer
     */
    record Shape(String name, String device, int queues, List<String> options) {
        Shape(final String name, final String device, final int queues, final String... options) {
            this(name, device, queues, List.of(options));
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static List<Shape> shapes() {
        return List.of(
                new Shape("split", "", 1),
                new Shape("split, 2 queue pairs, sent in pieces", "", 2, "--segment", "1024"),
                new Shape("split, not in order, small receive buffers", ",in_order=0", 1, "--room", "512"),
                new Shape("split, ring of 1024", ",queue_size=1024", 1, "--ring", "1024"),
                new Shape("packed", ",packed_vq=1", 1),
                new Shape("packed, 2 queue pairs, small receive buffers", ",packed_vq=1", 2, "--room", "512"),
                new Shape("packed, sent in pieces", ",packed_vq=1", 2, "--segment", "1024"));
    }

    @BeforeAll
    static void findPeers() {
        Peers.requireSequence();
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void returnsEveryPacketInOrder(final Shape shape) {
        try (Scratch scratch = new Scratch();
                Platform platform = Platform.forward(scratch, "macswap", 1);
                SequencePeer peer = SequencePeer.open(shape.device, shape.queues, options(shape), platform.socket(0))) {
            expectAll(peer, platform);
        }
    }

    static List<Shape> shapesOfTwo() {
        return shapes().stream()
                .filter(shape -> shape.options.size() < 2 || shape.queues > 1)
                .toList();
    }

    @ParameterizedTest
    @MethodSource("shapesOfTwo")
    void carriesEveryPacketToTheOtherPortInOrder(final Shape shape) {
        try (Scratch scratch = new Scratch();
                Platform platform = Platform.forward(scratch, "io", 2);
                SequencePeer peer = SequencePeer.open(
                        shape.device, shape.queues, options(shape), platform.socket(0), platform.socket(1))) {
            expectAll(peer, platform);
        }
    }

    @Test
    void measuresGapsAroundMarks() {
        try (Scratch scratch = new Scratch();
                Platform platform = Platform.forward(scratch, "macswap", 1);
                SequencePeer peer = SequencePeer.open("", 1, List.of("--size", SIZES), platform.socket(0))) {
            awaitMany(peer, platform, MANY);
            peer.plain().mark(System.nanoTime());
            assertThat(peer.report().plain().marks().count()).isEqualTo(1);

            // A gap that is surely there, and longer than any that a busy machine makes: the back-end stands still.
            peer.swap();
            final Duration stop = Duration.ofSeconds(1);
            platform.child().signal("STOP");
            final long stopped = System.nanoTime();
            Waiting.sleep(stop);
            platform.child().signal("CONT");
            peer.mark(stopped);
            final SequencePeer.Report report = peer.report();
            assertThat(report.swap().marks().count()).isEqualTo(1);
            // The signals take their time, on either side.
            assertThat(report.swap().marks().max()).isGreaterThan(stop.toNanos() / 2);
            assertThat(report.swap().gaps().max())
                    .isGreaterThanOrEqualTo(report.swap().marks().max());
            assertThat(report.swap().pauses().max())
                    .as("the front-end did not stand still")
                    .isLessThan(report.swap().gaps().max());
            assertThat(report.plain().marks().max())
                    .isLessThan(report.swap().marks().max());
            assertThat(report.missedMarks()).isZero();
            assertThat(peer.quit().isFaultless()).isTrue();
            platform.stop();
        }
    }

    @Test
    void findsPacketsDamagedByTheSender() {
        final SequencePeer.Report report = provoke("--corrupt-every", MANY);
        assertThat(report.damaged()).isEqualTo(report.sent() / EVERY);
        assertThat(report.lost()).isZero();
        assertThat(report.reordered()).isZero();
        assertThat(report.duplicated()).isZero();
    }

    @Test
    void findsPacketsReorderedByTheSender() {
        final SequencePeer.Report report = provoke("--swap-every", MANY);
        // Where the ring is full, a packet has no partner to change places with.
        assertThat(report.reordered()).isBetween(1L, report.sent() / EVERY);
        assertThat(report.damaged()).isZero();
        assertThat(report.lost()).isZero();
        assertThat(report.duplicated()).isZero();
    }

    @Test
    void findsPacketsDroppedByTheSender() {
        final SequencePeer.Report report = provoke("--drop-every", MANY);
        assertThat(report.lost()).isEqualTo(report.sent() / EVERY);
        assertThat(report.received()).isEqualTo(report.sent() - report.lost());
        assertThat(report.damaged()).isZero();
        assertThat(report.reordered()).isZero();
        assertThat(report.duplicated()).isZero();
    }

    @Test
    void findsPacketsSentTwice() {
        final SequencePeer.Report report = provoke("--repeat-every", MANY);
        assertThat(report.duplicated()).isEqualTo(report.sent() / EVERY);
        assertThat(report.received()).isEqualTo(report.sent() + report.duplicated());
        assertThat(report.damaged()).isZero();
        assertThat(report.lost()).isZero();
        assertThat(report.reordered()).isZero();
    }

    private static List<String> options(final Shape shape) {
        final List<String> options = new ArrayList<>(List.of("--size", SIZES));
        options.addAll(shape.options);
        return options;
    }

    private static void expectAll(final SequencePeer peer, final Platform platform) {
        awaitMany(peer, platform, MANY);
        final SequencePeer.Report report = peer.quit();
        assertThat(report.isFaultless())
                .as(peer.child().transcript() + platform.child().transcript())
                .isTrue();
        assertThat(report.received()).isEqualTo(report.sent());
        assertThat(report.outstanding()).isZero();
        platform.stop();
    }

    private static SequencePeer.Report provoke(final String fault, final long packets) {
        try (Scratch scratch = new Scratch();
                Platform platform = Platform.forward(scratch, "macswap", 1);
                SequencePeer peer = SequencePeer.open(
                        "", 1, List.of("--size", SIZES, fault, String.valueOf(EVERY)), platform.socket(0))) {
            awaitMany(peer, platform, packets);
            final SequencePeer.Report report = peer.quit();
            platform.stop();
            return report;
        }
    }

    private static void awaitMany(final SequencePeer peer, final Platform platform, final long packets) {
        Waiting.until(
                packets + " packets come back",
                PATIENCE,
                () -> peer.report().received() > packets,
                () -> peer.child().transcript() + platform.child().transcript());
    }
}
