package vhost.frontend;

import static vhost.frontend.Virtio.ACKNOWLEDGE;
import static vhost.frontend.Virtio.DRIVER;
import static vhost.frontend.Virtio.DRIVER_OK;
import static vhost.frontend.Virtio.FEATURES_OK;
import static vhost.frontend.Virtio.VHOST_USER_F_PROTOCOL_FEATURES;

import java.io.IOException;
import java.time.Duration;
import vhost.frontend.internal.Connection;

/**
 * A guest in miniature: memory, queue pairs and the vhost-user session that shares them with a back-end. Belongs to the
 * control thread; see {@link QueuePair} for the data path.
 *
 * <p>{@link #connect} does all up to moving packets. {@link #open} only connects, for those who want each step, or each
 * message of {@link #session()}, in their own hands; the rings are ready then, all receive buffers offered.
 */
public final class VhostFrontend implements AutoCloseable {
    private final FrontendConfig config;
    private final GuestMemory memory;
    private final QueuePair[] pairs;
    private Session session;
    private long offered;
    private long features;
    private boolean started;

    private VhostFrontend(final FrontendConfig config, final Connection connection) throws IOException {
        this.config = config;
        session = new Session(connection);
        pairs = new QueuePair[config.queuePairs()];
        GuestMemory made = null;
        try {
            made = new GuestMemory(config, bytesNeeded(config));
            for (int i = 0; i < pairs.length; i++) {
                pairs[i] = new QueuePair(config, made, i);
                pairs[i].reset(0);
            }
        } catch (IOException | RuntimeException e) {
            close(made);
            throw e;
        }
        memory = made;
    }

    private static long bytesNeeded(final FrontendConfig config) {
        final long slack = config.regions() * (FrontendConfig.PAGE + QueuePair.longestPiece(config));
        return config.queuePairs() * QueuePair.bytesNeeded(config) + slack + config.spareBytes();
    }

    /** Connects to a listening back-end, negotiates and starts all rings. */
    public static VhostFrontend connect(final FrontendConfig config) throws IOException {
        return started(open(config));
    }

    /** Only connects: {@link #negotiate} and {@link #start} are the caller's. */
    public static VhostFrontend open(final FrontendConfig config) throws IOException {
        return new VhostFrontend(config, connection(config));
    }

    private static Connection connection(final FrontendConfig config) throws IOException {
        try {
            return Connection.connect(config.socket(), config.timeout());
        } catch (IOException e) {
            throw new FrontendException("no back-end at " + config.socket() + ": " + e.getMessage(), e);
        }
    }

    /** Listens for back-ends that connect by themselves. */
    public static Listener listen(final FrontendConfig config) throws IOException {
        return new Listener(config);
    }

    private static VhostFrontend started(final VhostFrontend frontend) throws IOException {
        try {
            frontend.negotiate();
            frontend.start();
            return frontend;
        } catch (IOException | RuntimeException e) {
            frontend.close();
            throw e;
        }
    }

    /** The front-end's own socket, for back-ends in client mode. Closing it leaves the accepted front-ends alone. */
    public static final class Listener implements AutoCloseable {
        private final FrontendConfig config;
        private final Connection.Listener listener;

        private Listener(final FrontendConfig config) throws IOException {
            this.config = config;
            listener = new Connection.Listener(config.socket());
        }

        /** Waits for a back-end, negotiates and starts. */
        public VhostFrontend accept(final Duration timeout) throws IOException {
            return started(acceptRaw(timeout));
        }

        /** Only waits for a back-end. */
        public VhostFrontend acceptRaw(final Duration timeout) throws IOException {
            return new VhostFrontend(config, connection(timeout));
        }

        private Connection connection(final Duration timeout) throws IOException {
            return listener.accept(timeout, config.timeout());
        }

        @Override
        public void close() throws IOException {
            listener.close();
        }
    }

    public FrontendConfig config() {
        return config;
    }

    /** The messages, for those who send their own. */
    public Session session() {
        return session;
    }

    public GuestMemory memory() {
        return memory;
    }

    /** Pair {@code i}: rings 2i and 2i+1. */
    public QueuePair queuePair(final int i) {
        return pairs[i];
    }

    /** What the back-end offers, a mask; known after {@link #negotiate}. */
    public long offeredFeatures() {
        return offered;
    }

    /** What was agreed on, a mask; known after {@link #negotiate}. */
    public long features() {
        return features;
    }

    /**
     * SET_OWNER, GET_FEATURES, then the protocol features and the number of queues.
     *
     * @throws FrontendException where the back-end lacks what the configuration asks for
     */
    public void negotiate() throws IOException {
        session.setOwner();
        offered = session.getFeatures();
        final long missing = config.requiredFeatures() & ~offered;
        if (missing != 0) {
            throw new FrontendException("the back-end does not offer features 0x" + Long.toHexString(missing));
        }
        features = config.requiredFeatures() | config.offloads() & offered;
        if (config.queuePairs() > 1) {
            features |= Virtio.mask(Virtio.VIRTIO_NET_F_CTRL_VQ) & offered;
        }
        if (config.mtu() > 0) {
            features |= Virtio.mask(Virtio.VIRTIO_NET_F_MTU) & offered;
        }
        if (config.protocolFeatures() != 0 && Virtio.has(offered, VHOST_USER_F_PROTOCOL_FEATURES)) {
            negotiateProtocol();
        }
    }

