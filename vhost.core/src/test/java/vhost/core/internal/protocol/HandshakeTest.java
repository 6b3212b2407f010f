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
import static vhost.core.internal.protocol.RecordingDevice.OFFERED;
import static vhost.core.internal.protocol.RecordingDevice.VERSION_1;

import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What honest front-ends send, in their order, and what the device hears of it. */
@Timeout(20)
class HandshakeTest {
    private static final byte[] NOTHING = {};

    @TempDir
    Path directory;

    private PortFixture port;

    @BeforeEach
    void open() throws Exception {
        port = PortFixture.listening(directory);
    }

    @AfterEach
    void close() {
        port.close();
    }

    /** Recorded from DPDK's virtio-user with one queue pair. */
    @Test
    void shouldServeTheHandshakeOfVirtioUser() throws Exception {
        try (RawFrontend frontend = port.connect()) {
            frontend.send(VhostUserRequest.SET_OWNER);
            assertThat(frontend.ask(VhostUserRequest.GET_FEATURES)).isEqualTo(OFFERED | BIT_30);
            assertThat(frontend.ask(VhostUserRequest.GET_PROTOCOL_FEATURES)).isEqualTo(0x1A03DL);
            frontend.send(VhostUserRequest.SET_PROTOCOL_FEATURES, u64(RawFrontend.VIRTIO_USER));
            frontend.send(VhostUserRequest.SET_VRING_CALL, PLAIN, u64(0), 1);
            frontend.send(VhostUserRequest.SET_VRING_CALL, PLAIN, u64(1), 1);
            frontend.send(VhostUserRequest.SET_FEATURES, u64(VERSION_1 | MRG_RXBUF | BIT_30));
            assertThat(frontend.acknowledged(VhostUserRequest.SET_STATUS, u64(0xb), 0))
                    .isZero();
            assertThat(frontend.ask(VhostUserRequest.GET_STATUS)).isEqualTo(0xb);
            assertThat(frontend.ask(VhostUserRequest.GET_STATUS)).isEqualTo(0xb);
            assertThat(frontend.acknowledged(
                            VhostUserRequest.SET_MEM_TABLE, table(1, 0x10000, 0x200000, 0x10000, 0x1000), 1))
                    .isZero();
            for (int ring = 0; ring < 2; ring++) {
                frontend.send(VhostUserRequest.SET_VRING_NUM, state(ring, 256));
                frontend.send(VhostUserRequest.SET_VRING_BASE, state(ring, 0));
                frontend.send(VhostUserRequest.SET_VRING_ADDR, addresses(ring, 0, 0x10000, 0x12000, 0x11000, 0));
                frontend.send(VhostUserRequest.SET_VRING_KICK, PLAIN, u64(ring), 1);
            }
            frontend.send(VhostUserRequest.SET_VRING_ENABLE, state(0, 1));
            frontend.send(VhostUserRequest.SET_VRING_ENABLE, state(1, 1));
            assertThat(frontend.acknowledged(VhostUserRequest.SET_STATUS, u64(0xf), 0))
                    .isZero();

            frontend.send(VhostUserRequest.SET_VRING_ENABLE, state(0, 0));
            port.device.setBase(0x8765_4321);
            final RawFrontend.Reply base = frontend.ask(VhostUserRequest.GET_VRING_BASE, state(1, 0));
            assertThat(base.payload()).isEqualTo(state(1, 0x8765_4321));
        }
        assertThat(port.ending()).isEqualTo("the front-end closed the connection");
        assertThat(port.device.calls)
                .containsExactly(
                        "connected",
                        "setCall(0, fd)",
                        "setCall(1, fd)",
                        "setFeatures(0x100008000)",
                        "setStatus(11)",
                        "setMemoryTable(10000+200000@10000/1000 fd)",
                        "setRingSize(0, 256)",
                        "setRingBase(0, 0)",
                        "setRingAddresses(0, 0, 65536, 73728, 69632, 0)",
                        "setKick(0, fd)",
                        "setRingSize(1, 256)",
                        "setRingBase(1, 0)",
                        "setRingAddresses(1, 0, 65536, 73728, 69632, 0)",
                        "setKick(1, fd)",
                        "setRingEnabled(0, true)",
                        "setRingEnabled(1, true)",
                        "setStatus(15)",
                        "setRingEnabled(0, false)",
                        "stopRing(1)",
                        "disconnected");
    }

