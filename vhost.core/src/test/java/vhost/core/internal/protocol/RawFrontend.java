package vhost.core.internal.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.FileDescriptor;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import org.newsclub.net.unix.AFUNIXSocketAddress;
import org.newsclub.net.unix.AFUNIXSocketChannel;

/** A front-end that sends whatever bytes and descriptors it is told to. Waits are bounded by the tests' time limit. */
final class RawFrontend implements AutoCloseable {
    static final int PLAIN = 0x1;
    static final int NEED_REPLY = 0x9;
    static final int REPLY = 0x5;
    static final long BIT_30 = 1L << 30;

    /** What DPDK's virtio-user takes: MQ, REPLY_ACK, STATUS. */
    static final long VIRTIO_USER = 0x10009;

    private final AFUNIXSocketChannel channel;
    private final RandomAccessFile file;

    /** Takes a connected channel over. */
    RawFrontend(final AFUNIXSocketChannel channel) throws IOException {
        this(channel, Path.of("/dev/null"));
    }

    private RawFrontend(final AFUNIXSocketChannel channel, final Path file) throws IOException {
        this.channel = channel;
        this.file = new RandomAccessFile(file.toFile(), "rw");
    }

    static RawFrontend connect(final Path socket) throws IOException {
        return new RawFrontend(AFUNIXSocketChannel.open(AFUNIXSocketAddress.of(socket)));
    }

    /** One whose descriptors are all of {@code file}. */
    static RawFrontend connect(final Path socket, final Path file) throws IOException {
        return new RawFrontend(AFUNIXSocketChannel.open(AFUNIXSocketAddress.of(socket)), file);
    }

    /** An answer. */
    record Reply(int request, int flags, byte[] payload) {
        long u64() {
            assertThat(payload).hasSize(8);
            return buffer(payload).getLong(0);
        }

        int u32(final int offset) {
            return buffer(payload).getInt(offset);
        }
    }

    static ByteBuffer buffer(final byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
    }

    static byte[] u64(final long value) {
        return longs(value);
    }

    static byte[] longs(final long... values) {
        final byte[] bytes = new byte[8 * values.length];
        buffer(bytes).asLongBuffer().put(values);
        return bytes;
    }

    static byte[] state(final int index, final int num) {
        final byte[] bytes = new byte[8];
        buffer(bytes).putInt(0, index).putInt(4, num);
        return bytes;
    }

    static byte[] addresses(final int index, final int flags, final long... addresses) {
        final ByteBuffer bytes = ByteBuffer.allocate(40).order(ByteOrder.nativeOrder());
        bytes.putInt(index).putInt(flags);
        for (final long address : addresses) {
            bytes.putLong(address);
        }
        return bytes.array();
    }

    /** A table that says {@code count} and has the given regions, four values each. */
    static byte[] table(final int count, final long... regions) {
        final ByteBuffer bytes = ByteBuffer.allocate(8 + 8 * regions.length).order(ByteOrder.nativeOrder());
        bytes.putInt(count).putInt(0);
        for (final long value : regions) {
            bytes.putLong(value);
        }
        return bytes.array();
    }

    static byte[] header(final int request, final int flags, final int size) {
        final ByteBuffer bytes = ByteBuffer.allocate(12).order(ByteOrder.nativeOrder());
        bytes.putInt(request).putInt(flags).putInt(size);
        return bytes.array();
    }

    static byte[] concat(final byte[] first, final byte[] second) {
        final byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    /** Sends bytes as they are, with {@code descriptors} of them attached. */
    void sendRaw(final byte[] bytes, final int descriptors) {
        try {
            if (descriptors > 0) {
                final FileDescriptor[] attached = new FileDescriptor[descriptors];
                Arrays.fill(attached, file.getFD());
                channel.setOutboundFileDescriptors(attached);
            }
            final ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void send(final VhostUserRequest request, final int flags, final byte[] payload, final int descriptors) {
        sendRaw(concat(header(request.number(), flags, payload.length), payload), descriptors);
    }

    void send(final VhostUserRequest request, final byte[] payload) {
        send(request, PLAIN, payload, 0);
    }

    void send(final VhostUserRequest request) {
        send(request, PLAIN, new byte[0], 0);
    }

    /** Sends with NEED_REPLY and returns what came back. */
    long acknowledged(final VhostUserRequest request, final byte[] payload, final int descriptors) {
        send(request, NEED_REPLY, payload, descriptors);
        return answer(request).u64();
    }

    Reply ask(final VhostUserRequest request, final byte[] payload) {
        send(request, payload);
        return answer(request);
    }

    long ask(final VhostUserRequest request) {
        return ask(request, new byte[0]).u64();
    }

    /** The next answer, which must be one to {@code request} and have exactly the flags that front-ends want. */
    Reply answer(final VhostUserRequest request) {
        final Reply reply = answer();
        assertThat(reply.request()).isEqualTo(request.number());
        assertThat(reply.flags()).isEqualTo(REPLY);
        return reply;
    }

    Reply answer() {
        final ByteBuffer header = buffer(read(12));
        return new Reply(header.getInt(0), header.getInt(4), read(header.getInt(8)));
    }

    /** Sets features with bit 30 and accepts the protocol features. */
    void negotiate(final long protocolFeatures) {
        send(VhostUserRequest.SET_PROTOCOL_FEATURES, u64(protocolFeatures));
        send(VhostUserRequest.SET_FEATURES, u64(RecordingDevice.VERSION_1 | BIT_30));
    }

    /** Waits until the port has served all before. */
    void barrier() {
        ask(VhostUserRequest.GET_FEATURES);
    }

    /** Whether the port has closed its end, and sent nothing before. */
    boolean isClosedByPort() {
        try {
            return channel.read(ByteBuffer.allocateDirect(1)) < 0;
        } catch (IOException e) {
            return true;
        }
    }

    private byte[] read(final int length) {
        final ByteBuffer bytes = ByteBuffer.allocateDirect(length);
        try {
            while (bytes.hasRemaining()) {
                if (channel.read(bytes) < 0) {
                    throw new AssertionError("closed after " + bytes.position() + " of " + length + " bytes");
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        final byte[] copy = new byte[length];
        bytes.flip().get(copy);
        return copy;
    }

    @Override
    public void close() throws IOException {
        file.close();
        channel.close();
    }
}
