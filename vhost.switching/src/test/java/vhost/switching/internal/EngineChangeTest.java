package vhost.switching.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import vhost.switching.ForwardingMode;

/** Seeded traffic of all kinds, with engines that come and go between any two turns. */
@Timeout(120)
class EngineChangeTest {
    private static final int PORTS = 4;
    private static final int TURNS = 2000;

    /** What every station sent, by sender and receiver, as it is expected to arrive. */
    private final Map<String, List<Integer>> sent = new HashMap<>();

    private int number;

    @ParameterizedTest
    @CsvSource({"IO, 1, 1", "IO, 2, 2", "IO, 3, 3", "MAC, 2, 4", "MACSWAP, 1, 5", "MACSWAP, 2, 6"})
    void shouldLoseAndReorderNothing(ForwardingMode mode, int workers, long seed) {
        Rig rig = rig(mode, workers);
        Random random = new Random(seed);
        for (int turn = 0; turn < TURNS; turn++) {
            int from = random.nextInt(PORTS);
            for (int i = random.nextInt(20); i > 0; i--) {
                rig.send(from, Frame.of(station(from ^ 1), station(from), note(from, target(mode, from))));
            }
            disturb(rig, random);
            rig.step();
        }
        settle(rig);

        for (int port = 0; port < PORTS; port++) {
            assertThat(rig.numbers(port))
                    .containsExactlyElementsOf(sent.getOrDefault(target(mode, port) + ">" + port, List.of()));
        }
        assertThat(rig.inUse()).isZero();
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 2", "2, 3", "3, 4"})
    void shouldSwitchInOrder(int workers, long seed) {
        Rig rig = rig(ForwardingMode.SWITCH, workers);
        Random random = new Random(seed);
        for (int turn = 0; turn < TURNS; turn++) {
            int from = random.nextInt(PORTS);
            for (int i = random.nextInt(20); i > 0; i--) {
                rig.send(from, frame(from, random));
            }
            disturb(rig, random);
            if (random.nextInt(50) == 0) {
                rig.port(random.nextInt(PORTS)).running(random.nextInt(3) > 0);
            }
            if (random.nextInt(10) == 0) {
                rig.pass(random.nextInt(12));
            }
            rig.step();
        }
        settle(rig);

        for (int port = 0; port < PORTS; port++) {
            assertThat(rig.received(port)).isNotEmpty();
            for (int from = 0; from < PORTS; from++) {
                String source = station(from);
                // Segments are as many as they are; the packets between them tell whether there is order.
                assertThat(rig.received(port).stream()
                                .filter(frame ->
                                        isNumbered(frame) && frame.source().equals(source))
                                .map(Frame::number))
                        .isSortedAccordingTo(Comparator.naturalOrder())
                        .doesNotHaveDuplicates();
            }
        }
        assertThat(rig.inUse()).isZero();
    }

    @ParameterizedTest
    @EnumSource(Copies.class)
    void shouldLetGoOfEverythingWhateverChanges(Copies copies) {
        for (int workers = 1; workers <= 3; workers++) {
            Rig rig = new Rig(copies, ForwardingMode.SWITCH, workers);
            Random random = new Random(workers);
            for (int turn = 0; turn < TURNS; turn++) {
                change(rig, random, turn);
                for (FakePort port : rig.ports) {
                    port.tx[random.nextInt(port.tx.length)].toSend.add(frame(random.nextInt(PORTS), random));
                    port.rx[random.nextInt(port.rx.length)].room = random.nextInt(30);
                }
                rig.step();
            }
            rig.forwarder.close();
            assertThat(rig.inUse()).as("%d workers", workers).isZero();
        }
    }

    private static void change(Rig rig, Random random, int turn) {
        int event = random.nextInt(40);
        if (rig.ports.size() < 2 || (event < 3 && rig.ports.size() < 8)) {
            rig.open("p" + turn, 1 + random.nextInt(2), random.nextInt(rig.workers.size()));
        } else if (event == 3) {
            rig.close(rig.port(random.nextInt(rig.ports.size())));
        } else if (event == 4) {
            ForwardingMode[] modes = ForwardingMode.values();
            rig.mode(modes[random.nextInt(modes.length)]);
        } else if (event < 8) {
            FakePort port = rig.port(random.nextInt(rig.ports.size()));
            port.rx[random.nextInt(port.rx.length)].running(random.nextBoolean());
            port.tx[random.nextInt(port.tx.length)].running(random.nextInt(4) > 0);
        } else if (event < 12) {
            rig.pass(random.nextInt(15));
        }
    }

    /** Unicast, floods, and what has to be segmented. */
    private Frame frame(int from, Random random) {
        int kind = random.nextInt(20);
        if (kind == 0) {
            Frame frame = new TcpFrame(false, 0, 0, 0, 100 + random.nextInt(5000), TcpFrame.ACK, number)
                    .frame(100 + random.nextInt(1000));
            Frame.putMac(frame.data(), 0, station(random.nextInt(PORTS)));
            Frame.putMac(frame.data(), 6, station(from));
            return frame;
        }
        return Frame.of(kind < 5 ? Frame.BROADCAST : station(random.nextInt(PORTS)), station(from), number++);
    }

    /** As {@link Frame#of} makes them. */
    private static boolean isNumbered(Frame frame) {
        return Reference.number(frame.data(), 12) == 0x88B5;
    }

    /** Guests give buffers in dribs and drabs. */
    private static void disturb(Rig rig, Random random) {
        if (random.nextInt(3) == 0) {
            rig.port(random.nextInt(PORTS)).rx[0].room = random.nextInt(80);
        }
    }

    private static void settle(Rig rig) {
        for (FakePort port : rig.ports) {
            port.running(true);
            port.rx[0].room = Integer.MAX_VALUE;
        }
        while (rig.ports.stream().anyMatch(port -> !port.tx[0].toSend.isEmpty())) {
            rig.turn();
        }
        rig.turns(20);
    }

    private static Rig rig(ForwardingMode mode, int workers) {
        Rig rig = new Rig(Copies.CHANGING, mode, workers);
        for (int i = 0; i < PORTS; i++) {
            rig.open("p" + i, 1, i % workers);
        }
        return rig;
    }

    private int note(int from, int to) {
        sent.computeIfAbsent(from + ">" + to, key -> new ArrayList<>()).add(number);
        return number++;
    }

    private static int target(ForwardingMode mode, int from) {
        return mode == ForwardingMode.MACSWAP ? from : from ^ 1;
    }

    private static String station(int port) {
        return String.format("52:54:00:00:00:%02x", port);
    }
}
