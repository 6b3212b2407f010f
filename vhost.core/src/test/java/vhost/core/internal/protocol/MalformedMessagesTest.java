package vhost.core.internal.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static vhost.core.internal.protocol.RawFrontend.PLAIN;
import static vhost.core.internal.protocol.RawFrontend.addresses;
import static vhost.core.internal.protocol.RawFrontend.header;
import static vhost.core.internal.protocol.RawFrontend.longs;
import static vhost.core.internal.protocol.RawFrontend.state;
import static vhost.core.internal.protocol.RawFrontend.table;
import static vhost.core.internal.protocol.RawFrontend.u64;
import static vhost.core.internal.protocol.RecordingDevice.VERSION_1;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a hostile front-end sends: the session ends with one line that says what was wrong, and the port serves on. */
@Timeout(60)
class MalformedMessagesTest {
    private static final long ALL_PROTOCOL_FEATURES = ProtocolFeature.OFFERED;

    @TempDir
    Path directory;

    private PortFixture port;
    private RawFrontend frontend;

    @BeforeEach
    void open() throws Exception {
        port = PortFixture.listening(directory);
        frontend = port.connect();
    }

    /** Whatever it was: the next front-end is served. */
    @AfterEach
    void shouldServeTheNextFrontEnd() throws Exception {
        frontend.close();
        try (RawFrontend next = port.connect()) {
            next.barrier();
        }
        port.close();
    }

    private void assertRefused(final String reason) throws Exception {
        assertThat(port.ending()).isEqualTo(reason);
        assertThat(frontend.isClosedByPort()).isTrue();
    }

    @Test
    void shouldRefuseAHeaderThatEnds() throws Exception {
        frontend.sendRaw(new byte[7], 0);
        frontend.close();
        assertThat(port.ending()).isEqualTo("header: 7 bytes, then the end; expected 12 bytes");
    }

    @Test
    void shouldRefuseAPayloadThatEnds() throws Exception {
        frontend.sendRaw(Arrays.copyOf(header(2, PLAIN, 8), 15), 0);
        frontend.close();
        assertThat(port.ending()).isEqualTo("SET_FEATURES (2): 3 bytes of payload, then the end; expected 8");
    }

    @Test
    void shouldGiveUpAMessageThatDoesNotGoOn() throws Exception {
        frontend.sendRaw(header(2, PLAIN, 8), 0);
        assertRefused("message: no further byte within 2000 ms; expected 8 more");
    }

    @Test
    void shouldRefuseAnotherVersion() throws Exception {
        frontend.sendRaw(header(1, 0x2, 0), 0);
        assertRefused("GET_FEATURES (1): flags 0x2 have version 2; expected 1");
    }

    @Test
    void shouldRefuseReservedFlags() throws Exception {
        frontend.sendRaw(header(1, 0x80000011, 0), 0);
        assertRefused("GET_FEATURES (1): flags 0x80000011 have reserved bits; expected 0x1 or 0x9");
    }

    @Test
    void shouldRefuseAReply() throws Exception {
        frontend.sendRaw(header(1, 0x5, 0), 0);
        assertRefused("GET_FEATURES (1): flags 0x5 say that it is a reply; expected a request");
    }

    @Test
    void shouldRefuseAPayloadTooLongBeforeReadingIt() throws Exception {
        frontend.sendRaw(header(5, PLAIN, 4097), 0);
        assertRefused("SET_MEM_TABLE (5): payload of 4097 bytes; expected 4096 at most");
    }

    @Test
    void shouldRefuseAPayloadSizeWithTheTopBit() throws Exception {
        frontend.sendRaw(header(5, PLAIN, -1), 0);
        assertRefused("SET_MEM_TABLE (5): payload of 4294967295 bytes; expected 4096 at most");
    }

    @Test
    void shouldRefuseAnUnknownRequest() throws Exception {
        frontend.sendRaw(header(99, PLAIN, 0), 0);
        assertRefused("request 99: unknown or not on offer; expected a request of the negotiated features");
    }

