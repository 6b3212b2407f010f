package vhost.core.internal.protocol;

import static vhost.core.internal.protocol.VhostUserLayout.FLAGS;
import static vhost.core.internal.protocol.VhostUserLayout.FLAG_REPLY;
import static vhost.core.internal.protocol.VhostUserLayout.HEADER_SIZE;
import static vhost.core.internal.protocol.VhostUserLayout.REQUEST;
import static vhost.core.internal.protocol.VhostUserLayout.SIZE;
import static vhost.core.internal.protocol.VhostUserLayout.STATE_INDEX;
import static vhost.core.internal.protocol.VhostUserLayout.STATE_NUM;
import static vhost.core.internal.protocol.VhostUserLayout.STATE_SIZE;
import static vhost.core.internal.protocol.VhostUserLayout.U64_SIZE;
import static vhost.core.internal.protocol.VhostUserLayout.VERSION;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Sends replies. Their flags are exactly 0x5, never with the NEED_REPLY of the request: front-ends refuse anything else.
 * Port's thread only.
 */
final class MessageWriter {
    private final Connection connection;
    private final ByteBuffer buffer =
            ByteBuffer.allocateDirect(HEADER_SIZE + U64_SIZE).order(ByteOrder.nativeOrder());

    MessageWriter(final Connection connection) {
        this.connection = connection;
    }

    void replyU64(final int request, final long value) throws IOException, SessionEnd {
        buffer.putLong(HEADER_SIZE, value);
        send(request, U64_SIZE);
    }

    void replyState(final int request, final int index, final int num) throws IOException, SessionEnd {
        buffer.putInt(HEADER_SIZE + STATE_INDEX, index);
        buffer.putInt(HEADER_SIZE + STATE_NUM, num);
        send(request, STATE_SIZE);
    }

    private void send(final int request, final int size) throws IOException, SessionEnd {
        buffer.putInt(REQUEST, request);
        buffer.putInt(FLAGS, VERSION | FLAG_REPLY);
        buffer.putInt(SIZE, size);
        buffer.position(0).limit(HEADER_SIZE + size);
        connection.send(buffer);
        buffer.clear();
    }
}
