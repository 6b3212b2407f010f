package vhost.core.internal.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static vhost.core.internal.protocol.RawFrontend.BIT_30;
import static vhost.core.internal.protocol.RawFrontend.PLAIN;
import static vhost.core.internal.protocol.RawFrontend.addresses;
import static vhost.core.internal.protocol.RawFrontend.longs;
import static vhost.core.internal.protocol.RawFrontend.state;
import static vhost.core.internal.protocol.RawFrontend.table;
import static vhost.core.internal.protocol.RawFrontend.u64;
import static vhost.core.internal.protocol.RecordingDevice.MRG_RXBUF;
import static vhost.core.internal.protocol.RecordingDevice.VERSION_1;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import vhost.core.api.PortSpec;
import vhost.core.internal.device.EngineRegistry;
import vhost.core.internal.device.VhostDevice;
import vhost.core.internal.device.Worker;

/** What is well formed, and yet cannot be: a session over the real device says why, and both survive it. */
@Timeout(20)
class DeviceRefusalsTest {
    private static final long USER = 0x7f00_0000_0000L;
    private static final long SIZE = 0x20_0000;

    @TempDir
    Path directory;

    private final BlockingQueue<String> endings = new LinkedBlockingQueue<>();
    private Path socket;
    private Path memory;
    private Worker worker;
    private VhostDevice device;
    private PortServer server;
    private RawFrontend frontend;

    /** Descriptors of the front-end are all of one file of {@link #SIZE} bytes. */
    @BeforeEach
    void open() throws Exception {
        socket = directory.resolve("p0.sock");
        memory = directory.resolve("memory");
        try (RandomAccessFile file = new RandomAccessFile(memory.toFile(), "rw")) {
            file.setLength(SIZE);
        }
        worker = Worker.start(0, -1, 1000);
        final PortSpec spec = new PortSpec("p0", socket, false, 2, 0);
        device = new VhostDevice(spec, 0, List.of(worker), new EngineRegistry());
        server = PortServer.open(spec, device, new PortEvents() {
            @Override
            public void connected() {}

            @Override
            public void ended(final String reason) {
                endings.add(reason);
            }
        });
        frontend = RawFrontend.connect(socket, memory);
        frontend.negotiate(ProtocolFeature.OFFERED);
    }

    /** Whatever it was: the next front-end is served. */
    @AfterEach
    void shouldServeTheNextFrontEnd() throws Exception {
        frontend.close();
        try (RawFrontend next = RawFrontend.connect(socket, memory)) {
            next.negotiate(ProtocolFeature.OFFERED);
            assertThat(next.acknowledged(VhostUserRequest.SET_MEM_TABLE, table(1, 0, SIZE, USER, 0), 1))
                    .isZero();
        }
        server.close();
        device.close();
        worker.close();
    }

    private void assertRefused(final String... parts) throws Exception {
        assertThat(endings.poll(5, TimeUnit.SECONDS))
                .isNotNull()
                .contains(parts)
                .doesNotContain("\n");
    }

    private void announceMemory() {
        assertThat(frontend.acknowledged(VhostUserRequest.SET_MEM_TABLE, table(1, 0, SIZE, USER, 0), 1))
                .isZero();
    }

    private void startRing(final int ring) {
        frontend.send(VhostUserRequest.SET_VRING_NUM, state(ring, 256));
        frontend.send(VhostUserRequest.SET_VRING_BASE, state(ring, 0));
        frontend.send(VhostUserRequest.SET_VRING_ADDR, addresses(ring, 0, USER, USER + 0x2000, USER + 0x1000, 0));
        frontend.send(VhostUserRequest.SET_VRING_KICK, PLAIN, u64(0x100 | ring), 0);
        assertThat(frontend.acknowledged(VhostUserRequest.SET_VRING_ENABLE, state(ring, 1), 0))
                .isZero();
    }

    @Test
    void shouldRefuseARingWithoutEntries() throws Exception {
        frontend.send(VhostUserRequest.SET_VRING_NUM, state(0, 0));
        assertRefused("SET_VRING_NUM (8): ring 0", "size 0", "1 to 32768");
    }

    @Test
    void shouldRefuseARingTooLarge() throws Exception {
        frontend.send(VhostUserRequest.SET_VRING_NUM, state(0, 32769));
        assertRefused("SET_VRING_NUM (8): ring 0", "size 32769", "1 to 32768");
    }

