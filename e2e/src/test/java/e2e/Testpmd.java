package e2e;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** DPDK's own front-end: testpmd with a net_virtio_user device on each socket. */
final class Testpmd implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(40);
    private static final Duration ANSWER = Duration.ofSeconds(15);
    private static final Pattern PORT = Pattern.compile(
            "RX-packets: (\\d+) +RX-missed: \\d+ +RX-bytes: +(\\d+)\\s+RX-errors: (\\d+)\\s+RX-nombuf: +\\d+\\s+"
                    + "TX-packets: (\\d+) +TX-errors: \\d+ +TX-bytes: +(\\d+)");

    private final Child child;
    private final int ports;

    private Testpmd(final Child child, final int ports) {
        this.child = child;
        this.ports = ports;
    }

    /**
     * What a port has counted.
     *
     * @param rxPackets that the guest received
     * @param rxBytes of those
     * @param rxErrors packets received broken
     * @param txPackets that the back-end took, but for a ring full
     * @param txBytes of those
     */
    record Stats(long rxPackets, long rxBytes, long rxErrors, long txPackets, long txBytes) {}

    /**
     * Starts it; forwarding waits for {@link #start}.
     *
     * @param mode testpmd's forward mode
     * @param device appended to each device, such as {@code ,packed_vq=1}
     * @param queues queue pairs
     */
    static Testpmd open(final String mode, final String device, final int queues, final Path... sockets) {
        final List<String> command = new ArrayList<>(List.of(
                "stdbuf",
                "-oL",
                "dpdk-testpmd",
                "--lcores",
                "0@1,1@1",
                "-m",
                "128",
                // Leaves no files behind, even if killed.
                "--in-memory",
                "--file-prefix",
                "vhost-e2e",
                // Else there are more memory regions than a message holds.
                "--single-file-segments",
                "--no-pci",
                "--no-telemetry"));
        for (int i = 0; i < sockets.length; i++) {
            command.add("--vdev");
            command.add("net_virtio_user" + i + ",mac=00:11:22:33:44:1" + i + ",path=" + sockets[i] + ",queues="
                    + queues + device);
        }
        command.addAll(List.of(
                "--",
                "-i",
                "--nb-cores=1",
                "--total-num-mbufs=8192",
                "--forward-mode=" + mode,
                "--rxq=" + queues,
                "--txq=" + queues));
        final Testpmd testpmd = new Testpmd(Child.start("testpmd-" + mode, Map.of(), command), sockets.length);
        try {
            Waiting.until(
                    "testpmd starts", START, () -> testpmd.prompted() || !testpmd.isAlive(), testpmd.child::transcript);
            if (!testpmd.isAlive()) {
                throw new AssertionError("testpmd did not start\n" + testpmd.child.transcript());
            }
            return testpmd;
        } catch (AssertionError e) {
            testpmd.close();
            throw e;
        }
    }

    private boolean prompted() {
        return child.out().contains("testpmd>");
    }

    boolean isAlive() {
        return child.isAlive();
    }

    Child child() {
        return child;
    }

    /** Bytes of the packets that mode txonly makes. */
    Testpmd packetBytes(final int bytes) {
        child.type("set txpkts " + bytes);
        return this;
    }

    Testpmd start() {
        child.type("start");
        return this;
    }

    /** With a first burst of its own, for modes that only pass on what they get. */
    Testpmd startWithBurst() {
        child.type("start tx_first 32");
        return this;
    }

    Testpmd pause() {
        child.type("stop");
        return this;
    }

    /** The counters of every port. */
    List<Stats> stats() {
        final int before = child.out().length();
        final List<Stats> found = new ArrayList<>();
        child.type("show port stats all");
        Waiting.until(
                "testpmd shows its counters",
                ANSWER,
                () -> {
                    found.clear();
                    final Matcher matcher = PORT.matcher(child.out().substring(before));
                    while (matcher.find()) {
                        found.add(new Stats(
                                number(matcher, 1),
                                number(matcher, 2),
                                number(matcher, 3),
                                number(matcher, 4),
                                number(matcher, 5)));
                    }
                    return found.size() == ports;
                },
                child::transcript);
        return found;
    }

    private static long number(final Matcher matcher, final int group) {
        return Long.parseLong(matcher.group(group));
    }

    /** SIGKILL in the midst of whatever it does. */
    void kill() {
        child.kill();
    }

    /** It leaves by itself when its input ends. A signal would interrupt what it has to say to the back-end. */
    @Override
    public void close() {
        child.closeInput();
        Waiting.within(ANSWER, () -> !child.isAlive());
        child.close();
    }
}