    /** QEMU asks for more, enables rings before it sets features, and sends the features again for each pair. */
    @Test
    void shouldServeTheHandshakeOfQemu() throws Exception {
        try (RawFrontend frontend = port.connect()) {
            for (int pair = 0; pair < 2; pair++) {
                frontend.barrier();
                final long offered = frontend.ask(VhostUserRequest.GET_PROTOCOL_FEATURES);
                frontend.send(VhostUserRequest.SET_PROTOCOL_FEATURES, u64(offered));
                assertThat(frontend.ask(VhostUserRequest.GET_QUEUE_NUM)).isEqualTo(2);
                if (pair == 0) {
                    assertThat(frontend.acknowledged(VhostUserRequest.SET_BACKEND_REQ_FD, NOTHING, 1))
                            .isZero();
                }
                assertThat(frontend.ask(VhostUserRequest.GET_MAX_MEM_SLOTS)).isEqualTo(64);
                frontend.send(VhostUserRequest.SET_OWNER);
            }
            frontend.send(VhostUserRequest.SET_VRING_CALL, PLAIN, u64(0), 1);
            frontend.send(VhostUserRequest.SET_VRING_ERR, PLAIN, u64(0), 1);
            assertThat(frontend.acknowledged(VhostUserRequest.SET_VRING_ENABLE, state(0, 1), 0))
                    .isZero();
            for (int pair = 0; pair < 2; pair++) {
                frontend.send(VhostUserRequest.SET_FEATURES, u64(VERSION_1 | BIT_30));
                if (pair == 0) {
                    assertThat(frontend.acknowledged(
                                    VhostUserRequest.ADD_MEM_REG, longs(0, 0, 0xa0000, 0x7f0000, 0), 1))
                            .isZero();
                }
                final int ring = 2 * pair;
                frontend.send(VhostUserRequest.SET_VRING_NUM, state(ring, 1024));
                frontend.send(VhostUserRequest.SET_VRING_BASE, state(ring, 0));
                frontend.send(VhostUserRequest.SET_VRING_ADDR, addresses(ring, 0, 1, 2, 3, 0));
                frontend.send(VhostUserRequest.SET_VRING_KICK, PLAIN, u64(ring), 1);
                frontend.send(VhostUserRequest.SET_VRING_CALL, PLAIN, u64(ring), 1);
            }
            frontend.send(VhostUserRequest.SET_VRING_CALL, PLAIN, u64(0x100), 0);
            frontend.send(VhostUserRequest.SET_VRING_KICK, PLAIN, u64(0x102), 0);
            assertThat(frontend.acknowledged(VhostUserRequest.NET_SET_MTU, u64(9000), 0))
                    .isZero();
            assertThat(frontend.acknowledged(VhostUserRequest.SEND_RARP, u64(0xffff_5634_1200_5452L), 0))
                    .isZero();
            assertThat(frontend.acknowledged(VhostUserRequest.REM_MEM_REG, longs(0, 0, 0xa0000, 0x7f0000, 0), 0))
                    .isZero();
            assertThat(frontend.acknowledged(VhostUserRequest.RESET_DEVICE, NOTHING, 0))
                    .isZero();
        }
        assertThat(port.ending()).isEqualTo("the front-end closed the connection");
        assertThat(port.device.calls)
                .containsExactly(
                        "connected",
                        "setCall(0, fd)",
                        "setErr(0, fd)",
                        "setRingEnabled(0, true)",
                        "setFeatures(0x100000000)",
                        "addMemory(0+a0000@7f0000/0 fd)",
                        "setRingSize(0, 1024)",
                        "setRingBase(0, 0)",
                        "setRingAddresses(0, 0, 1, 2, 3, 0)",
                        "setKick(0, fd)",
                        "setCall(0, fd)",
                        "setFeatures(0x100000000)",
                        "setRingSize(2, 1024)",
                        "setRingBase(2, 0)",
                        "setRingAddresses(2, 0, 1, 2, 3, 0)",
                        "setKick(2, fd)",
                        "setCall(2, fd)",
                        "setCall(0, none)",
                        "setKick(2, none)",
                        "setMtu(9000)",
                        "sendRarp(563412005452)",
                        "removeMemory(0+a0000@7f0000/0 none)",
                        "reset()",
                        "disconnected");
    }