    @Test
    void shouldRefuseARingSizeWithTheTopBit() throws Exception {
        frontend.send(VhostUserRequest.SET_VRING_NUM, state(0, 0x80000100));
        assertRefused("SET_VRING_NUM (8): ring 0", "1 to 32768");
    }

    @Test
    void shouldRefuseASplitRingThatIsNoPowerOfTwo() throws Exception {
        frontend.send(VhostUserRequest.SET_VRING_NUM, state(0, 1000));
        assertRefused("SET_VRING_NUM (8): ring 0", "1000", "power of two");
    }

    /** CVE-2019-14818: each of them must replace the one before. */
    @Test
    void shouldTakeARingSizeAgainAndAgain() {
        for (int i = 0; i < 1000; i++) {
            frontend.send(VhostUserRequest.SET_VRING_NUM, state(0, 256));
        }
        assertThat(frontend.acknowledged(VhostUserRequest.SET_VRING_NUM, state(0, 32768), 0))
                .isZero();
    }

    @Test
    void shouldRefuseToResizeARunningRing() throws Exception {
        announceMemory();
        startRing(0);
        frontend.send(VhostUserRequest.SET_VRING_NUM, state(0, 128));
        assertRefused("SET_VRING_NUM (8): ring 0 is running", "GET_VRING_BASE");
    }

    @Test
    void shouldRefuseToMoveARunningRing() throws Exception {
        announceMemory();
        startRing(1);
        frontend.send(VhostUserRequest.SET_VRING_BASE, state(1, 7));
        assertRefused("SET_VRING_BASE (10): ring 1 is running", "GET_VRING_BASE");
    }

    @Test
    void shouldRefuseToChangeFeaturesOfARunningDevice() throws Exception {
        announceMemory();
        startRing(0);
        frontend.send(VhostUserRequest.SET_FEATURES, u64(VERSION_1 | MRG_RXBUF | BIT_30));
        assertRefused("SET_FEATURES (2): features 0x100008000", "0x100000000", "GET_VRING_BASE");
    }

    /** QEMU does so for every queue pair. */
    @Test
    void shouldTakeTheSameFeaturesOfARunningDevice() {
        announceMemory();
        startRing(0);
        assertThat(frontend.acknowledged(VhostUserRequest.SET_FEATURES, u64(VERSION_1 | BIT_30), 0))
                .isZero();
        assertThat(frontend.ask(VhostUserRequest.GET_VRING_BASE, state(0, 0)).u32(0))
                .isZero();
        assertThat(frontend.acknowledged(VhostUserRequest.SET_FEATURES, u64(VERSION_1 | MRG_RXBUF | BIT_30), 0))
                .isZero();
    }

    @Test
    void shouldRefuseRingAddressesOutsideOfTheMemory() throws Exception {
        announceMemory();
        frontend.send(VhostUserRequest.SET_VRING_NUM, state(0, 256));
        frontend.send(
                VhostUserRequest.SET_VRING_ADDR, addresses(0, 0, USER + SIZE - 16, USER + 0x2000, USER + 0x1000, 0));
        assertRefused("SET_VRING_ADDR (9): ring 0", "memory");
    }

    @Test
    void shouldRefuseRingAddressesThatWrapAround() throws Exception {
        announceMemory();
        frontend.send(VhostUserRequest.SET_VRING_NUM, state(0, 256));
        frontend.send(VhostUserRequest.SET_VRING_ADDR, addresses(0, 0, -16, USER + 0x2000, USER + 0x1000, 0));
        assertRefused("SET_VRING_ADDR (9): ring 0", "memory");
    }

    @Test
    void shouldRefuseRingAddressesThatAreNotAligned() throws Exception {
        announceMemory();
        frontend.send(VhostUserRequest.SET_VRING_NUM, state(0, 256));
        frontend.send(VhostUserRequest.SET_VRING_ADDR, addresses(0, 0, USER, USER + 0x2000, USER + 0x1001, 0));
        assertRefused("SET_VRING_ADDR (9): ring 0", "multiples");
    }

    @Test
    void shouldRefuseARegionWithoutBytes() throws Exception {
        frontend.send(VhostUserRequest.SET_MEM_TABLE, PLAIN, table(1, 0, 0, USER, 0), 1);
        assertRefused("SET_MEM_TABLE (5): ", "positive");
    }

