package vhost.core.internal.protocol;

import static vhost.core.internal.protocol.VhostUserLayout.FLAGS;
import static vhost.core.internal.protocol.VhostUserLayout.FLAG_NEED_REPLY;
import static vhost.core.internal.protocol.VhostUserLayout.FLAG_REPLY;
import static vhost.core.internal.protocol.VhostUserLayout.HEADER_SIZE;
import static vhost.core.internal.protocol.VhostUserLayout.MAX_PAYLOAD;
import static vhost.core.internal.protocol.VhostUserLayout.REQUEST;
import static vhost.core.internal.protocol.VhostUserLayout.RESERVED_FLAGS;
import static vhost.core.internal.protocol.VhostUserLayout.SIZE;
import static vhost.core.internal.protocol.VhostUserLayout.VERSION;
import static vhost.core.internal.protocol.VhostUserLayout.VERSION_MASK;

import java.io.IOException;
import java.lang.foreign.Arena;
import linux.Memory;

/**
 * Reads one message after the other into one buffer. What it refuses ends the session: where a message cannot be framed,
 * the next one cannot be found. Port's thread only.
 */
final class MessageReader {
    /** A message that has begun must be complete after this; milliseconds. */
    static final int MESSAGE_DEADLINE_MILLIS = 2000;

    private final String port;
    private final Connection connection;
    private final ReceivedDescriptors descriptors = new ReceivedDescriptors();
    private final long header;
    private final long payload;
    private int size;

    /** The buffer lives as long as {@code arena}. */
    MessageReader(final String port, final Connection connection, final Arena arena) {
        this.port = port;
        this.connection = connection;
        header = arena.allocate(HEADER_SIZE + (long) MAX_PAYLOAD, 8).address();
        payload = header + HEADER_SIZE;
    }

    /** Waits for the next message and checks its header. The message before is gone, and its descriptors are closed. */
    void next() throws ProtocolException, SessionEnd, IOException {
        descriptors.closeAll();
        size = 0;
        final int first = connection.receive(header, HEADER_SIZE, descriptors, -1);
        if (first == 0) {
            throw new SessionEnd("the front-end closed the connection");
        }
        final int got = first + fill(header + first, HEADER_SIZE - first);
        if (got < HEADER_SIZE) {
            throw new ProtocolException(
                    port, "header", got + " bytes, then the end; expected " + HEADER_SIZE + " bytes");
        }
        checkHeader();
        size = Memory.getInt(header + SIZE);
        readPayload();
    }

    private void checkHeader() throws ProtocolException {
        final int flags = Memory.getInt(header + FLAGS);
        if ((flags & VERSION_MASK) != VERSION) {
            throw refusal("flags 0x%x have version %d; expected %d".formatted(flags, flags & VERSION_MASK, VERSION));
        }
        if ((flags & RESERVED_FLAGS) != 0) {
            throw refusal("flags 0x%x have reserved bits; expected 0x1 or 0x9".formatted(flags));
        }
        if ((flags & FLAG_REPLY) != 0) {
            throw refusal("flags 0x%x say that it is a reply; expected a request".formatted(flags));
        }
        final int announced = Memory.getInt(header + SIZE);
        if (announced < 0 || announced > MAX_PAYLOAD) {
            throw refusal("payload of " + Integer.toUnsignedString(announced) + " bytes; expected " + MAX_PAYLOAD
                    + " at most");
        }
        if (descriptors.isLost()) {
            throw refusal("descriptors were lost on the way; expected " + ReceivedDescriptors.MAX
                    + " at most, and as many free ones in this process");
        }
    }

    private void readPayload() throws ProtocolException, SessionEnd, IOException {
        final int withHeader = descriptors.count();
        final int got = fill(payload, size);
        if (got < size) {
            throw refusal(got + " bytes of payload, then the end; expected " + size);
        }
        // vhost-user, "Message Specification": they come with the header.
        if (descriptors.count() != withHeader || descriptors.isLost()) {
            throw refusal("descriptors inside of the payload; expected them with the header");
        }
    }

    /** Reads {@code length} bytes, or less where the front-end closes before. */
    private int fill(final long address, final int length) throws ProtocolException, SessionEnd, IOException {
        int got = 0;
        while (got < length) {
            final int count = connection.receive(address + got, length - got, descriptors, MESSAGE_DEADLINE_MILLIS);
            if (count == 0) {
                return got;
            }
            if (count == Connection.TIMED_OUT) {
                throw new ProtocolException(
                        port,
                        "message",
                        "no further byte within " + MESSAGE_DEADLINE_MILLIS + " ms; expected " + (length - got)
                                + " more");
            }
            got += count;
        }
        return got;
    }

    /** The request's number, as it came. */
    int request() {
        return Memory.getInt(header + REQUEST);
    }

    boolean needsReply() {
        return (Memory.getInt(header + FLAGS) & FLAG_NEED_REPLY) != 0;
    }

    /** Bytes of payload. */
    int size() {
        return size;
    }

    int u32(final int offset) {
        return Memory.getInt(at(offset, Integer.BYTES));
    }

    long u64(final int offset) {
        return Memory.getLong(at(offset, Long.BYTES));
    }

    ReceivedDescriptors descriptors() {
        return descriptors;
    }

    /** A refusal of this message. */
    ProtocolException refusal(final String what) {
        return new ProtocolException(port, VhostUserRequest.describe(request()), what);
    }

    /** The bytes behind the payload belong to earlier messages. */
    private long at(final int offset, final int length) {
        if (offset < 0 || offset > size - length) {
            throw new IndexOutOfBoundsException("field at " + offset + " of a payload of " + size + " bytes");
        }
        return payload + offset;
    }
}
