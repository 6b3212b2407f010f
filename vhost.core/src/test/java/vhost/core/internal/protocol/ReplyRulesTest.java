package vhost.core.internal.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static vhost.core.internal.protocol.RawFrontend.NEED_REPLY;
import static vhost.core.internal.protocol.RawFrontend.PLAIN;
import static vhost.core.internal.protocol.RawFrontend.REPLY;
import static vhost.core.internal.protocol.RawFrontend.header;
import static vhost.core.internal.protocol.RawFrontend.state;
import static vhost.core.internal.protocol.RawFrontend.table;
import static vhost.core.internal.protocol.RawFrontend.u64;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who is answered, when and with what (vhost-user, {@code VHOST_USER_PROTOCOL_F_REPLY_ACK}). */
@Timeout(20)
class ReplyRulesTest {
    @TempDir
    Path directory;

    private PortFixture port;
    private RawFrontend frontend;

    @BeforeEach
    void open() throws Exception {
        port = PortFixture.listening(directory);
        frontend = port.connect();
    }

    @AfterEach
    void close() throws Exception {
        frontend.close();
        port.close();
    }

    /** Its own reply, and no acknowledgement behind it; NEED_REPLY must not come back in the flags. */
    @ParameterizedTest
    @EnumSource(
            value = VhostUserRequest.class,
            names = {
                "GET_FEATURES",
                "GET_PROTOCOL_FEATURES",
                "GET_QUEUE_NUM",
                "GET_VRING_BASE",
                "GET_MAX_MEM_SLOTS",
                "GET_STATUS"
            })
    void shouldAnswerARequestWithItsOwnReplyOnce(final VhostUserRequest request) {
        frontend.negotiate(ProtocolFeature.OFFERED);
        final byte[] payload = request == VhostUserRequest.GET_VRING_BASE ? state(0, 0) : new byte[0];
        frontend.send(request, NEED_REPLY, payload, 0);
        assertThat(frontend.answer(request).payload()).hasSize(8);
        frontend.send(VhostUserRequest.GET_QUEUE_NUM);
        assertThat(frontend.answer(VhostUserRequest.GET_QUEUE_NUM).u64()).isEqualTo(2);
    }

    @Test
    void shouldSendExactlyTwentyBytesForAU64() {
        frontend.send(VhostUserRequest.GET_FEATURES);
        final RawFrontend.Reply reply = frontend.answer();
        assertThat(reply.request()).isEqualTo(1);
        assertThat(reply.flags()).isEqualTo(REPLY);
        assertThat(reply.payload()).hasSize(8);
    }

    @Test
    void shouldAcknowledgeOnlyWhereAsked() {
        frontend.negotiate(ProtocolFeature.OFFERED);
        frontend.send(VhostUserRequest.SET_STATUS, u64(1));
        assertThat(frontend.acknowledged(VhostUserRequest.SET_STATUS, u64(3), 0))
                .isZero();
        assertThat(frontend.ask(VhostUserRequest.GET_STATUS)).isEqualTo(3);
    }

    /** The flag means nothing before REPLY_ACK was negotiated: an answer that nobody reads would stand for the next. */
    @Test
    void shouldNotAcknowledgeWithoutReplyAck() {
        frontend.send(VhostUserRequest.SET_OWNER, NEED_REPLY, new byte[0], 0);
        frontend.send(VhostUserRequest.GET_FEATURES);
        assertThat(frontend.answer().request()).isEqualTo(VhostUserRequest.GET_FEATURES.number());
    }

    @Test
    void shouldAnswerAFailureAndGoOnWhereAsked() throws Exception {
        frontend.negotiate(ProtocolFeature.OFFERED);
        assertThat(frontend.acknowledged(VhostUserRequest.SET_VRING_NUM, state(9, 256), 0))
                .isEqualTo(1);
        port.device.failOn("setMemoryTable");
        assertThat(frontend.acknowledged(VhostUserRequest.SET_MEM_TABLE, table(1, 0, 0, 0, 0), 1))
                .isEqualTo(1);
        assertThat(frontend.acknowledged(VhostUserRequest.SET_VRING_NUM, state(0, 256), 0))
                .isZero();
        assertThat(port.hasNoEnding()).isTrue();
    }

    @Test
    void shouldAnswerAWrongSizeAndGoOnWhereAsked() {
        frontend.negotiate(ProtocolFeature.OFFERED);
        assertThat(frontend.acknowledged(VhostUserRequest.SET_VRING_NUM, new byte[40], 0))
                .isEqualTo(1);
        frontend.barrier();
    }

    @Test
    void shouldAnswerAnUnknownRequestAndGoOnWhereAsked() {
        frontend.negotiate(ProtocolFeature.OFFERED);
        frontend.sendRaw(header(77, NEED_REPLY, 0), 2);
        final RawFrontend.Reply reply = frontend.answer();
        assertThat(reply.request()).isEqualTo(77);
        assertThat(reply.flags()).isEqualTo(REPLY);
        assertThat(reply.u64()).isEqualTo(1);
        frontend.barrier();
    }

    @Test
    void shouldEndTheSessionOnAFailureThatCannotBeAnswered() throws Exception {
        frontend.negotiate(ProtocolFeature.OFFERED);
        frontend.send(VhostUserRequest.SET_VRING_NUM, PLAIN, state(9, 256), 0);
        assertThat(frontend.isClosedByPort()).isTrue();
        assertThat(port.ending()).isEqualTo("SET_VRING_NUM (8): ring index 9; expected 0 to 3");
    }

    /** A 1 would be read as ring 1 with base 0. */
    @Test
    void shouldEndTheSessionOnAFailureWhoseAnswerWouldBeTakenForData() throws Exception {
        frontend.negotiate(ProtocolFeature.OFFERED);
        port.device.failOn("stopRing");
        frontend.send(VhostUserRequest.GET_VRING_BASE, NEED_REPLY, state(0, 0), 0);
        assertThat(frontend.isClosedByPort()).isTrue();
        assertThat(port.ending()).isEqualTo("GET_VRING_BASE (11): the device said no");
    }

    /** SPDK issue 2518: the thread must not wait for ever for room in the socket. */
    @Test
    void shouldGiveUpAFrontEndThatDoesNotReadItsReplies() throws Exception {
        Thread.ofPlatform().daemon().start(() -> {
            final byte[] request = header(1, PLAIN, 0);
            try {
                while (true) {
                    frontend.sendRaw(request, 0);
                }
            } catch (RuntimeException e) {
                // The port has closed.
            }
        });
        assertThat(port.ending())
                .startsWith("the front-end does not read its replies: ")
                .endsWith(" bytes could not be sent within 1000 ms");
    }
}
