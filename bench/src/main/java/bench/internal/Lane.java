package bench.internal;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import linux.Memory;
import vhost.core.api.Packet;
import vhost.core.api.PortSpec;
import vhost.core.api.VhostException;
import vhost.core.api.VhostPort;
import vhost.core.api.VhostPorts;
import vhost.core.api.VhostQueue;
import vhost.frontend.FrontendConfig;
import vhost.frontend.QueuePair;
import vhost.frontend.ReceivedPackets;
import vhost.frontend.VhostFrontend;

/**
 * A port and its front-end, for one load: prepares the rings and looks at what came. The control thread only; the worker has
 * nothing to do meanwhile, and the front-end nothing while the worker runs.
 *
 * <p>A buffer holds a whole packet, so a packet is one copy of its length.
 */
final class Lane implements AutoCloseable {
    private static final int SMALLEST_BUFFER = 2048;
    private static final int HEADER_BYTES = 12;
    private static final int DESCRIPTOR_BYTES = 16;
    private static final int BURST = 64;

    private final VhostPorts ports;
    private final Load load;
    private final Payload payload;
    private final int count;
    private final VhostPort port;
    private final VhostFrontend frontend;
    private final QueuePair pair;
    private final ReceivedPackets received;
    private final Arena arena = Arena.ofShared();
    private final long[] outgoing = new long[BURST];
    private final int[] lengths = new int[BURST];

    Lane(
            final VhostPorts ports,
            final Path directory,
            final String name,
            final Load load,
            final int count,
            final boolean packed,
            final Payload payload)
            throws VhostException, IOException {
        this.ports = ports;
        this.load = load;
        this.payload = payload;
        this.count = count;
        final Path socket = directory.resolve(name + ".sock");
        port = ports.open(new PortSpec(name, socket, false, 1, 0));
        try {
            frontend = VhostFrontend.connect(FrontendConfig.builder(socket)
                    .ringSize(count)
                    .packed(packed)
                    .mergeable(true)
                    .inOrder(true)
                    .rxBufferBytes(Math.max(SMALLEST_BUFFER, HEADER_BYTES + load.longest()))
                    .txPacketBytes(load.longest())
                    .build());
        } catch (IOException | RuntimeException e) {
            ports.close(name);
            throw e;
        }
        pair = frontend.queuePair(0);
        received = pair.newReceivedPackets(BURST);
        for (int i = 0; i < BURST; i++) {
            outgoing[i] = arena.allocate(load.longest(), 64).address();
        }
    }

    Load load() {
        return load;
    }

    VhostQueue queue(final Direction direction) {
        return direction == Direction.RX ? port.receiveq(0) : port.transmitq(0);
    }

    /** The guest sends as many packets as its ring takes. */
    void send(final int window) {
        pair.reclaim();
        int sent = 0;
        while (sent < count) {
            final int burst = Math.min(BURST, count - sent);
            for (int i = 0; i < burst; i++) {
                lengths[i] = load.length(sent + i);
                payload.write(outgoing[i], lengths[i], sent + i);
                Payload.stamp(outgoing[i], window, sent + i);
            }
            final int taken = pair.sendBurst(outgoing, lengths, null, 0, burst);
            if (taken != burst) {
                throw new IllegalStateException(
                        port.name() + ": the ring took " + (sent + taken) + " of " + count + " packets");
            }
            sent += taken;
        }
    }

    /**
     * The guest takes what it received, and offers all buffers again.
     *
     * @param every one packet in so many is checked
     * @param poison whether the buffers are overwritten afterwards
     */
    void receive(final int window, final int every, final boolean poison) {
        int got = 0;
        int burst;
        while ((burst = pair.receiveBurst(received, BURST)) != 0) {
            for (int i = 0; i < burst; i++) {
                if ((got + i) % every == 0) {
                    check(i, window, got + i);
                }
                if (poison) {
                    poison(i);
                }
            }
            got += burst;
        }
        if (got != count) {
            throw new IllegalStateException(port.name() + ": " + got + " packets of " + count + " came");
        }
    }

    /**
     * Takes the data of all buffers that the ring has got out of the caches: a buffer is one descriptor, whose first 12 bytes
     * are address and length in either format.
     */
    void flush(final CacheFlush flush, final Direction direction) {
        final long table = (direction == Direction.RX ? pair.rx() : pair.tx()).desc();
        for (int i = 0; i < count; i++) {
            final long descriptor = table + (long) i * DESCRIPTOR_BYTES;
            final int length = Math.min(Memory.getInt(descriptor + Long.BYTES), HEADER_BYTES + load.longest());
            flush.flush(frontend.memory().va(Memory.getLong(descriptor)), length);
        }
    }

    private void check(final int at, final int window, final int packet) {
        final int length = received.length(at);
        requireLength(length, packet);
        received.copy(at, payload.scratch());
        payload.check(payload.scratch(), length, window, packet);
    }

    private void poison(final int at) {
        for (int piece = 0; piece < received.pieces(at); piece++) {
            Payload.poison(received.address(at, piece), received.length(at, piece));
        }
    }

    /** As {@link #receive}, of a packet that came from the guest. */
    void checkSent(final long packet, final int window, final int number, final boolean poison) {
        requireLength(Packet.length(packet), number);
        payload.check(Packet.data(packet), Packet.length(packet), window, number);
        if (poison) {
            Payload.poison(Packet.data(packet), Packet.length(packet));
        }
    }

    private void requireLength(final int length, final int packet) {
        if (length != load.length(packet)) {
            throw new IllegalStateException(
                    port.name() + ": packet " + packet + " has " + length + " bytes, not " + load.length(packet));
        }
    }

    @Override
    public void close() throws IOException {
        frontend.close();
        ports.close(port.name());
        arena.close();
    }
}
