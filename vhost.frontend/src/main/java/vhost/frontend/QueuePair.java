package vhost.frontend;

import linux.Epoll;
import linux.EventFd;
import linux.LinuxException;
import vhost.frontend.internal.DriverRing;
import vhost.frontend.internal.PackedDriverRing;
import vhost.frontend.internal.Receiver;
import vhost.frontend.internal.RingAreas;
import vhost.frontend.internal.SplitDriverRing;
import vhost.frontend.internal.Transmitter;

/**
 * A receiveq and a transmitq: the driver's data path. All methods but {@link #counters()} and the views belong to one
 * thread; they allocate nothing. Bursts never block: a count smaller than asked for means that there is no more.
 *
 * <p>The driver checks what the device does. {@link FrontendFault} tells of a breach of the specification.
 */
public final class QueuePair {
    private static final int AREA_ALIGN = 128;

    /** Guest memory for the alignment of areas and ends of regions, bytes. */
    private static final int AREA_SLACK = 4096;

    private final int index;
    private final FrontendConfig config;
    private final Ring rx;
    private final Ring tx;
    private final Receiver receiver;
    private final Transmitter transmitter;
    private boolean closed;

    /** One ring with its descriptors. */
    private static final class Ring {
        final RingView view;
        final DriverRing driver;
        final EventFd kick;
        final EventFd call;
        final Epoll epoll;
        long interrupts;

        Ring(final FrontendConfig config, final GuestMemory memory, final int number) throws LinuxException {
            final RingAreas sizes = new RingAreas(config.packed(), config.ringSize(), 0, 0, 0);
            final RingAreas areas = new RingAreas(
                    config.packed(),
                    config.ringSize(),
                    memory.allocate(sizes.descBytes(), AREA_ALIGN, true),
                    memory.allocate(sizes.driverBytes(), AREA_ALIGN, true),
                    memory.allocate(sizes.deviceBytes(), AREA_ALIGN, true));
            kick = EventFd.create();
            call = EventFd.create();
            epoll = new Epoll();
            epoll.add(call.fd(), 0);
            final String name = "ring " + number;
            driver = config.packed()
                    ? new PackedDriverRing(name, areas, config.eventIdx(), config.inOrder(), kick)
                    : new SplitDriverRing(name, areas, config.eventIdx(), config.inOrder(), kick);
            view = new RingView(number, areas, driver, memory);
        }

        boolean await(final int timeoutMillis) {
            driver.requireIntact();
            driver.enableInterrupts();
            boolean found = driver.hasUsed();
            if (!found) {
                if (epoll.await(timeoutMillis) > 0 && call.drain()) {
                    interrupts++;
                }
                found = driver.hasUsed();
            }
            driver.disableInterrupts();
            return found;
        }

        void close() {
            epoll.close();
            kick.close();
            call.close();
        }
    }

    QueuePair(final FrontendConfig config, final GuestMemory memory, final int index) throws LinuxException {
        this.config = config;
        this.index = index;
        rx = new Ring(config, memory, 2 * index);
        tx = new Ring(config, memory, 2 * index + 1);
        receiver = new Receiver(config, memory, rx.driver);
        transmitter = new Transmitter(config, memory, tx.driver);
    }

    /** Guest memory that a pair takes, bytes. */
    static long bytesNeeded(final FrontendConfig config) {
        final RingAreas areas = new RingAreas(config.packed(), config.ringSize(), 0, 0, 0);
        final long ring = areas.descBytes() + areas.driverBytes() + areas.deviceBytes() + AREA_SLACK;
        return 2 * ring + Receiver.bytesNeeded(config) + Transmitter.bytesNeeded(config);
    }

    /** Longest contiguous piece, for which the end of a region may be left unused; bytes. */
    static long longestPiece(final FrontendConfig config) {
        return 16L * config.ringSize()
                + (long) config.rxBufferBytes() * config.rxDescriptors()
                + config.txPacketBytes();
    }