    /** Some libraries end the process there. */
    @Test
    void shouldRefuseRequestZero() throws Exception {
        frontend.sendRaw(header(0, PLAIN, 0), 0);
        assertRefused("request 0: unknown or not on offer; expected a request of the negotiated features");
    }

    @Test
    void shouldRefuseARequestNumberWithTheTopBit() throws Exception {
        frontend.sendRaw(header(-1, PLAIN, 0), 0);
        assertRefused("request 4294967295: unknown or not on offer; expected a request of the negotiated features");
    }

    @Test
    void shouldRefuseADirtyLogThatIsNotOffered() throws Exception {
        frontend.sendRaw(RawFrontend.concat(header(6, PLAIN, 16), longs(-1, 2)), 1);
        assertRefused("request 6: unknown or not on offer; expected a request of the negotiated features");
    }

    @ParameterizedTest
    @EnumSource(
            value = VhostUserRequest.class,
            names = {"SET_MEM_TABLE"},
            mode = EnumSource.Mode.EXCLUDE)
    void shouldRefuseAPayloadOfAnotherSizeThanTheRequests(final VhostUserRequest request) throws Exception {
        frontend.negotiate(ALL_PROTOCOL_FEATURES);
        frontend.send(request, new byte[17]);
        assertThat(port.ending()).startsWith(request + " (" + request.number() + "): payload of 17 bytes; expected ");
    }

    @ParameterizedTest
    @EnumSource(
            value = VhostUserRequest.class,
            names = {
                "GET_QUEUE_NUM",
                "SEND_RARP",
                "NET_SET_MTU",
                "SET_BACKEND_REQ_FD",
                "RESET_DEVICE",
                "GET_MAX_MEM_SLOTS",
                "ADD_MEM_REG",
                "REM_MEM_REG",
                "SET_STATUS",
                "GET_STATUS"
            })
    void shouldRefuseARequestWhoseFeatureWasNotNegotiated(final VhostUserRequest request) throws Exception {
        frontend.send(request);
        assertThat(port.ending())
                .startsWith(request + " (" + request.number() + "): protocol feature ")
                .endsWith(" was not negotiated; expected SET_PROTOCOL_FEATURES with it before");
    }

    @Test
    void shouldRefuseDescriptorsWhereNoneBelong() throws Exception {
        frontend.send(VhostUserRequest.SET_OWNER, PLAIN, new byte[0], 3);
        assertRefused("SET_OWNER (3): 3 descriptors; expected 0");
    }

    @Test
    void shouldRefuseAMissingDescriptor() throws Exception {
        frontend.send(VhostUserRequest.SET_VRING_KICK, PLAIN, u64(0), 0);
        assertRefused("SET_VRING_KICK (12): 0 descriptors; expected 1, as the NOFD bit is clear");
    }

    @Test
    void shouldRefuseADescriptorThatTheMessageDenies() throws Exception {
        frontend.send(VhostUserRequest.SET_VRING_CALL, PLAIN, u64(0x101), 1);
        assertRefused("SET_VRING_CALL (13): 1 descriptors; expected 0, as the NOFD bit is set");
    }

    @Test
    void shouldRefuseFewerDescriptorsThanRegions() throws Exception {
        frontend.send(VhostUserRequest.SET_MEM_TABLE, PLAIN, table(2, 0, 1, 2, 3, 4, 5, 6, 7), 1);
        assertRefused("SET_MEM_TABLE (5): 1 descriptors; expected 2, one for each region");
    }

    @Test
    void shouldRefuseMoreDescriptorsThanAnyMessageMayCarry() throws Exception {
        frontend.send(VhostUserRequest.SET_VRING_ERR, PLAIN, u64(0), 200);
        assertRefused("SET_VRING_ERR (14): 200 descriptors; expected 1, as the NOFD bit is clear");
    }

