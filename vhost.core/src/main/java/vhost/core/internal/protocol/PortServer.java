package vhost.core.internal.protocol;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import linux.LinuxException;
import org.newsclub.net.unix.AFUNIXSocketAddress;
import org.newsclub.net.unix.AFUNIXSocketChannel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import vhost.core.api.PortSpec;
import vhost.core.api.VhostException;
import vhost.core.internal.device.DeviceControl;
import vhost.core.internal.device.LogLimit;

/**
 * The socket of one port, and the thread that serves it: one front-end at a time, the next one when the session before is
 * over. It listens, or connects and tries again for as long as it is open. All calls to the device and to the events come
 * from that thread.
 */
public final class PortServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PortServer.class);

    private static final int FIRST_RETRY_MILLIS = 200;
    private static final int LAST_RETRY_MILLIS = 1000;

    /** How long {@link #close()} waits for the device to let go of a session. */
    private static final long CLOSE_DEADLINE_MILLIS = TimeUnit.SECONDS.toMillis(30);

    private final PortSpec spec;
    private final DeviceControl device;
    private final PortEvents events;
    private final StopSignal stop;
    /** A front-end can make a port say ten lines in ten seconds. */
    private final LogLimit log = new LogLimit(10, TimeUnit.SECONDS.toNanos(10), System::nanoTime);

    /** Null where the port connects. */
    private final ListeningSocket listener;

    private final Thread thread;

    /** Written by the port's thread only. */
    private volatile long connections;

    private int retryMillis;
    private String unreachable = "";

    private PortServer(
            final PortSpec spec,
            final DeviceControl device,
            final PortEvents events,
            final StopSignal stop,
            final ListeningSocket listener) {
        this.spec = spec;
        this.device = device;
        this.events = events;
        this.stop = stop;
        this.listener = listener;
        thread = Thread.ofPlatform().daemon().name("vhost-port-" + spec.name()).unstarted(this::run);
    }

    /**
     * Opens the socket and starts to serve it. A listening port can be connected to when this returns.
     *
     * @throws VhostException where the socket cannot be had; one line with what mends it
     */
    public static PortServer open(final PortSpec spec, final DeviceControl device, final PortEvents events)
            throws VhostException {
        ListeningSocket.checkLength(spec.name(), spec.socket());
        final StopSignal stop;
        try {
            stop = new StopSignal();
        } catch (LinuxException e) {
            throw new VhostException("port " + spec.name() + ": " + e.getMessage() + "; raise 'ulimit -n'", e);
        }
        final ListeningSocket listener;
        try {
            listener = spec.client() ? null : ListeningSocket.open(spec.name(), spec.socket());
        } catch (VhostException e) {
            stop.close();
            throw e;
        }
        final PortServer server = new PortServer(spec, device, events, stop, listener);
        server.thread.start();
        return server;
    }

    /** How many front-ends have connected since it opened. Any thread. */
    public long connections() {
        return connections;
    }

    /**
     * Ends the session, closes the socket and removes its file. Returns when the device has been told, or at once where
     * the port's own thread calls. Any thread, as often as it likes.
     */
    @Override
    public void close() {
        stop.stop();
        if (Thread.currentThread() == thread) {
            return;
        }
        try {
            if (!thread.join(Duration.ofMillis(CLOSE_DEADLINE_MILLIS))) {
                LOG.error(
                        "port {}: still busy {} ms after it was closed; its socket stays open until the device lets go",
                        spec.name(),
                        CLOSE_DEADLINE_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try (Arena arena = Arena.ofConfined()) {
            final Recvmsg recvmsg = new Recvmsg(arena);
            while (!stop.isStopped()) {
                final AFUNIXSocketChannel channel = listener == null ? connect() : accept();
                if (channel != null) {
                    serve(channel, recvmsg);
                }
            }
        } finally {
            closeListener();
            stop.close();
        }
    }

    private void serve(final AFUNIXSocketChannel channel, final Recvmsg recvmsg) {
        connections++;
        inform("port " + spec.name() + ": a front-end connected to " + spec.socket());
        tell(events::connected);
        final String reason = session(channel, recvmsg);
        inform("port " + spec.name() + ": session ended: " + reason);
        tell(() -> events.ended(reason));
    }

    private String session(final AFUNIXSocketChannel channel, final Recvmsg recvmsg) {
        try (Connection connection = new Connection(channel, recvmsg, stop);
                Arena arena = Arena.ofConfined()) {
            final MessageReader reader = new MessageReader(spec.name(), connection, arena);
            final MessageWriter writer = new MessageWriter(connection);
            return new VhostUserSession(spec.name(), device, reader, writer, this::warn).run();
        } catch (IOException e) {
            return e.getMessage();
        } catch (RuntimeException | InternalError e) {
            LOG.error("port {}: the device failed", spec.name(), e);
            return "the device failed: " + e;
        }
    }

    private AFUNIXSocketChannel accept() {
        try {
            // Not while a session runs: those who wait meanwhile would wake us again and again.
            stop.watch(listener.socket());
            try {
                AFUNIXSocketChannel channel = listener.accept();
                while (channel == null && !stop.isStopped()) {
                    stop.await(-1);
                    channel = listener.accept();
                }
                return channel;
            } finally {
                stop.unwatch(listener.socket());
            }
        } catch (IOException e) {
            warn("port " + spec.name() + ": cannot accept a front-end: " + e.getMessage());
            stop.await(LAST_RETRY_MILLIS);
            return null;
        }
    }

    private AFUNIXSocketChannel connect() {
        if (retryMillis > 0) {
            stop.await(retryMillis);
        }
        final AFUNIXSocketChannel channel = stop.isStopped() ? null : tryToConnect();
        // After a session too: a front-end that closes at once is not to be asked without pause.
        retryMillis =
                channel != null || retryMillis == 0 ? FIRST_RETRY_MILLIS : Math.min(2 * retryMillis, LAST_RETRY_MILLIS);
        return channel;
    }

    private AFUNIXSocketChannel tryToConnect() {
        AFUNIXSocketChannel channel = null;
        String reason = "its backlog is full";
        try {
            channel = AFUNIXSocketChannel.open();
            channel.configureBlocking(false);
            if (channel.connect(AFUNIXSocketAddress.of(spec.socket()))) {
                unreachable = "";
                return channel;
            }
        } catch (IOException e) {
            reason = e.getMessage();
        }
        closeQuietly(channel);
        if (!reason.equals(unreachable)) {
            unreachable = reason;
            inform("port " + spec.name() + ": no front-end at " + spec.socket() + ": " + reason + "; trying on");
            tell(() -> events.unreachable(unreachable));
        }
        return null;
    }

    private void closeListener() {
        if (listener != null) {
            try {
                listener.close();
            } catch (IOException e) {
                LOG.warn("port {}: cannot remove the socket {}: {}", spec.name(), spec.socket(), e.getMessage());
            }
        }
    }

    private static void closeQuietly(final AFUNIXSocketChannel channel) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                LOG.debug("closing a socket that never connected", e);
            }
        }
    }

    /** A listener's mistake must not end the port. */
    private void tell(final Runnable event) {
        try {
            event.run();
        } catch (RuntimeException e) {
            LOG.error("port {}: a listener failed", spec.name(), e);
        }
    }

    private void inform(final String line) {
        final String admitted = log.admit(line);
        if (admitted != null) {
            LOG.info(admitted);
        }
    }

    private void warn(final String line) {
        final String admitted = log.admit(line);
        if (admitted != null) {
            LOG.warn(admitted);
        }
    }
}
