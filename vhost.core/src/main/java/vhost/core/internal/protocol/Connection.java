package vhost.core.internal.protocol;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.TimeUnit;
import linux.LinuxException;
import org.newsclub.net.unix.AFUNIXSocketChannel;
import org.newsclub.net.unix.FileDescriptorCast;

/** The socket of one front-end. Port's thread only; it waits for bytes, but never longer than until the port stops. */
final class Connection implements AutoCloseable {
    /** The time came and the bytes did not. */
    static final int TIMED_OUT = -1;

    /**
     * A front-end that does not read its replies is given up after this; milliseconds. It would hold the thread for ever
     * otherwise (SPDK issue 2518).
     */
    static final int SEND_DEADLINE_MILLIS = 1000;

    private final AFUNIXSocketChannel channel;
    private final int socket;
    private final Recvmsg recvmsg;
    private final StopSignal stop;

    /** Takes the connected channel over, and closes it also where this throws. */
    Connection(final AFUNIXSocketChannel channel, final Recvmsg recvmsg, final StopSignal stop) throws IOException {
        this.channel = channel;
        this.recvmsg = recvmsg;
        this.stop = stop;
        try {
            channel.configureBlocking(false);
            socket = FileDescriptorCast.using(channel.getFileDescriptor()).as(Integer.class);
            stop.watch(socket);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /**
     * Reads at most {@code length} bytes to {@code address}.
     *
     * @param timeoutMillis how long to wait for the first of them; -1 for ever
     * @return how many; 0 where the front-end has closed; {@link #TIMED_OUT}
     */
    int receive(final long address, final int length, final ReceivedDescriptors descriptors, final int timeoutMillis)
            throws IOException, SessionEnd {
        final long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        while (true) {
            refuseWhereStopped();
            final int count = recvmsg.receive(socket, address, length, descriptors);
            if (count != Recvmsg.WOULD_BLOCK) {
                return count;
            }
            if (timeoutMillis < 0) {
                stop.await(-1);
                continue;
            }
            final long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (left <= 0) {
                return TIMED_OUT;
            }
            stop.await((int) left);
        }
    }

    /** Sends all that {@code bytes} has left. */
    void send(final ByteBuffer bytes) throws IOException, SessionEnd {
        final long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(SEND_DEADLINE_MILLIS);
        while (bytes.hasRemaining()) {
            if (write(bytes) > 0) {
                continue;
            }
            refuseWhereStopped();
            if (System.nanoTime() - deadline > 0) {
                throw new IOException("the front-end does not read its replies: " + bytes.remaining()
                        + " bytes could not be sent within " + SEND_DEADLINE_MILLIS + " ms");
            }
            pause();
        }
    }

    private int write(final ByteBuffer bytes) throws IOException, SessionEnd {
        try {
            return channel.write(bytes);
        } catch (ClosedChannelException e) {
            // What junixsocket makes of EPIPE.
            throw new SessionEnd("the front-end closed the connection");
        }
    }

    private void refuseWhereStopped() throws SessionEnd {
        if (stop.isStopped()) {
            throw new SessionEnd("the port was closed");
        }
    }

    /** Only where a socket buffer is full, which an honest front-end never meets. */
    private static void pause() throws SessionEnd {
        try {
            Thread.sleep(1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SessionEnd("the port's thread was interrupted");
        }
    }

    @Override
    public void close() throws IOException {
        try {
            stop.unwatch(socket);
        } catch (LinuxException e) {
            // junixsocket closed it already, which ended the watch too.
        } finally {
            channel.close();
        }
    }
}