    @Test
    void shouldRefuseARegionThatWrapsAround() throws Exception {
        frontend.send(VhostUserRequest.SET_MEM_TABLE, PLAIN, table(1, -0x1000, 0x2000, USER, 0), 1);
        assertRefused("SET_MEM_TABLE (5): ", "wraps around");
    }

    @Test
    void shouldRefuseAUserAddressThatWrapsAround() throws Exception {
        frontend.send(VhostUserRequest.SET_MEM_TABLE, PLAIN, table(1, 0, 0x2000, -0x1000, 0), 1);
        assertRefused("SET_MEM_TABLE (5): ", "wraps around");
    }

    @Test
    void shouldRefuseAGiantMmapOffset() throws Exception {
        frontend.send(VhostUserRequest.SET_MEM_TABLE, PLAIN, table(1, 0, SIZE, USER, Long.MAX_VALUE - 0x1000), 1);
        assertRefused("SET_MEM_TABLE (5): ", "wrap around");
    }

    @Test
    void shouldRefuseARegionLongerThanItsFile() throws Exception {
        frontend.send(VhostUserRequest.SET_MEM_TABLE, PLAIN, table(1, 0, SIZE, USER, 0x1000), 1);
        assertRefused("SET_MEM_TABLE (5): ", "the file has 2097152 bytes");
    }

    @Test
    void shouldRefuseRegionsThatOverlap() throws Exception {
        frontend.send(
                VhostUserRequest.SET_MEM_TABLE, PLAIN, table(2, 0, 0x2000, USER, 0, 0x1000, 0x2000, USER + SIZE, 0), 2);
        assertRefused("SET_MEM_TABLE (5): ", "overlaps");
    }

    @Test
    void shouldRefuseAnAddedRegionThatOverlaps() throws Exception {
        announceMemory();
        frontend.send(VhostUserRequest.ADD_MEM_REG, PLAIN, longs(0, 2 * SIZE, SIZE, USER + 0x1000, 0), 1);
        assertRefused("ADD_MEM_REG (37): ", "overlaps");
    }

    @Test
    void shouldRefuseToRemoveAnUnknownRegion() throws Exception {
        announceMemory();
        frontend.send(VhostUserRequest.REM_MEM_REG, longs(0, 0, SIZE, USER + 0x1000, 0));
        assertRefused("REM_MEM_REG (38): no memory region");
    }

    /** Not an eventfd: neither may the port wait for it, nor fail. */
    @Test
    void shouldSurviveDescriptorsThatAreNoEventfds() {
        announceMemory();
        startRing(0);
        frontend.acknowledged(VhostUserRequest.SET_VRING_KICK, u64(0), 1);
        assertThat(frontend.acknowledged(VhostUserRequest.SET_VRING_CALL, u64(0), 1))
                .isZero();
        assertThat(frontend.ask(VhostUserRequest.GET_VRING_BASE, state(0, 0)).u32(0))
                .isZero();
    }

    /** The real device leaks none either. */
    @Test
    void shouldLeaveNoDescriptorOfASessionOpen() throws IOException, InterruptedException {
        session();
        final int before = PortFixture.openDescriptors();
        for (int i = 0; i < 50; i++) {
            session();
        }
        PortFixture.awaitTrue("descriptors back to " + before, () -> PortFixture.openDescriptors() <= before);
    }

    private void session() throws IOException, InterruptedException {
        frontend.close();
        assertThat(endings.poll(5, TimeUnit.SECONDS)).isEqualTo("the front-end closed the connection");
        frontend = RawFrontend.connect(socket, memory);
        frontend.negotiate(ProtocolFeature.OFFERED);
        announceMemory();
        startRing(0);
        frontend.acknowledged(VhostUserRequest.SET_VRING_KICK, u64(0), 1);
        frontend.acknowledged(VhostUserRequest.SET_VRING_CALL, u64(0), 1);
        frontend.acknowledged(VhostUserRequest.SET_VRING_ERR, u64(1), 1);
        frontend.acknowledged(VhostUserRequest.SET_VRING_CALL, u64(0), 1);
        frontend.acknowledged(VhostUserRequest.ADD_MEM_REG, longs(0, 2 * SIZE, SIZE, USER + 2 * SIZE, 0), 1);
        frontend.acknowledged(VhostUserRequest.ADD_MEM_REG, longs(0, 2 * SIZE, SIZE, USER + 2 * SIZE, 0), 1);
    }
}
