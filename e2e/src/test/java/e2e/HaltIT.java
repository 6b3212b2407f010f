package e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import vhost.frontend.FrontendConfig;
import vhost.frontend.VhostFrontend;

/** A DSA device halts with copies in flight: nobody can say what it still writes, and user space cannot ask it to stop. */
@Timeout(120)
class HaltIT {
    private static final String HALTING = "dsa-model0/wq0.0";
    private static final String OUT = "engine " + HALTING + " is out: at port0/";
    private static final String QUARANTINED = HALTING + " does not promise to have stopped";
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int LONGEST = 1514;
    private static final int COUNT = 1000;

    @Test
    void takesItsRingsOutAndNothingElse() throws IOException {
        try (Scratch scratch = new Scratch();
                Platform platform = Platform.forward(scratch, "macswap", 2, "--models", "--queues", "1");
                VhostFrontend guest = connect(platform, 0);
                VhostFrontend neighbour = connect(platform, 1)) {
            final Control control = platform.control();
            control.configure("vhost.engines", Map.of("engine", "cpu-inline", "deadline.millis", "500"));
            Models.awaitEngines(control);
            control.run("assign port0 '*' " + HALTING + " 1\nassign port1 '*' cbdma-model0 1");
            Frames.loop(guest, LONGEST, COUNT);
            Frames.loop(neighbour, LONGEST, COUNT);

            control.configure(Models.DSA, Map.of("fault.halt", "every=1 millis=-1"));
            try (Arena arena = Arena.ofConfined()) {
                final MemorySegment frame = arena.allocate(LONGEST);
                final long[] frames = {frame.address()};
                // The model hears of the fault a moment later.
                Waiting.until(
                        "what the device knows is not touched again",
                        PATIENCE,
                        () -> {
                            guest.queuePair(0).sendBurst(frames, new int[] {LONGEST}, null, 0, 1);
                            return platform.child().err().contains(QUARANTINED);
                        },
                        () -> control.run("engines\nqueues\nmodel:dsa")
                                + platform.child().transcript());
            }
            assertThat(platform.complaints()).anyMatch(line -> line.contains(OUT));

            Frames.loop(neighbour, LONGEST, COUNT);
            guest.abort();
            // The next guest has other memory; its queues are still the halted engine's, so the core copies.
            try (VhostFrontend next = connect(platform, 0)) {
                Frames.loop(next, LONGEST, COUNT);
            }
            platform.stopAfterComplaints();
        }
    }

    private static VhostFrontend connect(final Platform platform, final int port) throws IOException {
        return VhostFrontend.connect(
                FrontendConfig.builder(platform.socket(port)).build());
    }
}