    private void negotiateProtocol() throws IOException {
        features |= Virtio.mask(VHOST_USER_F_PROTOCOL_FEATURES);
        long wanted = config.protocolFeatures();
        if (config.memorySlots()) {
            wanted |= Virtio.mask(VhostUser.VHOST_USER_PROTOCOL_F_CONFIGURE_MEM_SLOTS);
        }
        final long agreed = session.getProtocolFeatures() & wanted;
        session.setProtocolFeatures(agreed);
        if (config.memorySlots() && !session.has(VhostUser.VHOST_USER_PROTOCOL_F_CONFIGURE_MEM_SLOTS)) {
            throw new FrontendException("the back-end does not offer CONFIGURE_MEM_SLOTS");
        }
        if (config.queuePairs() > 1) {
            final long most = session.has(VhostUser.VHOST_USER_PROTOCOL_F_MQ) ? session.getQueueNum() : 1;
            if (most < config.queuePairs()) {
                throw new FrontendException("the back-end has " + most + " queue pairs, not " + config.queuePairs());
            }
        }
    }

    /** Fresh rings with receive buffers, then all messages up to DRIVER_OK. */
    public void start() throws IOException {
        for (final QueuePair pair : pairs) {
            pair.reset(features);
        }
        share();
    }

    /** As {@link #start}, on the rings as they are: what was outstanding is served from the used index on. */
    public void resume() throws IOException {
        share();
    }

    private void share() throws IOException {
        for (int ring = 0; ring < 2 * pairs.length; ring++) {
            setCall(ring);
        }
        session.setFeatures(features);
        status(ACKNOWLEDGE | DRIVER | FEATURES_OK);
        if (config.mtu() > 0 && session.has(VhostUser.VHOST_USER_PROTOCOL_F_MTU)) {
            session.setMtu(config.mtu());
        }
        shareMemory();
        for (int ring = 0; ring < 2 * pairs.length; ring++) {
            startRing(ring);
        }
        enable(true);
        status(ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
        started = true;
    }

    /** Announces all memory regions, by the message that the configuration asks for. */
    public void shareMemory() throws IOException {
        if (config.memorySlots()) {
            for (final GuestMemory.Region region : memory.regions()) {
                session.addMemReg(region, memory.fd());
            }
        } else {
            session.setMemTable(memory.regions(), memory.fd());
        }
    }

    /** SET_VRING_NUM, BASE, ADDR and KICK of ring {@code ring} (2k receives, 2k+1 transmits), as the driver has it. */
    public void startRing(final int ring) throws IOException {
        final QueuePair pair = pairs[ring / 2];
        final boolean receive = ring % 2 == 0;
        final RingView areas = receive ? pair.rx() : pair.tx();
        session.setVringNum(ring, config.ringSize());
        session.setVringBase(ring, pair.base(receive));
        session.setVringAddr(
                ring, 0, memory.uva(areas.desc()), memory.uva(areas.driver()), memory.uva(areas.device()), 0);
        session.setVringKick(ring, pair.kickFd(receive));
    }

    /** SET_VRING_CALL of ring {@code ring} with the eventfd that the driver sleeps on. */
    public void setCall(final int ring) throws IOException {
        session.setVringCall(ring, pairs[ring / 2].callFd(ring % 2 == 0));
    }

    /** SET_VRING_ENABLE for all rings, where protocol features were negotiated: without them it must not be sent. */
    public void enable(final boolean enabled) throws IOException {
        if (Virtio.has(features, VHOST_USER_F_PROTOCOL_FEATURES)) {
            for (int ring = 0; ring < 2 * pairs.length; ring++) {
                session.setVringEnable(ring, enabled);
            }
        }
    }

    private void status(final int status) throws IOException {
        if (session.has(VhostUser.VHOST_USER_PROTOCOL_F_STATUS)) {
            session.setStatus(status);
            final long now = session.getStatus();
            if ((now & FEATURES_OK) != (status & FEATURES_OK)) {
                throw new FrontendException("the back-end refused the features: status " + now);
            }
        }
    }

    /**
     * Disables and stops all rings. The data threads must rest. What the device used until now can still be polled.
     *
     * @return by ring, what GET_VRING_BASE said
     */
    public int[] stop() throws IOException {
        started = false;
        enable(false);
        final int[] bases = new int[2 * pairs.length];
        for (int ring = 0; ring < bases.length; ring++) {
            bases[ring] = session.getVringBase(ring);
        }
        status(0);
        return bases;
    }

    /** Whether the rings were started and not stopped since. */
    public boolean isStarted() {
        return started;
    }

    /**
     * Closes the old connection and makes a new one to a back-end that listens again. Memory and rings stay: negotiate and
     * resume afterwards.
     */
    public void reconnect() throws IOException {
        abort();
        session = new Session(connection(config));
    }

    /** Closes the old connection and waits for a back-end that connects again; else as {@link #reconnect()}. */
    public void reconnect(final Listener listener, final Duration timeout) throws IOException {
        abort();
        session = new Session(listener.connection(timeout));
    }

    /** Closes the socket and nothing else: what a killed front-end looks like. The rings can be polled on. */
    public void abort() throws IOException {
        started = false;
        session.close();
    }

    /** Closes the socket, then the rings and the memory. The data threads must rest, and touch no packet any more. */
    @Override
    public void close() throws IOException {
        close(memory);
    }

    private void close(final GuestMemory made) throws IOException {
        started = false;
        session.close();
        for (final QueuePair pair : pairs) {
            if (pair != null) {
                pair.close();
            }
        }
        if (made != null) {
            made.close();
        }
    }
}
