package vhost.core.internal.protocol;

import linux.Epoll;
import linux.EventFd;
import linux.LinuxException;

/** Lets the thread of a port wait for one socket, and be told by any other thread to stop. */
final class StopSignal implements AutoCloseable {
    private static final int WAKE = 0;
    private static final int SOCKET = 1;

    private final Epoll epoll;
    private final EventFd wake;
    private volatile boolean stopped;
    private boolean closed;

    StopSignal() throws LinuxException {
        epoll = new Epoll();
        try {
            wake = EventFd.create();
        } catch (LinuxException e) {
            epoll.close();
            throw e;
        }
        try {
            epoll.add(wake.fd(), WAKE);
        } catch (LinuxException e) {
            wake.close();
            epoll.close();
            throw e;
        }
    }

    /** Port's thread. */
    void watch(final int socket) throws LinuxException {
        epoll.add(socket, SOCKET);
    }

    /** Port's thread, before the socket is closed. */
    void unwatch(final int socket) throws LinuxException {
        epoll.remove(socket);
    }

    /** Port's thread. Waits until there is something to read, or to stop for; -1 waits without end. */
    void await(final int timeoutMillis) {
        if (!stopped) {
            epoll.await(timeoutMillis);
        }
    }

    boolean isStopped() {
        return stopped;
    }

    /** Any thread, as often as it likes. */
    synchronized void stop() {
        stopped = true;
        if (!closed) {
            wake.signal();
        }
    }

    /** Port's thread, at its end. */
    @Override
    public synchronized void close() {
        stopped = true;
        if (!closed) {
            closed = true;
            epoll.close();
            wake.close();
        }
    }
}
