package e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Two Linux guests, and a switch between them: what people will use this for. */
@Timeout(240)
class GuestsIT {
    private static final Duration SHORT = Duration.ofSeconds(30);
    private static final Duration TRANSFER = Duration.ofSeconds(60);

    /** The longest Ethernet frame with an MTU of 1500: a longer one can only be a segment that is still to be cut. */
    private static final int FRAME = 1514;

    /** {@code [  5]   0.00-2.00   sec   117 MBytes   490 Mbits/sec                  receiver}. */
    private static final Pattern RECEIVED =
            Pattern.compile("sec +([0-9.]+) [KMG]?Bytes +([0-9.]+) Mbits/sec +receiver");

    /**
     * A kind of guest.
     *
     * @param name for people
     * @param platform options of {@code ./vhost forward}
     * @param guest options of {@code guest.sh}
     * @param engine a model's that makes all copies; empty for the processor
     */
    record Kind(String name, List<String> platform, List<String> guest, String engine) {
        Kind(final String name, final List<String> platform, final List<String> guest) {
            this(name, platform, guest, "");
        }

        @Override
        public String toString() {
            return name;
        }
    }

    static List<Kind> kinds() {
        return List.of(
                new Kind("split", List.of(), List.of()),
                new Kind("packed", List.of(), List.of("--packed")),
                new Kind("2 queue pairs", List.of("--queues", "2"), List.of("--queues", "2", "--smp", "2")),
                new Kind("receive buffers not mergeable", List.of(), List.of("--dev", ",mrg_rxbuf=off")),
                new Kind("split over the model of DSA", List.of("--queues", "1"), List.of(), "dsa-model0/wq0.1"),
                new Kind(
                        "packed over the model of DSA",
                        List.of("--queues", "1"),
                        List.of("--packed"),
                        "dsa-model0/wq0.0"),
                new Kind(
                        "packed over the model of CBDMA",
                        List.of("--queues", "1"),
                        List.of("--packed"),
                        "cbdma-model0"));
    }

    @BeforeAll
    static void findPeers() {
        Peers.requireGuests();
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void talk(final Kind kind) {
        final String[] options = kind.guest.toArray(String[]::new);
        try (Scratch scratch = new Scratch();
                Platform platform = Platform.forward(scratch, "switch", 2, kind.platform.toArray(String[]::new));
                Guest client = Guest.start(platform.socket(0), 1, options);
                Guest server = Guest.start(platform.socket(1), 2, options)) {
            if (!kind.engine.isEmpty()) {
                Models.start(platform.control());
                platform.control().run("assign '*' '*' " + kind.engine + " 256");
            }
            client.awaitBoot();
            server.awaitBoot();
            server.run(
                    SHORT,
                    "iperf3 -s -D; dd if=/dev/urandom of=/tmp/blob bs=1M count=8 2> /dev/null; httpd -p 9000 -h /tmp");

            assertThat(client.run(SHORT, "ping -c 20 -i 0.1 " + server.ip())).contains(" 0% packet loss");

            final Platform.Counters before = platform.counters("port0/tx0");
            assertThat(megabits(client.run(TRANSFER, "iperf3 -c " + server.ip() + " -t 2 -f m")))
                    .isPositive();
            final Platform.Counters after = platform.counters("port0/tx0");
            assertThat(megabits(client.run(TRANSFER, "iperf3 -c " + server.ip() + " -t 2 -f m -R")))
                    .isPositive();
            if (platform.isOurs()) {
                assertThat((after.bytes() - before.bytes()) / (after.packets() - before.packets()))
                        .as("bytes of a packet from the sending guest: segmentation is left to whoever needs it")
                        .isGreaterThan(FRAME);
            }

            final String sum = server.run(SHORT, "sha256sum /tmp/blob | cut -c1-64");
            assertThat(client.run(
                            TRANSFER,
                            "wget -q -O /tmp/blob http://" + server.ip()
                                    + ":9000/blob && sha256sum /tmp/blob | cut -c1-64"))
                    .hasSize(65)
                    .isEqualTo(sum);
            if (!kind.engine.isEmpty()) {
                expectCopies(platform.control());
            }
            platform.stop();
        }
    }

    /** Packets both to and from each guest went through the engine. */
    private static void expectCopies(final Control control) {
        assertThat(control.table("stats"))
                .hasSize(4)
                .allSatisfy(row -> assertThat(Long.parseLong(row.get("BY ENGINE")))
                        .as(row.get("QUEUE"))
                        .isPositive());
        Models.expectNoViolations(control);
    }

    private static double megabits(final String report) {
        final Matcher matcher = RECEIVED.matcher(report);
        assertThat(matcher.find()).as(report).isTrue();
        return Double.parseDouble(matcher.group(2));
    }
}
