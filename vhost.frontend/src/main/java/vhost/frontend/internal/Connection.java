package vhost.frontend.internal;

import java.io.FileDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import linux.Linux;
import org.newsclub.net.unix.AFUNIXServerSocket;
import org.newsclub.net.unix.AFUNIXSocket;
import org.newsclub.net.unix.AFUNIXSocketAddress;
import org.newsclub.net.unix.FileDescriptorCast;

/** A connected unix stream socket that carries descriptors. Belongs to the control thread. */
public final class Connection implements AutoCloseable {
    private static final int ANCILLARY_BYTES = 1024;
    private static final int[] NO_FDS = {};

    private final AFUNIXSocket socket;
    private final InputStream input;

    private Connection(final AFUNIXSocket socket, final Duration timeout) throws IOException {
        this.socket = socket;
        socket.ensureAncillaryReceiveBufferSize(ANCILLARY_BYTES);
        socket.setSoTimeout(Math.toIntExact(timeout.toMillis()));
        input = socket.getInputStream();
    }

    /** Connects to a listening peer. */
    public static Connection connect(final Path path, final Duration timeout) throws IOException {
        return of(AFUNIXSocket.connectTo(AFUNIXSocketAddress.of(path)), timeout);
    }

    private static Connection of(final AFUNIXSocket socket, final Duration timeout) throws IOException {
        try {
            return new Connection(socket, timeout);
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    /** Sends all bytes; the descriptors, which stay the caller's, travel with the first. */
    public void send(final byte[] bytes, final int... fds) throws IOException {
        if (fds.length > 0) {
            final FileDescriptor[] attached = new FileDescriptor[fds.length];
            for (int i = 0; i < fds.length; i++) {
                attached[i] = FileDescriptorCast.unsafeUsing(fds[i]).getFileDescriptor();
            }
            socket.setOutboundFileDescriptors(attached);
        }
        socket.getOutputStream().write(bytes);
    }

    /** Fills {@code into}; false where the peer closed before the first byte. */
    public boolean receive(final byte[] into) throws IOException {
        final int read = input.readNBytes(into, 0, into.length);
        if (read > 0 && read < into.length) {
            throw new IOException("the back-end closed in the middle of a message");
        }
        return read == into.length;
    }

    /** Descriptors that came with what was received since the last call; the caller's to close. */
    public int[] takeFds() throws IOException {
        final FileDescriptor[] received = socket.getReceivedFileDescriptors();
        if (received == null || received.length == 0) {
            return NO_FDS;
        }
        final int[] fds = new int[received.length];
        for (int i = 0; i < fds.length; i++) {
            final int original = FileDescriptorCast.using(received[i]).as(Integer.class);
            fds[i] = Linux.duplicate(original);
            FileDescriptorCast.using(received[i])
                    .as(java.io.FileInputStream.class)
                    .close();
        }
        return fds;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    /** A listening socket. The path is free again after {@link #close()}. */
    public static final class Listener implements AutoCloseable {
        private final Path path;
        private final AFUNIXServerSocket server;

        public Listener(final Path path) throws IOException {
            this.path = path;
            Files.deleteIfExists(path);
            server = AFUNIXServerSocket.bindOn(AFUNIXSocketAddress.of(path));
        }

        /** Waits for a peer, {@code accept} at most; {@code timeout} is the new connection's. */
        public Connection accept(final Duration accept, final Duration timeout) throws IOException {
            server.setSoTimeout(Math.toIntExact(accept.toMillis()));
            return of(server.accept(), timeout);
        }

        @Override
        public void close() throws IOException {
            server.close();
            Files.deleteIfExists(path);
        }
    }
}
