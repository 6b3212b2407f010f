package e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import vhost.frontend.FrontendConfig;
import vhost.frontend.GuestMemory;
import vhost.frontend.RingView;
import vhost.frontend.Session;
import vhost.frontend.VhostFrontend;
import vhost.frontend.VhostUser;

/**
 * A guest that sends rubbish loses its port, with a line that says why; the other guest of the platform notices nothing,
 * and the next one on that port is served.
 */
@Timeout(60)
class BadInputIT {
    private static final int VERSION = 1;
    private static final int NEXT = 1;
    private static final int WRITE = 2;
    private static final int INDIRECT = 4;
    /** Available, with the driver's first wrap counter. */
    private static final int AVAIL = 1 << 7;

    private static final int LONGEST = 1500;
    private static final int FRAMES = 500;
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final Scratch SCRATCH = new Scratch();
    private static Platform platform;
    private static VhostFrontend neighbour;

    /** What a front-end does wrong. */
    @FunctionalInterface
    interface Deed {
        void to(VhostFrontend frontend) throws IOException;
    }

    /**
     * A case.
     *
     * @param name for people
     * @param complaint what the platform says
     * @param deed done to a connection that has said nothing yet
     */
    record BadMessage(String name, String complaint, Deed deed) {
        @Override
        public String toString() {
            return name;
        }
    }

    /**
     * A case.
     *
     * @param name for people
     * @param packed the kind of ring
     * @param complaint what the platform says
     * @param deed done to a device that works
     */
    record BadRing(String name, boolean packed, String complaint, Deed deed) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<BadMessage> messages() {
        return List.of(
                new BadMessage("unknown request", "request 99: unknown", at -> send(at, 99, 0, new byte[0])),
                new BadMessage(
                        "short message",
                        "SET_FEATURES (2): payload of 4 bytes; expected 8",
                        at -> send(at, VhostUser.SET_FEATURES, 4, new byte[4])),
                new BadMessage("message that ends", "header: 5 bytes, then the end", at -> {
                    at.session().sendBytes(new byte[5]);
                    at.abort();
                }),
                new BadMessage(
                        "payload over the limit",
                        "SET_MEM_TABLE (5): payload of 1000000 bytes",
                        at -> send(at, VhostUser.SET_MEM_TABLE, 1_000_000, new byte[0])),
                new BadMessage(
                        "too many descriptors",
                        "SET_MEM_TABLE (5)",
                        at -> send(at, VhostUser.SET_MEM_TABLE, 8, new byte[8], fds(at, 60))),
                new BadMessage(
                        "descriptor that does not belong there",
                        "SET_OWNER (3): 1 descriptors; expected 0",
                        at -> send(at, VhostUser.SET_OWNER, 0, new byte[0], fds(at, 1))),
                new BadMessage(
                        "wrong version",
                        "version 2; expected 1",
                        at -> at.session().sendRaw(VhostUser.GET_FEATURES, 2, 0, new byte[0])),
                new BadMessage(
                        "ring index out of range",
                        "SET_VRING_NUM (8): ring index 77; expected 0 to ",
                        at -> send(at, VhostUser.SET_VRING_NUM, 8, Session.state(77, 256))),
                new BadMessage("ring size out of range", "SET_VRING_NUM (8)", at -> {
                    at.negotiate();
                    send(at, VhostUser.SET_VRING_NUM, 8, Session.state(0, 1 << 20));
                }),
                new BadMessage("ring outside of the memory", "SET_VRING_ADDR (9)", at -> {
                    at.session().acknowledge(false);
                    at.negotiate();
                    at.session().setFeatures(at.features());
                    at.shareMemory();
                    at.session().setVringNum(0, 256);
                    at.session().setVringAddr(0, 0, 4096, 8192, 12288, 0);
                }),
                new BadMessage("memory beyond the end of its file", "SET_MEM_TABLE (5)", at -> {
                    at.session().acknowledge(false);
                    at.negotiate();
                    final GuestMemory.Region region = at.memory().regions().getFirst();
                    at.session()
                            .setMemTable(
                                    List.of(new GuestMemory.Region(
                                            region.gpa(), region.uva(), 0, region.bytes() << 20, 0)),
                                    at.memory().fd());
                }));
    }