    @Test
    void shouldRefuseDescriptorsInsideOfThePayload() throws Exception {
        frontend.sendRaw(header(12, PLAIN, 8), 0);
        frontend.sendRaw(u64(0), 1);
        assertRefused("SET_VRING_KICK (12): descriptors inside of the payload; expected them with the header");
    }

    @Test
    void shouldRefuseMoreThanEightRegions() throws Exception {
        frontend.send(VhostUserRequest.SET_MEM_TABLE, PLAIN, table(9, new long[36]), 9);
        assertRefused("SET_MEM_TABLE (5): 9 regions; expected 8 at most");
    }

    @Test
    void shouldRefuseARegionCountWithTheTopBit() throws Exception {
        frontend.send(VhostUserRequest.SET_MEM_TABLE, PLAIN, table(0x80000001, new long[4]), 1);
        assertRefused("SET_MEM_TABLE (5): 2147483649 regions; expected 8 at most");
    }

    @Test
    void shouldRefuseATableOfAnotherSizeThanItsCount() throws Exception {
        frontend.send(VhostUserRequest.SET_MEM_TABLE, PLAIN, table(2, new long[4]), 2);
        assertRefused("SET_MEM_TABLE (5): payload of 40 bytes; expected 72");
    }

    @Test
    void shouldRefuseATableWithoutACount() throws Exception {
        frontend.send(VhostUserRequest.SET_MEM_TABLE, PLAIN, new byte[4], 0);
        assertRefused("SET_MEM_TABLE (5): payload of 4 bytes; expected 8 and 32 for each region");
    }

    @Test
    void shouldRefuseRingIndexAboveTheMaximum() throws Exception {
        frontend.send(VhostUserRequest.SET_VRING_NUM, state(4, 256));
        assertRefused("SET_VRING_NUM (8): ring index 4; expected 0 to 3");
    }

    /** CVE-2020-10723: 65536 is 0 where only 16 bits are looked at. */
    @Test
    void shouldRefuseRingIndexThatIsSmallInItsLowBitsOnly() throws Exception {
        frontend.send(VhostUserRequest.SET_VRING_ADDR, addresses(0x10000, 0, 0, 0, 0, 0));
        assertRefused("SET_VRING_ADDR (9): ring index 65536; expected 0 to 3");
    }

    @Test
    void shouldRefuseRingIndexWithTheTopBit() throws Exception {
        frontend.send(VhostUserRequest.SET_VRING_BASE, state(-1, 0));
        assertRefused("SET_VRING_BASE (10): ring index 4294967295; expected 0 to 3");
    }

    @Test
    void shouldRefuseRingIndexAboveTheMaximumWhereARingIsStopped() throws Exception {
        frontend.send(VhostUserRequest.GET_VRING_BASE, state(4, 0));
        assertRefused("GET_VRING_BASE (11): ring index 4; expected 0 to 3");
    }

    @Test
    void shouldRefuseRingIndexAboveTheMaximumWithADescriptor() throws Exception {
        frontend.send(VhostUserRequest.SET_VRING_CALL, PLAIN, u64(255), 1);
        assertRefused("SET_VRING_CALL (13): ring index 255; expected 0 to 3");
    }

    @Test
    void shouldRefuseReservedBitsBesideTheRingIndex() throws Exception {
        frontend.send(VhostUserRequest.SET_VRING_KICK, PLAIN, u64(0x200), 1);
        assertRefused("SET_VRING_KICK (12): value 0x200; expected a ring index in bits 0-7, NOFD in bit 8, and 0 "
                + "elsewhere");
    }

    @Test
    void shouldRefuseFeaturesNeverOffered() throws Exception {
        frontend.send(VhostUserRequest.SET_FEATURES, u64(VERSION_1 | 1L << 63));
        assertRefused(
                "SET_FEATURES (2): features 0x8000000100000000 have 0x8000000000000000, which were never offered; "
                        + "expected a subset of 0x540008000");
    }