    /** The pair's number. */
    public int index() {
        return index;
    }

    /**
     * Sends packets: copies each into a buffer of the guest, makes all visible at once and kicks if the device wants it.
     * The source is the caller's again afterwards.
     *
     * @param addresses where the data of each packet begins
     * @param lengths bytes of data, 1 to {@link FrontendConfig#txPacketBytes()}
     * @param headers addresses of a {@code virtio_net_hdr} each; 0, or no array, for one that asks for nothing
     * @param from first packet
     * @param count number of packets
     * @return how many were taken, a prefix; fewer than {@code count} where the ring is full
     */
    public int sendBurst(
            final long[] addresses, final int[] lengths, final long[] headers, final int from, final int count) {
        requireOpen();
        return transmitter.send(addresses, lengths, headers, from, count);
    }

    /** Takes back buffers that the device has sent. Bursts do this by themselves. Returns how many. */
    public int reclaim() {
        requireOpen();
        return transmitter.reclaim();
    }

    /** Packets that were sent and not yet taken back. */
    public int unsent() {
        return tx.driver.outstanding();
    }

    /** Arrays for bursts of this pair. */
    public ReceivedPackets newReceivedPackets(final int maxPackets) {
        return new ReceivedPackets(maxPackets, Receiver.count(config) * config.rxDescriptors());
    }

    /**
     * Receives packets, first giving the buffers of the burst before back to the device.
     *
     * @param into what was received
     * @param max most packets, at most the capacity of {@code into}
     * @return how many
     */
    public int receiveBurst(final ReceivedPackets into, final int max) {
        requireOpen();
        return receiver.receive(into.table, Math.min(max, into.capacity()));
    }

    /** Gives the buffers of the last burst back to the device now. */
    public void release() {
        requireOpen();
        receiver.release();
    }

    /** Whether {@link #receiveBurst} would find something. One read of the ring. */
    public boolean hasPackets() {
        requireOpen();
        return receiver.hasPackets();
    }

    /** Whether the device is given used buffers again (the default). */
    public void refilling(final boolean wanted) {
        receiver.refilling(wanted);
    }

    /**
     * Asks for an interrupt and sleeps until the device has used a receive buffer, or the time is up (-1: never). Returns
     * whether there is something to receive.
     */
    public boolean awaitReceive(final int timeoutMillis) {
        requireOpen();
        return receiver.hasPackets() || rx.await(timeoutMillis);
    }

    /** As {@link #awaitReceive}, for buffers to {@link #reclaim}. */
    public boolean awaitSent(final int timeoutMillis) {
        requireOpen();
        return tx.await(timeoutMillis);
    }

    /** The receiveq's memory. */
    public RingView rx() {
        return rx.view;
    }

    /** The transmitq's memory. */
    public RingView tx() {
        return tx.view;
    }

    /** A snapshot. Any thread; exact when the data thread rests. */
    public FrontendCounters counters() {
        return new FrontendCounters(
                transmitter.packets(),
                transmitter.bytes(),
                receiver.packets(),
                receiver.bytes(),
                rx.driver.kicks() + tx.driver.kicks(),
                rx.driver.kicksSuppressed() + tx.driver.kicksSuppressed(),
                rx.interrupts + tx.interrupts);
    }

    // --- control thread, while the data thread rests

    void reset(final long features) {
        rx.kick.drain();
        tx.kick.drain();
        rx.call.drain();
        tx.call.drain();
        receiver.reset(features);
        transmitter.reset();
        receiver.fill();
    }

    int base(final boolean receive) {
        return (receive ? rx : tx).driver.base();
    }

    int kickFd(final boolean receive) {
        return (receive ? rx : tx).kick.fd();
    }

    int callFd(final boolean receive) {
        return (receive ? rx : tx).call.fd();
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("queue pair " + index + " is closed");
        }
    }

    void close() {
        if (!closed) {
            closed = true;
            transmitter.close();
            rx.close();
            tx.close();
        }
    }
}
