package e2e;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import vhost.frontend.FrontendConfig;
import vhost.frontend.TxLayout;
import vhost.frontend.VhostFrontend;

/**
 * Every byte of every packet, over real sockets and shared memory: each length from 60 to 9000 bytes, so that every end
 * of every buffer falls before, on and behind each byte of it.
 */
@Timeout(120)
class PayloadIT {
    private static final int LONGEST = 9000;
    private static final int HEADER = 12;

    private static final Scratch LOOP = new Scratch();
    private static final Scratch PAIR = new Scratch();
    private static Platform loop;
    private static Platform pair;

    @BeforeAll
    static void start() {
        loop = Platform.forward(LOOP, "macswap", 1);
        pair = Platform.forward(PAIR, "io", 2);
    }

    @AfterAll
    static void stop() {
        try (LOOP;
                PAIR;
                Platform first = loop;
                Platform second = pair) {
            first.stop();
            second.stop();
        }
    }

    /**
     * A front-end.
     *
     * @param name for people
     * @param config but for the socket
     */
    record Shape(String name, FrontendConfig.Builder config) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Shape> shapes() {
        final List<Shape> shapes = new ArrayList<>();
        for (final boolean packed : new boolean[] {false, true}) {
            for (final boolean indirect : new boolean[] {false, true}) {
                final String name = (packed ? "packed" : "split") + (indirect ? ", indirect" : ", chained");
                shapes.add(new Shape(name + ", mergeable buffers", ring(packed, indirect)));
                shapes.add(new Shape(
                        name + ", small mergeable buffers, pieces of 1000",
                        ring(packed, indirect).rxBufferBytes(256).txLayout(TxLayout.pieces(1000))));
                shapes.add(new Shape(
                        name + ", buffers of 32 descriptors, header apart",
                        ring(packed, indirect)
                                .mergeable(false)
                                .rxBufferBytes(300)
                                .rxDescriptors(32)
                                .indirectRx(indirect)
                                .txLayout(TxLayout.HEADER_APART)));
                shapes.add(new Shape(
                        name + ", one large buffer, header in pieces",
                        ring(packed, indirect)
                                .mergeable(false)
                                .rxBufferBytes(LONGEST + HEADER)
                                .txLayout(TxLayout.split(5, 4096))));
            }
            shapes.add(new Shape(
                    (packed ? "packed" : "split") + ", event index, in order, memory of 5 regions",
                    ring(packed, false).eventIdx(true).inOrder(true).regions(5).memorySlots(true)));
        }
        return shapes;
    }

    private static FrontendConfig.Builder ring(final boolean packed, final boolean indirect) {
        return FrontendConfig.builder(loop.socket(0))
                .packed(packed)
                .indirectTx(indirect)
                .ringSize(512)
                .txPacketBytes(LONGEST);
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void comesBackUnharmed(final Shape shape) throws IOException {
        try (VhostFrontend frontend = VhostFrontend.connect(shape.config.build())) {
            Frames.loop(frontend, LONGEST, LONGEST - Frames.SHORTEST + 1);
        }
    }

    /** From each kind of ring to the other, which has buffers of other lengths. */
    @ParameterizedTest
    @MethodSource("shapes")
    void crossesUnharmed(final Shape shape) throws IOException {
        final FrontendConfig one = shape.config.socket(pair.socket(0)).build();
        final FrontendConfig other = ring(!one.packed(), !one.indirectTx())
                .socket(pair.socket(1))
                .rxBufferBytes(1500)
                .build();
        try (VhostFrontend left = VhostFrontend.connect(one);
                VhostFrontend right = VhostFrontend.connect(other);
                Frames there = new Frames(1, LONGEST, false);
                Frames back = new Frames(2, LONGEST, false)) {
            there.carry(left.queuePair(0), right.queuePair(0), there.cycle());
            back.carry(right.queuePair(0), left.queuePair(0), back.cycle());
        }
    }
}
