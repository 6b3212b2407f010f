package vhost.frontend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The front-end against DPDK's back-end, which sends every packet back with its MAC addresses swapped: nothing may be lost,
 * reordered or changed, and the driver must find no breach of the specification.
 */
class DpdkBackendIT {
    private static final int QUEUES = 2;
    private static final int PACKETS = 2000;
    private static final long TIMEOUT_NANOS = 10_000_000_000L;

    @TempDir
    static Path folder;

    private static Path socket;
    private static Testpmd testpmd;

    @BeforeAll
    static void start() throws Exception {
        socket = folder.resolve("macswap.sock");
        testpmd = Testpmd.start("macswap", socket, QUEUES);
    }

    @AfterAll
    static void stop() throws Exception {
        if (testpmd != null) {
            testpmd.close();
        }
    }

    record Case(String name, FrontendConfig.Builder config) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Case> ringFeatures() {
        final List<Case> cases = new ArrayList<>();
        for (int bits = 0; bits < 32; bits++) {
            final boolean packed = (bits & 1) != 0;
            final boolean mergeable = (bits & 2) != 0;
            final boolean indirect = (bits & 4) != 0;
            final boolean eventIdx = (bits & 8) != 0;
            final boolean inOrder = (bits & 16) != 0;
            final String name = (packed ? "packed" : "split")
                    + (mergeable ? " mergeable" : "")
                    + (indirect ? " indirect" : "")
                    + (eventIdx ? " eventIdx" : "")
                    + (inOrder ? " inOrder" : "");
            cases.add(new Case(
                    name,
                    FrontendConfig.builder(folder)
                            .packed(packed)
                            .mergeable(mergeable)
                            .indirectTx(indirect)
                            .eventIdx(eventIdx)
                            .inOrder(inOrder)));
        }
        return cases;
    }

    @ParameterizedTest
    @MethodSource("ringFeatures")
    void shouldLoopEveryPacketUnharmed(final Case ring) throws Exception {
        loop(ring.config.queuePairs(QUEUES), 2000);
    }

    static List<Case> shapes() {
        final List<Case> cases = new ArrayList<>();
        for (final boolean packed : new boolean[] {false, true}) {
            for (final boolean indirect : new boolean[] {false, true}) {
                final String ring = (packed ? "packed" : "split") + (indirect ? " indirect " : " ");
                for (final TxLayout layout : List.of(
                        TxLayout.HEADER_APART, TxLayout.pieces(100), TxLayout.pieces(20), TxLayout.split(6, 700))) {
                    cases.add(new Case(
                            ring + layout,
                            ring(packed, indirect).txLayout(layout).ringSize(512)));
                }
                cases.add(new Case(
                        ring + "small receive buffers",
                        ring(packed, indirect).rxBufferBytes(128).ringSize(512)));
                cases.add(new Case(
                        ring + "receive chains",
                        ring(packed, indirect)
                                .rxBufferBytes(300)
                                .rxDescriptors(8)
                                .indirectRx(indirect)
                                .mergeable(false)));
                cases.add(new Case(
                        ring + "8 regions",
                        ring(packed, indirect).regions(8).fileOffset(8192).ringSize(64)));
                cases.add(new Case(
                        ring + "8 regions apart",
                        ring(packed, indirect).regions(8).regionGapBytes(1 << 20)));
                cases.add(new Case(
                        ring + "no protocol features", ring(packed, indirect).protocolFeatures(0)));
            }
        }
        cases.add(new Case("packed ring of 100", ring(true, false).ringSize(100)));
        cases.add(new Case(
                "packed ring of 333, in order", ring(true, false).ringSize(333).inOrder(true)));
        cases.add(new Case("legacy header", ring(false, false).version1(false).mergeable(false)));
        return cases;
    }