    @Test
    void shouldRefuseProtocolFeaturesNeverOffered() throws Exception {
        frontend.send(VhostUserRequest.SET_PROTOCOL_FEATURES, u64(0x1003));
        assertRefused("SET_PROTOCOL_FEATURES (16): protocol features 0x1003 have 0x1002, which were never offered; "
                + "expected a subset of 0x1a03d");
    }

    @Test
    void shouldRefuseToEnableARingWithoutBit30() throws Exception {
        frontend.send(VhostUserRequest.SET_FEATURES, u64(VERSION_1));
        frontend.send(VhostUserRequest.SET_VRING_ENABLE, state(0, 1));
        assertRefused("SET_VRING_ENABLE (18): feature bit 30 was not negotiated; expected SET_FEATURES with it before");
    }

    /** DPDK's front-end in server mode does so when the back-end has come back. */
    @Test
    void shouldLetARingBeDisabledWithoutBit30() throws Exception {
        frontend.send(VhostUserRequest.SET_VRING_ENABLE, state(0, 0));
        frontend.barrier();
    }

    @Test
    void shouldRefuseToEnableARingByAnotherValue() throws Exception {
        frontend.negotiate(ALL_PROTOCOL_FEATURES);
        frontend.send(VhostUserRequest.SET_VRING_ENABLE, state(0, 2));
        assertRefused("SET_VRING_ENABLE (18): ring 0 enabled: 2; expected 0 or 1");
    }

    @Test
    void shouldRefuseAnMtuBelowTheMinimum() throws Exception {
        frontend.negotiate(ALL_PROTOCOL_FEATURES);
        frontend.send(VhostUserRequest.NET_SET_MTU, u64(67));
        assertRefused("NET_SET_MTU (20): MTU 67; expected 68 to 65535 bytes");
    }

    @Test
    void shouldRefuseAnMtuAboveTheMaximum() throws Exception {
        frontend.negotiate(ALL_PROTOCOL_FEATURES);
        frontend.send(VhostUserRequest.NET_SET_MTU, u64(-1));
        assertRefused("NET_SET_MTU (20): MTU 18446744073709551615; expected 68 to 65535 bytes");
    }

    @Test
    void shouldRefuseAStatusOfMoreThanEightBits() throws Exception {
        frontend.negotiate(ALL_PROTOCOL_FEATURES);
        frontend.send(VhostUserRequest.SET_STATUS, u64(0x100));
        assertRefused("SET_STATUS (39): device status 0x100; expected 0 to 0xff");
    }

    @Test
    void shouldSayWhatTheDeviceRefused() throws Exception {
        port.device.failOn("setMemoryTable");
        frontend.send(VhostUserRequest.SET_MEM_TABLE, PLAIN, table(1, 0, 0, 0, 0), 1);
        assertRefused("SET_MEM_TABLE (5): the device said no");
    }

    @Test
    void shouldSurviveAFaultOfTheDevice() throws Exception {
        port.device.crash(new IllegalStateException("a bug"));
        frontend.send(VhostUserRequest.SET_VRING_NUM, state(0, 256));
        assertRefused("SET_VRING_NUM (8): the device failed: java.lang.IllegalStateException: a bug");
    }

    /** Random bytes: nothing but refusals, and no descriptor left. */
    @Test
    void shouldSurviveRandomBytes() throws Exception {
        final Random random = new Random(20260101);
        for (int i = 0; i < 200; i++) {
            final byte[] bytes = new byte[random.nextInt(300)];
            random.nextBytes(bytes);
            if (bytes.length > 12) {
                RawFrontend.buffer(bytes)
                        .putInt(0, random.nextInt(42))
                        .putInt(4, PLAIN)
                        .putInt(8, random.nextInt(bytes.length));
            }
            try (RawFrontend hostile = i == 0 ? frontend : port.connect()) {
                hostile.sendRaw(bytes, random.nextInt(12));
            }
            port.ending();
        }
    }
}