    @Test
    void shouldEnableAllRingsWhereBit30IsNotAccepted() throws Exception {
        try (RawFrontend frontend = port.connect()) {
            frontend.send(VhostUserRequest.SET_FEATURES, u64(VERSION_1));
            frontend.barrier();
        }
        port.ending();
        assertThat(port.device.calls)
                .containsExactly("connected", "setFeatures(0x100000000)", "enableAllRings()", "disconnected");
    }

    /** A reset makes the features void; what the front-end may enable then follows from the protocol features. */
    @Test
    void shouldTellTheDeviceFeaturesAgainAfterAReset() throws Exception {
        try (RawFrontend frontend = port.connect()) {
            frontend.send(VhostUserRequest.SET_PROTOCOL_FEATURES, u64(RawFrontend.VIRTIO_USER));
            frontend.send(VhostUserRequest.SET_FEATURES, u64(VERSION_1));
            assertThat(frontend.acknowledged(VhostUserRequest.SET_STATUS, u64(0), 0))
                    .isZero();
            assertThat(frontend.acknowledged(VhostUserRequest.SET_VRING_ENABLE, state(0, 1), 0))
                    .isZero();
            assertThat(frontend.acknowledged(VhostUserRequest.SET_FEATURES, u64(VERSION_1), 0))
                    .isZero();
        }
        port.ending();
        assertThat(port.device.calls)
                .containsExactly(
                        "connected",
                        "setFeatures(0x100000000)",
                        "enableAllRings()",
                        "setStatus(0)",
                        "setRingEnabled(0, true)",
                        "setFeatures(0x100000000)",
                        "enableAllRings()",
                        "disconnected");
    }

    /** A memory table of 8 regions, each with its descriptor. */
    @Test
    void shouldTakeEightRegions() throws Exception {
        final long[] regions = new long[32];
        for (int i = 0; i < 8; i++) {
            regions[4 * i] = i;
            regions[4 * i + 1] = 0x1000 + i;
            regions[4 * i + 2] = 0x2000 + i;
            regions[4 * i + 3] = 0x3000 + i;
        }
        try (RawFrontend frontend = port.connect()) {
            frontend.negotiate(RawFrontend.VIRTIO_USER);
            assertThat(frontend.acknowledged(VhostUserRequest.SET_MEM_TABLE, table(8, regions), 8))
                    .isZero();
        }
        port.ending();
        assertThat(port.device.descriptors()).isEqualTo(8);
        assertThat(port.device.calls)
                .contains("setMemoryTable(0+1000@2000/3000 fd, 1+1001@2001/3001 fd, 2+1002@2002/3002 fd, "
                        + "3+1003@2003/3003 fd, 4+1004@2004/3004 fd, 5+1005@2005/3005 fd, 6+1006@2006/3006 fd, "
                        + "7+1007@2007/3007 fd)");
    }

    /** The kernel may hand a message over in pieces. */
    @Test
    void shouldPutAMessageInPiecesTogether() throws Exception {
        try (RawFrontend frontend = port.connect()) {
            final byte[] message =
                    RawFrontend.concat(RawFrontend.header(VhostUserRequest.SET_VRING_CALL.number(), PLAIN, 8), u64(1));
            frontend.sendRaw(Arrays.copyOf(message, 5), 1);
            Thread.sleep(30);
            frontend.sendRaw(Arrays.copyOfRange(message, 5, 14), 0);
            Thread.sleep(30);
            frontend.sendRaw(Arrays.copyOfRange(message, 14, 20), 0);
            frontend.barrier();
        }
        port.ending();
        assertThat(port.device.calls).containsExactly("connected", "setCall(1, fd)", "disconnected");
    }
}