    static List<BadRing> rings() {
        return List.of(
                new BadRing("split: descriptor loop", false, "it loops", at -> {
                    final RingView ring = at.queuePair(0).tx();
                    ring.writeSplit(0, gpa(at), 64, NEXT, 1);
                    ring.writeSplit(1, gpa(at), 64, NEXT, 0);
                    offer(ring, 0);
                }),
                new BadRing("split: address outside of memory", false, "outside of the announced memory", at -> {
                    final RingView ring = at.queuePair(0).tx();
                    ring.writeSplit(0, 0x7FFF_FFFF_0000L, 64, 0, 0);
                    offer(ring, 0);
                }),
                new BadRing("split: next out of range", false, "next field points outside", at -> {
                    final RingView ring = at.queuePair(0).tx();
                    ring.writeSplit(0, gpa(at), 64, NEXT, 60_000);
                    offer(ring, 0);
                }),
                new BadRing("split: head out of range", false, "names a descriptor outside", at -> {
                    offer(at.queuePair(0).tx(), 60_000);
                }),
                new BadRing("split: avail index jumps", false, "avail index jumped", at -> {
                    final RingView ring = at.queuePair(0).tx();
                    ring.writeAvailIdx(ring.availIdx() + 30_000);
                    ring.kick();
                }),
                new BadRing("split: indirect, not negotiated", false, "indirect descriptor", at -> {
                    final RingView ring = at.queuePair(0).tx();
                    ring.writeSplit(0, gpa(at), 64, INDIRECT, 0);
                    offer(ring, 0);
                }),
                new BadRing("split: packet to send in a writable buffer", false, "wrong direction", at -> {
                    final RingView ring = at.queuePair(0).tx();
                    ring.writeSplit(0, gpa(at), 64, WRITE, 0);
                    offer(ring, 0);
                }),
                new BadRing("packed: descriptor loop", true, "it loops", at -> {
                    final RingView ring = at.queuePair(0).tx();
                    for (int slot = ring.entries() - 1; slot >= 0; slot--) {
                        ring.writePacked(slot, gpa(at), 64, slot, AVAIL | NEXT);
                    }
                    ring.kick();
                }),
                new BadRing("packed: address outside of memory", true, "outside of the announced memory", at -> {
                    final RingView ring = at.queuePair(0).tx();
                    ring.writePacked(0, 0x7FFF_FFFF_0000L, 64, 0, AVAIL);
                    ring.kick();
                }));
    }

    private static long gpa(final VhostFrontend at) {
        return at.memory().regions().getFirst().gpa();
    }

    private static void offer(final RingView ring, final int head) {
        final int idx = ring.availIdx();
        ring.writeAvail(idx & ring.entries() - 1, head);
        ring.writeAvailIdx(idx + 1);
        ring.kick();
    }

    private static void send(
            final VhostFrontend at, final int request, final int size, final byte[] payload, final int... fds)
            throws IOException {
        at.session().sendRaw(request, VERSION, size, payload, fds);
    }

    private static int[] fds(final VhostFrontend at, final int count) {
        final int[] fds = new int[count];
        Arrays.fill(fds, at.memory().fd());
        return fds;
    }

    @BeforeAll
    static void start() throws IOException {
        platform = Platform.forward(SCRATCH, "macswap", 2);
        neighbour =
                VhostFrontend.connect(FrontendConfig.builder(platform.socket(1)).build());
    }

    @AfterAll
    static void stop() throws IOException {
        try (SCRATCH;
                Platform last = platform) {
            // One session from the first deed to the last.
            assertThat(last.exec("vhost:ports").lines().filter(line -> line.startsWith("port1")))
                    .singleElement()
                    .asString()
                    .matches("port1 .* 1 .*");
            neighbour.close();
            last.stopAfterComplaints();
        }
    }

    @ParameterizedTest
    @MethodSource("messages")
    void endsTheSession(final BadMessage bad) throws IOException {
        try (VhostFrontend frontend = VhostFrontend.open(config(false))) {
            bad.deed.to(frontend);
            if (!bad.name.contains("ends")) {
                assertThat(awaitClose(frontend)).as("the port ends the session").isTrue();
            }
        }
        assertThat(platform.exec("vhost:ports")).contains(bad.complaint);
        assertOthersGoOn();
    }

    /** Replies to what went before may come first. */
    private static boolean awaitClose(final VhostFrontend frontend) {
        for (int bytes = 0; bytes < 4096; bytes++) {
            if (frontend.session().awaitClose()) {
                return true;
            }
        }
        return false;
    }

    @ParameterizedTest
    @MethodSource("rings")
    void stopsTheRing(final BadRing bad) throws IOException {
        final int said = platform.child().err().length();
        try (VhostFrontend frontend = VhostFrontend.connect(config(bad.packed))) {
            bad.deed.to(frontend);
            Waiting.until(
                    "the platform says: " + bad.complaint,
                    PATIENCE,
                    () -> platform.child().err().substring(said).contains(bad.complaint),
                    platform.child()::transcript);
        }
        assertOthersGoOn();
    }

    private static FrontendConfig config(final boolean packed) {
        return FrontendConfig.builder(platform.socket(0)).packed(packed).build();
    }

    private static void assertOthersGoOn() throws IOException {
        assertThat(platform.isAlive()).as(platform.child().transcript()).isTrue();
        Frames.loop(neighbour, LONGEST, FRAMES);
        try (VhostFrontend next = VhostFrontend.connect(config(false))) {
            Frames.loop(next, LONGEST, FRAMES);
        }
    }
}
