package vhost.core.internal.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static vhost.core.internal.protocol.PortFixture.awaitTrue;
import static vhost.core.internal.protocol.PortFixture.openDescriptors;
import static vhost.core.internal.protocol.RawFrontend.NEED_REPLY;
import static vhost.core.internal.protocol.RawFrontend.PLAIN;
import static vhost.core.internal.protocol.RawFrontend.header;
import static vhost.core.internal.protocol.RawFrontend.longs;
import static vhost.core.internal.protocol.RawFrontend.table;
import static vhost.core.internal.protocol.RawFrontend.u64;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * No descriptor that a front-end sends stays open longer than it is used (CVE-2019-14818, CVE-2022-0669): counts those of
 * this process before and after.
 */
@Timeout(60)
class DescriptorLeakTest {
    private static final int ROUNDS = 1000;

    @TempDir
    Path directory;

    private PortFixture port;

    /** One session first: it loads classes, which opens files. */
    @BeforeEach
    void open() throws Exception {
        port = PortFixture.listening(directory);
        try (RawFrontend frontend = port.connect()) {
            frontend.negotiate(ProtocolFeature.OFFERED);
            frontend.acknowledged(VhostUserRequest.SET_MEM_TABLE, table(1, 0, 0, 0, 0), 1);
            frontend.acknowledged(VhostUserRequest.SET_MEM_TABLE, table(1, 0, 0, 0, 0), 2);
        }
        port.ending();
    }

    @AfterEach
    void close() {
        port.close();
    }

    /** What one front-end does {@link #ROUNDS} times in one session. */
    private interface Round {
        void run(RawFrontend frontend);
    }

    private void assertNoLeak(final Round round) throws Exception {
        awaitTrue("quiet before", () -> port.server.connections() == 1);
        final int before = openDescriptors();
        try (RawFrontend frontend = port.connect()) {
            frontend.negotiate(ProtocolFeature.OFFERED);
            frontend.barrier();
            round.run(frontend);
            frontend.barrier();
            final int during = openDescriptors();
            for (int i = 0; i < ROUNDS; i++) {
                round.run(frontend);
            }
            frontend.barrier();
            assertThat(openDescriptors()).isEqualTo(during);
        }
        port.ending();
        awaitTrue("descriptors back to " + before, () -> openDescriptors() <= before);
    }

    @Test
    void shouldHandDescriptorsToTheDevice() throws Exception {
        assertNoLeak(frontend -> frontend.send(VhostUserRequest.SET_VRING_KICK, PLAIN, u64(0), 1));
        assertThat(port.device.descriptors()).isEqualTo(1 + ROUNDS + 1);
    }

    @Test
    void shouldHandTheDescriptorsOfEveryRegionToTheDevice() throws Exception {
        assertNoLeak(frontend -> frontend.acknowledged(VhostUserRequest.SET_MEM_TABLE, table(8, new long[32]), 8));
        assertThat(port.device.descriptors()).isEqualTo(1 + 8 * (ROUNDS + 1));
    }

    @Test
    void shouldCloseDescriptorsOfMessagesThatTakeNone() throws Exception {
        assertNoLeak(frontend -> assertThat(frontend.acknowledged(VhostUserRequest.SET_OWNER, new byte[0], 3))
                .isEqualTo(1));
    }

    @Test
    void shouldCloseDescriptorsThatAreTooMany() throws Exception {
        assertNoLeak(frontend -> assertThat(frontend.acknowledged(VhostUserRequest.SET_VRING_CALL, u64(0), 5))
                .isEqualTo(1));
    }

    /** More than junixsocket has room for. */
    @Test
    void shouldCloseAsManyDescriptorsAsTheKernelPasses() throws Exception {
        assertNoLeak(frontend -> assertThat(frontend.acknowledged(VhostUserRequest.SET_VRING_CALL, u64(0), 253))
                .isEqualTo(1));
    }

    @Test
    void shouldCloseDescriptorsOfRefusedValues() throws Exception {
        assertNoLeak(frontend -> assertThat(frontend.acknowledged(VhostUserRequest.SET_VRING_ERR, u64(200), 1))
                .isEqualTo(1));
    }

    @Test
    void shouldCloseDescriptorsOfUnknownRequests() throws Exception {
        assertNoLeak(frontend -> {
            frontend.sendRaw(header(31, NEED_REPLY, 0), 8);
            assertThat(frontend.answer().u64()).isEqualTo(1);
        });
    }

    @Test
    void shouldCloseTheDescriptorOfARemovedRegion() throws Exception {
        assertNoLeak(
                frontend -> assertThat(frontend.acknowledged(VhostUserRequest.REM_MEM_REG, longs(0, 1, 2, 3, 4), 1))
                        .isZero());
    }

    @Test
    void shouldCloseTheBackendChannelThatIsReplaced() throws Exception {
        assertNoLeak(frontend -> assertThat(frontend.acknowledged(VhostUserRequest.SET_BACKEND_REQ_FD, new byte[0], 1))
                .isZero());
    }

    @Test
    void shouldCloseDescriptorsWhereTheSessionEnds() throws Exception {
        final int before = openDescriptors();
        for (int i = 0; i < 100; i++) {
            try (RawFrontend frontend = port.connect()) {
                switch (i % 4) {
                    case 0 -> frontend.sendRaw(header(3, PLAIN, 0), 8);
                    case 1 -> frontend.sendRaw(new byte[3], 8);
                    case 2 -> frontend.sendRaw(header(5, 0x77, 4), 253);
                    default -> {
                        frontend.sendRaw(header(12, PLAIN, 8), 1);
                        frontend.sendRaw(u64(0), 60);
                    }
                }
            }
            port.ending();
        }
        awaitTrue("descriptors back to " + before, () -> openDescriptors() <= before);
    }

    @Test
    void shouldLeaveNothingOpenWhenThePortIsClosed() throws Exception {
        final int before = openDescriptors();
        for (int i = 0; i < 20; i++) {
            try (PortFixture other = new PortFixture(directory.resolve("other.sock"), false, 1);
                    RawFrontend frontend = other.connect()) {
                frontend.barrier();
            }
        }
        assertThat(openDescriptors()).isLessThanOrEqualTo(before);
    }
}