    private static FrontendConfig.Builder ring(final boolean packed, final boolean indirect) {
        return FrontendConfig.builder(folder).packed(packed).indirectTx(indirect);
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void shouldLoopAnyShapeOfBuffers(final Case shape) throws Exception {
        loop(shape.config, 2000);
    }

    @ParameterizedTest
    @MethodSource("ringFeatures")
    void shouldLoopJumboFrames(final Case ring) throws Exception {
        final FrontendConfig.Builder config = ring.config.txPacketBytes(9000);
        loop(ring.name.contains("mergeable") ? config : config.rxBufferBytes(9100), 9000);
    }

    private static void loop(final FrontendConfig.Builder builder, final int maxBytes) throws IOException {
        final FrontendConfig config =
                builder.socket(socket).txPacketBytes(maxBytes).build();
        try (VhostFrontend frontend = VhostFrontend.connect(config)) {
            loop(frontend, maxBytes, false);
        }
        assertTrue(testpmd.isAlive());
    }

    /** Sends and receives on all pairs in turn until all is back. */
    private static void loop(final VhostFrontend frontend, final int maxBytes, final boolean sleep) {
        final FrontendConfig config = frontend.config();
        final int buffers = config.ringSize() / (config.indirectRx() ? 1 : config.rxDescriptors());
        final int perPacket = (maxBytes + 12) / (config.rxBufferBytes() * config.rxDescriptors()) + 1;
        // Some buffers are with the driver: those of the last burst, and a few that wait for their refill.
        final int window = Math.max(1, buffers * 3 / 8 / perPacket);
        final TestPackets[] streams = new TestPackets[config.queuePairs()];
        final ReceivedPackets[] received = new ReceivedPackets[streams.length];
        for (int i = 0; i < streams.length; i++) {
            streams[i] = new TestPackets(i, maxBytes);
            received[i] = frontend.queuePair(i).newReceivedPackets(32);
        }
        long deadline = System.nanoTime() + TIMEOUT_NANOS;
        int done = 0;
        while (done < streams.length) {
            done = 0;
            int moved = 0;
            for (int i = 0; i < streams.length; i++) {
                final TestPackets stream = streams[i];
                final QueuePair pair = frontend.queuePair(i);
                final long room = Math.min(PACKETS - stream.sent(), window - (stream.sent() - stream.received()));
                if (room > 0) {
                    moved += stream.send(pair, null, (int) room);
                }
                final int n = pair.receiveBurst(received[i], 32);
                for (int k = 0; k < n; k++) {
                    stream.check(received[i], k);
                }
                moved += n;
                if (stream.received() == PACKETS) {
                    done++;
                }
            }
            if (moved == 0) {
                if (sleep) {
                    frontend.queuePair(0).awaitReceive(1000);
                } else {
                    Thread.yield();
                }
            } else {
                deadline = System.nanoTime() + TIMEOUT_NANOS;
            }
            assertTrue(
                    System.nanoTime() < deadline,
                    () -> "stuck: " + frontend.queuePair(0).counters());
        }
        for (int i = 0; i < streams.length; i++) {
            final FrontendCounters counters = frontend.queuePair(i).counters();
            assertEquals(counters.sentBytes(), counters.receivedBytes());
            streams[i].close();
        }
    }

    @ParameterizedTest
    @MethodSource("ringFeatures")
    void shouldWakeUpByInterrupts(final Case ring) throws Exception {
        final FrontendConfig config =
                ring.config.socket(socket).txPacketBytes(1500).build();
        try (VhostFrontend frontend = VhostFrontend.connect(config)) {
            loop(frontend, 1500, true);
            final QueuePair pair = frontend.queuePair(0);
            final ReceivedPackets received = pair.newReceivedPackets(1);
            final long deadline = System.nanoTime() + TIMEOUT_NANOS;
            try (TestPackets packets = new TestPackets(0, 1500)) {
                while (pair.counters().interrupts() == 0) {
                    assertEquals(1, packets.send(pair, null, 1));
                    // The interrupt of a packet that was polled before may wake us too.
                    while (pair.receiveBurst(received, 1) == 0) {
                        pair.awaitReceive(1000);
                        assertTrue(System.nanoTime() < deadline);
                    }
                    packets.check(received, 0);
                    assertTrue(System.nanoTime() < deadline);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("ringFeatures")
    void shouldStopAndStartAgain(final Case ring) throws Exception {
        final FrontendConfig config = ring.config.socket(socket).build();
        try (VhostFrontend frontend = VhostFrontend.connect(config)) {
            loop(frontend, 1500, false);
            final int[] bases = frontend.stop();
            frontend.queuePair(0).reclaim();
            assertEquals(frontend.queuePair(0).base(false) & 0xFFFF, bases[1] & 0xFFFF);
            assertFalse(frontend.isStarted());
            frontend.start();
            loop(frontend, 1500, false);
        }
    }

    @Test
    void shouldServeABackendThatConnects() throws Exception {
        final Path listening = folder.resolve("listening.sock");
        final FrontendConfig config = FrontendConfig.builder(listening).build();
        try (VhostFrontend.Listener listener = VhostFrontend.listen(config);
                Testpmd client = Testpmd.startClient("macswap", listening, 1);
                VhostFrontend frontend = listener.accept(Duration.ofSeconds(10))) {
            loop(frontend, 1500, false);
            // The connection breaks; the same memory and rings go on over the next.
            frontend.reconnect(listener, Duration.ofSeconds(10));
            frontend.negotiate();
            frontend.resume();
            loop(frontend, 1500, false);
            assertTrue(client.isAlive());
        }
    }

    @Test
    void shouldLeaveNothingOpen() throws Exception {
        final FrontendConfig config =
                FrontendConfig.builder(socket).queuePairs(QUEUES).build();
        VhostFrontend.connect(config).close();
        final long fds = entries("/proc/self/fd");
        final long maps = mappings();
        for (int i = 0; i < 5; i++) {
            VhostFrontend.connect(config).close();
        }
        assertEquals(fds, entries("/proc/self/fd"));
        assertEquals(maps, mappings());
    }

    @Test
    void shouldSeeTheBackendHangUp() throws Exception {
        final FrontendConfig config = FrontendConfig.builder(socket).build();
        try (VhostFrontend frontend = VhostFrontend.open(config)) {
            frontend.negotiate();
            frontend.session().sendRaw(9999, VhostUser.VERSION, 0, new byte[0]);
            assertTrue(frontend.session().awaitClose());
        }
    }

    private static long entries(final String folder) throws IOException {
        try (Stream<Path> entries = Files.list(Path.of(folder))) {
            return entries.count();
        }
    }

    private static long mappings() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.filter(line -> line.contains("vhost-frontend")).count();
        }
    }

    @Test
    void shouldCountWhatItSends() throws Exception {
        final Path rxonly = folder.resolve("rxonly.sock");
        try (Testpmd sink = Testpmd.start("rxonly", rxonly, 1);
                VhostFrontend frontend = VhostFrontend.connect(
                        FrontendConfig.builder(rxonly).inOrder(true).build());
                TestPackets packets = new TestPackets(0, 1500)) {
            final QueuePair pair = frontend.queuePair(0);
            final long deadline = System.nanoTime() + TIMEOUT_NANOS;
            while (packets.sent() < 10 * PACKETS || pair.unsent() > 0) {
                if (packets.sent() < 10 * PACKETS) {
                    packets.send(pair, null, 32);
                } else {
                    pair.reclaim();
                }
                assertTrue(System.nanoTime() < deadline);
            }
            assertTrue(sink.isAlive());
        }
    }

    @Test
    void shouldReceiveWhatItIsSent() throws Exception {
        final Path txonly = folder.resolve("txonly.sock");
        try (Testpmd source = Testpmd.start("txonly", txonly, 1, "--txpkts=200");
                VhostFrontend frontend = VhostFrontend.connect(FrontendConfig.builder(txonly)
                        .packed(true)
                        .inOrder(true)
                        .build())) {
            final QueuePair pair = frontend.queuePair(0);
            final ReceivedPackets received = pair.newReceivedPackets(64);
            final long deadline = System.nanoTime() + TIMEOUT_NANOS;
            long count = 0;
            long allocated = 0;
            while (count < 20 * PACKETS) {
                final int n = pair.receiveBurst(received, 64);
                for (int i = 0; i < n; i++) {
                    if (received.length(i) != 200) {
                        assertEquals(200, received.length(i));
                    }
                }
                count += n;
                if (count - n < 10 * PACKETS && count >= 10 * PACKETS) {
                    allocated = allocatedBytes();
                }
                assertTrue(System.nanoTime() < deadline);
            }
            allocated = allocatedBytes() - allocated;
            assertTrue(allocated < PACKETS, allocated + " bytes allocated");
            assertEquals(count, pair.counters().receivedPackets());
            assertTrue(source.isAlive());
        }
    }

    private static long allocatedBytes() {
        return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
    }
}
