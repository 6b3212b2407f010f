package vhost.core.api;

import java.nio.file.Path;

/**
 * What a port is to be.
 *
 * @param name unique; letters, digits, {@code . _ -}
 * @param socket the Unix socket of the front-end
 * @param client whether the port connects to a front-end that listens, and again after each loss; otherwise it listens
 * @param queuePairs the most queue pairs it offers, 1 to 128
 * @param mtu offered to the guest, bytes, 68 to 65535; 0 offers none
 */
public record PortSpec(String name, Path socket, boolean client, int queuePairs, int mtu) {
    /** Most queue pairs a port can have. */
    public static final int MAX_QUEUE_PAIRS = 128;

    /** Checks the ranges; the messages are for people. */
    public PortSpec {
        if (!name.matches("[A-Za-z0-9._-]{1,64}")) {
            throw new IllegalArgumentException(
                    "port name '" + name + "': use 1 to 64 letters, digits, dots, dashes or underscores");
        }
        if (queuePairs < 1 || queuePairs > MAX_QUEUE_PAIRS) {
            throw new IllegalArgumentException(
                    "port " + name + ": " + queuePairs + " queue pairs; use 1 to " + MAX_QUEUE_PAIRS);
        }
        if (mtu != 0 && (mtu < 68 || mtu > 65535)) {
            throw new IllegalArgumentException("port " + name + ": MTU " + mtu + "; use 68 to 65535, or 0 for none");
        }
        socket = socket.toAbsolutePath().normalize();
    }
}
