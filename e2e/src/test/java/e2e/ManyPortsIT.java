package e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import linux.Memory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import vhost.frontend.FrontendConfig;
import vhost.frontend.QueuePair;
import vhost.frontend.ReceivedPackets;
import vhost.frontend.VhostFrontend;

/** As many ports as one platform is meant for, all of them in use. */
@Timeout(120)
class ManyPortsIT {
    private static final int PORTS = 64;
    private static final int BYTES = 100;
    private static final int MAC = 6;
    private static final int EVERYBODY = -1;
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final List<VhostFrontend> stations = new ArrayList<>();
    private final List<ReceivedPackets> received = new ArrayList<>();

    @Test
    void switchesBetweenSixtyFourPorts() throws IOException {
        try (Scratch scratch = new Scratch();
                Platform platform = Platform.forward(scratch, "switch", PORTS);
                Arena arena = Arena.ofConfined()) {
            try {
                for (int i = 0; i < PORTS; i++) {
                    stations.add(VhostFrontend.connect(
                            FrontendConfig.builder(platform.socket(i)).build()));
                    received.add(stations.get(i).queuePair(0).newReceivedPackets(PORTS));
                }
                final MemorySegment frame = arena.allocate(BYTES, Long.BYTES);
                for (int from = 0; from < PORTS; from++) {
                    send(frame, from, EVERYBODY);
                    for (int to = 0; to < PORTS; to++) {
                        if (to != from) {
                            expect(from, to);
                        }
                    }
                }
                // All stations are known now: each frame goes to one port and to no other.
                for (int from = 0; from < PORTS; from++) {
                    send(frame, from, PORTS - 1 - from);
                    expect(from, PORTS - 1 - from);
                }
                for (final VhostFrontend station : stations) {
                    assertThat(station.queuePair(0).hasPackets()).isFalse();
                }
            } finally {
                for (final VhostFrontend station : stations) {
                    station.close();
                }
            }
            platform.stop();
        }
    }

    private void send(final MemorySegment frame, final int from, final int to) {
        for (int i = 0; i < MAC; i++) {
            frame.set(ValueLayout.JAVA_BYTE, i, (byte) 0xFF);
        }
        if (to != EVERYBODY) {
            address(frame, 0, to);
        }
        address(frame, MAC, from);
        final QueuePair pair = stations.get(from).queuePair(0);
        assertThat(pair.sendBurst(new long[] {frame.address()}, new int[] {BYTES}, null, 0, 1))
                .isEqualTo(1);
    }

    private static void address(final MemorySegment frame, final int at, final int station) {
        for (int i = 0; i < MAC; i++) {
            frame.set(ValueLayout.JAVA_BYTE, at + i, (byte) (i == 0 ? 2 : i == MAC - 1 ? station : 0));
        }
    }

    /** The next frame at {@code to} is the one of {@code from}. */
    private void expect(final int from, final int to) {
        final QueuePair pair = stations.get(to).queuePair(0);
        final ReceivedPackets packets = received.get(to);
        Waiting.until("station " + to + " hears station " + from, PATIENCE, () -> pair.receiveBurst(packets, 1) == 1);
        assertThat(packets.length(0)).isEqualTo(BYTES);
        assertThat(Memory.getByte(packets.address(0, 0) + 2 * MAC - 1)).isEqualTo((byte) from);
    }
}
