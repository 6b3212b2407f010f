package e2e;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * {@code e2e/peers/sequence.c}: DPDK's front-end with packets that are numbered and known to the last byte, and a clock on
 * what comes back. It sends on its first device, and receives on its last.
 */
final class SequencePeer implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(40);
    /** A report waits for the packets after the last mark, at most 5 s; so does the end for what is on its way. */
    private static final Duration ANSWER = Duration.ofSeconds(20);

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Child child;

    private SequencePeer(final Child child) {
        this.child = child;
    }

    /**
     * A histogram of times, in nanoseconds, known to 1.6 %.
     *
     * @param count how many
     * @param p50 half of them were not longer
     * @param p90 nine in ten
     * @param p99 99 in 100
     * @param p999 999 in 1000
     * @param max the longest, exactly
     * @param octaves how many were less than 64, then less than 128, less than 256 and so on
     */
    record Times(long count, long p50, long p90, long p99, long p999, long max, List<Long> octaves) {}

    /**
     * What was measured while a phase was on.
     *
     * @param nanos how long it was on
     * @param packets that came back
     * @param bytes of those
     * @param gaps times between bursts of a flow that brought packets
     * @param marks the longest gap around each mark
     * @param pauses times between the front-end's own looks at its rings: a gap is no shorter than the pause in it
     * @param backEndGaps gaps, less the longer of those pauses in them: what the back-end's doing is
     * @param backEndMarks the largest of those around each mark
     */
    record Phase(
            long nanos,
            long packets,
            long bytes,
            Times gaps,
            Times marks,
            Times pauses,
            Times backEndGaps,
            Times backEndMarks) {}

    /**
     * What became of the packets, all phases and the time before them included.
     *
     * @param sent numbers given to packets
     * @param received packets of any kind
     * @param outstanding sent, and neither received nor given up
     * @param lost missing for good: one with a higher number came, or nothing for 5 s
     * @param reordered came after one with a higher number
     * @param duplicated came again
     * @param damaged not as sent
     * @param missedMarks marks of which the time around was forgotten, or before the first packet
     * @param plain one phase; it begins by itself after the warm-up
     * @param repeat another
     * @param swap a third
     */
    record Report(
            long sent,
            long received,
            long outstanding,
            long lost,
            long reordered,
            long duplicated,
            long damaged,
            long missedMarks,
            Phase plain,
            Phase repeat,
            Phase swap) {
        boolean isFaultless() {
            return lost == 0 && reordered == 0 && duplicated == 0 && damaged == 0;
        }
    }

    /**
     * Starts it; it sends at once.
     *
     * @param device appended to each device, such as {@code ,packed_vq=1}
     * @param queues queue pairs, each a flow
     * @param options of its own, such as {@code --size}
     */
    static SequencePeer open(final String device, final int queues, final List<String> options, final Path... sockets) {
        final List<String> command = new ArrayList<>(List.of(
                Peers.compiled("sequence").toString(),
                "--lcores",
                "0@1",
                "-m",
                "128",
                // Leaves no files behind, even if killed.
                "--in-memory",
                "--file-prefix",
                "vhost-sequence",
                // Else there are more memory regions than a message holds.
                "--single-file-segments",
                "--no-pci",
                "--no-telemetry"));
        for (int i = 0; i < sockets.length; i++) {
            command.add("--vdev");
            command.add("net_virtio_user" + i + ",path=" + sockets[i] + ",queues=" + queues + device);
        }
        command.addAll(List.of(
                "--", "--queues", String.valueOf(queues), "--receive-port", String.valueOf(sockets.length - 1)));
        command.addAll(options);
        final SequencePeer peer = new SequencePeer(Child.start("sequence", Map.of(), command));
        try {
            peer.report(START);
            return peer;
        } catch (AssertionError e) {
            peer.close();
            throw e;
        }
    }

    Child child() {
        return child;
    }

    /** What is measured from now on belongs to {@link Report#plain()}. */
    SequencePeer plain() {
        child.type("phase plain");
        return this;
    }

    /** What is measured from now on belongs to {@link Report#repeat()}. */
    SequencePeer repeat() {
        child.type("phase repeat");
        return this;
    }

    /** What is measured from now on belongs to {@link Report#swap()}. */
    SequencePeer swap() {
        child.type("phase swap");
        return this;
    }

    /** What is measured from now on belongs to none. */
    SequencePeer noPhase() {
        child.type("phase none");
        return this;
    }

    /**
     * Something happened, and the longest gap around it counts: from 1 ms before to 10 ms after, or to the next mark.
     *
     * @param nanoTime when, by {@link System#nanoTime()}; up to 5 s ago
     */
    SequencePeer mark(final long nanoTime) {
        return marks(List.of(nanoTime));
    }

    /** As many of {@link #mark}, in their order. */
    SequencePeer marks(final List<Long> nanoTimes) {
        child.type(nanoTimes.stream().map(time -> "mark " + time).collect(Collectors.joining("\n")));
        return this;
    }

    /** How things stand, when all marks so far are judged. */
    Report report() {
        return report(ANSWER);
    }

    private Report report(final Duration limit) {
        final long before = reports().size();
        child.type("report");
        Waiting.until(
                "the sequence peer reports",
                limit,
                () -> reports().size() > before || !child.isAlive(),
                child::transcript);
        return last();
    }

    /** Ends it, when all packets are back. */
    Report quit() {
        child.type("quit");
        final int status = child.awaitExit(ANSWER);
        final Report report = last();
        if ((status == 0) != report.isFaultless()) {
            throw new AssertionError("status " + status + " does not fit\n" + child.transcript());
        }
        return report;
    }

    private List<String> reports() {
        final String out = child.out();
        return out.substring(0, out.lastIndexOf('\n') + 1).lines().toList();
    }

    private Report last() {
        final List<String> reports = reports();
        if (reports.isEmpty()) {
            throw new AssertionError("the sequence peer did not report\n" + child.transcript());
        }
        try {
            return JSON.readValue(reports.getLast(), Report.class);
        } catch (JsonProcessingException e) {
            throw new AssertionError("not a report: " + reports.getLast(), e);
        }
    }

    /** SIGTERM ends it as {@link #quit()} does. */
    @Override
    public void close() {
        child.close();
    }
}
