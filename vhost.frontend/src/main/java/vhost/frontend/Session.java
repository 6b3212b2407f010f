package vhost.frontend;

import static vhost.frontend.VhostUser.ADD_MEM_REG;
import static vhost.frontend.VhostUser.FLAG_NEED_REPLY;
import static vhost.frontend.VhostUser.FLAG_REPLY;
import static vhost.frontend.VhostUser.GET_FEATURES;
import static vhost.frontend.VhostUser.GET_MAX_MEM_SLOTS;
import static vhost.frontend.VhostUser.GET_PROTOCOL_FEATURES;
import static vhost.frontend.VhostUser.GET_QUEUE_NUM;
import static vhost.frontend.VhostUser.GET_STATUS;
import static vhost.frontend.VhostUser.GET_VRING_BASE;
import static vhost.frontend.VhostUser.HEADER_BYTES;
import static vhost.frontend.VhostUser.NET_SET_MTU;
import static vhost.frontend.VhostUser.REM_MEM_REG;
import static vhost.frontend.VhostUser.RESET_DEVICE;
import static vhost.frontend.VhostUser.SET_FEATURES;
import static vhost.frontend.VhostUser.SET_MEM_TABLE;
import static vhost.frontend.VhostUser.SET_OWNER;
import static vhost.frontend.VhostUser.SET_PROTOCOL_FEATURES;
import static vhost.frontend.VhostUser.SET_STATUS;
import static vhost.frontend.VhostUser.SET_VRING_ADDR;
import static vhost.frontend.VhostUser.SET_VRING_BASE;
import static vhost.frontend.VhostUser.SET_VRING_CALL;
import static vhost.frontend.VhostUser.SET_VRING_ENABLE;
import static vhost.frontend.VhostUser.SET_VRING_ERR;
import static vhost.frontend.VhostUser.SET_VRING_KICK;
import static vhost.frontend.VhostUser.SET_VRING_NUM;
import static vhost.frontend.VhostUser.VERSION;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import linux.Linux;
import vhost.frontend.internal.Connection;

/**
 * The messages of one connection, each callable by itself, in any order, sane or not. Belongs to the control thread.
 *
 * <p>A message without a reply of its own asks for an acknowledgement where REPLY_ACK was negotiated, unless
 * {@link #acknowledge(boolean)} says otherwise; one that is refused makes the call throw {@link FrontendException}.
 */
public final class Session implements AutoCloseable {
    /** Longest reply that is read; bytes. */
    private static final int MAX_REPLY_BYTES = 4096;

    private static final byte[] EMPTY = {};

    private final Connection connection;
    private long protocolFeatures;
    private boolean acknowledge = true;

    /**
     * What the back-end answered.
     *
     * @param request number
     * @param flags as received
     * @param payload bytes after the header
     * @param fds that came along, the receiver's to close
     */
    public record Reply(int request, int flags, byte[] payload, int[] fds) {
        /** The payload as one number. */
        public long u64() throws FrontendException {
            if (payload.length != 8) {
                throw new FrontendException("reply to " + request + " has " + payload.length + " bytes rather than 8");
            }
            return order(payload).getLong();
        }
    }

    Session(final Connection connection) {
        this.connection = connection;
    }

    /** Whether to ask for acknowledgements, once REPLY_ACK was negotiated. */
    public void acknowledge(final boolean wanted) {
        acknowledge = wanted;
    }

    // --- raw

    /** Sends any bytes, with any descriptors, which stay the caller's. */
    public void sendBytes(final byte[] bytes, final int... fds) throws IOException {
        connection.send(bytes, fds);
    }

    /** Sends a message whose header may lie: {@code flags} and {@code size} are taken as given. */
    public void sendRaw(final int request, final int flags, final int size, final byte[] payload, final int... fds)
            throws IOException {
        final ByteBuffer message = buffer(HEADER_BYTES + payload.length);
        message.putInt(request).putInt(flags).putInt(size).put(payload);
        connection.send(message.array(), fds);
    }

    /** Reads the next message; fails on a closed connection, a timeout, a header that is no reply's. */
    public Reply readReply() throws IOException {
        final byte[] header = new byte[HEADER_BYTES];
        if (!connection.receive(header)) {
            throw new FrontendException("the back-end closed the connection");
        }
        final int[] fds = connection.takeFds();
        final ByteBuffer fields = order(header);
        final int request = fields.getInt();
        final int flags = fields.getInt();
        final int size = fields.getInt();
        if (flags != (VERSION | FLAG_REPLY) || size < 0 || size > MAX_REPLY_BYTES) {
            close(fds);
            throw new FrontendException("no reply: request " + request + ", flags " + flags + ", size " + size);
        }
        final byte[] payload = new byte[size];
        if (size > 0 && !connection.receive(payload)) {
            close(fds);
            throw new FrontendException("the back-end closed before the payload of its reply to " + request);
        }
        return new Reply(request, flags, payload, fds);
    }

    /** Waits until the back-end closes the connection; false where it sends something or the time is up. */
    public boolean awaitClose() {
        try {
            return !connection.receive(new byte[1]);
        } catch (java.net.SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    // --- one method a message

    /** Sends a request and reads its reply, which must carry its number. */
    public Reply call(final int request, final byte[] payload, final int... fds) throws IOException {
        sendRaw(request, VERSION, payload.length, payload, fds);
        final Reply reply = readReply();
        if (reply.request() != request) {
            close(reply.fds());
            throw new FrontendException("reply to " + reply.request() + " rather than to " + request);
        }
        return reply;
    }

    /** Sends a request that has no reply of its own, and reads the acknowledgement if one was asked for. */
    public void post(final int request, final byte[] payload, final int... fds) throws IOException {
        if (acknowledge && Virtio.has(protocolFeatures, VhostUser.VHOST_USER_PROTOCOL_F_REPLY_ACK)) {
            sendRaw(request, VERSION | FLAG_NEED_REPLY, payload.length, payload, fds);
            final Reply reply = readReply();
            close(reply.fds());
            if (reply.request() != request || reply.u64() != 0) {
                throw new FrontendException("request " + request + " was refused: reply to " + reply.request()
                        + " with value " + reply.u64());
            }
        } else {
            sendRaw(request, VERSION, payload.length, payload, fds);
        }
    }

    private long get(final int request) throws IOException {
        final Reply reply = call(request, EMPTY);
        close(reply.fds());
        return reply.u64();
    }

    public void setOwner() throws IOException {
        post(SET_OWNER, EMPTY);
    }

    public long getFeatures() throws IOException {
        return get(GET_FEATURES);
    }

    public void setFeatures(final long features) throws IOException {
        post(SET_FEATURES, u64(features));
    }

    public long getProtocolFeatures() throws IOException {
        return get(GET_PROTOCOL_FEATURES);
    }

    /** Acknowledgements may be asked for afterwards, not yet for this message. */
    public void setProtocolFeatures(final long features) throws IOException {
        sendRaw(SET_PROTOCOL_FEATURES, VERSION, 8, u64(features));
        protocolFeatures = features;
    }

    /** What was last set. */
    public long protocolFeatures() {
        return protocolFeatures;
    }

    /** Whether the protocol feature was last set. */
    public boolean has(final int protocolFeature) {
        return Virtio.has(protocolFeatures, protocolFeature);
    }

    public long getQueueNum() throws IOException {
        return get(GET_QUEUE_NUM);
    }

    public long getMaxMemSlots() throws IOException {
        return get(GET_MAX_MEM_SLOTS);
    }

    public void setMemTable(final List<GuestMemory.Region> regions, final int fd) throws IOException {
        final ByteBuffer table = buffer(8 + 32 * regions.size());
        table.putInt(regions.size()).putInt(0);
        final int[] fds = new int[regions.size()];
        for (int i = 0; i < fds.length; i++) {
            putRegion(table, regions.get(i));
            fds[i] = fd;
        }
        post(SET_MEM_TABLE, table.array(), fds);
    }

    public void addMemReg(final GuestMemory.Region region, final int fd) throws IOException {
        post(ADD_MEM_REG, singleRegion(region), fd);
    }

    public void remMemReg(final GuestMemory.Region region) throws IOException {
        post(REM_MEM_REG, singleRegion(region));
    }

    public void setVringNum(final int ring, final int entries) throws IOException {
        post(SET_VRING_NUM, state(ring, entries));
    }

    public void setVringBase(final int ring, final int base) throws IOException {
        post(SET_VRING_BASE, state(ring, base));
    }

    /** Stops the ring and returns its base as sent (split: index; packed: two indices and two wrap counters). */
    public int getVringBase(final int ring) throws IOException {
        final Reply reply = call(GET_VRING_BASE, state(ring, 0));
        close(reply.fds());
        final ByteBuffer state = order(reply.payload());
        if (reply.payload().length != 8 || state.getInt() != ring) {
            throw new FrontendException("GET_VRING_BASE of ring " + ring + " was answered for another ring");
        }
        return state.getInt();
    }

    /**
     * The areas by {@code uva}: descriptors, then driver's (avail), then device's (used).
     *
     * @param flags bit 0: writes to the used ring are logged, at {@code log}, a {@code gpa}
     */
    public void setVringAddr(
            final int ring, final int flags, final long desc, final long driver, final long device, final long log)
            throws IOException {
        final ByteBuffer addr = buffer(40);
        addr.putInt(ring).putInt(flags).putLong(desc).putLong(device).putLong(driver);
        addr.putLong(log);
        post(SET_VRING_ADDR, addr.array());
    }

    /** The dirty log of {@code bytes} at {@code offset} of the file; answered where LOG_SHMFD was negotiated. */
    public void setLogBase(final long bytes, final long offset, final int fd) throws IOException {
        final byte[] log = buffer(16).putLong(bytes).putLong(offset).array();
        if (has(VhostUser.VHOST_USER_PROTOCOL_F_LOG_SHMFD)) {
            close(call(VhostUser.SET_LOG_BASE, log, fd).fds());
        } else {
            post(VhostUser.SET_LOG_BASE, log, fd);
        }
    }

    public void setVringKick(final int ring, final int fd) throws IOException {
        vringFd(SET_VRING_KICK, ring, fd);
    }

    /** {@code fd} -1: none, the driver polls. */
    public void setVringCall(final int ring, final int fd) throws IOException {
        vringFd(SET_VRING_CALL, ring, fd);
    }

    public void setVringErr(final int ring, final int fd) throws IOException {
        vringFd(SET_VRING_ERR, ring, fd);
    }

    public void setVringEnable(final int ring, final boolean enabled) throws IOException {
        post(SET_VRING_ENABLE, state(ring, enabled ? 1 : 0));
    }

    public void setMtu(final int mtu) throws IOException {
        post(NET_SET_MTU, u64(mtu));
    }

    public void resetDevice() throws IOException {
        post(RESET_DEVICE, EMPTY);
    }

    public void setStatus(final int status) throws IOException {
        post(SET_STATUS, u64(status));
    }

    public long getStatus() throws IOException {
        return get(GET_STATUS);
    }

    /** Closes the socket at once, whatever state the session is in: the back-end sees a front-end that died. */
    @Override
    public void close() throws IOException {
        connection.close();
    }

    private void vringFd(final int request, final int ring, final int fd) throws IOException {
        if (fd < 0) {
            post(request, u64(ring | VhostUser.NO_FD));
        } else {
            post(request, u64(ring), fd);
        }
    }

    // --- payloads

    /** A {@code u64} payload. */
    public static byte[] u64(final long value) {
        return buffer(8).putLong(value).array();
    }

    /** A {@code vring state} payload. */
    public static byte[] state(final int ring, final int num) {
        return buffer(8).putInt(ring).putInt(num).array();
    }

    private static byte[] singleRegion(final GuestMemory.Region region) {
        final ByteBuffer payload = buffer(40).putLong(0);
        putRegion(payload, region);
        return payload.array();
    }

    private static void putRegion(final ByteBuffer into, final GuestMemory.Region region) {
        into.putLong(region.gpa()).putLong(region.bytes()).putLong(region.uva()).putLong(region.fileOffset());
    }

    private static ByteBuffer buffer(final int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.nativeOrder());
    }

    private static ByteBuffer order(final byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
    }

    private static void close(final int[] fds) {
        for (final int fd : fds) {
            Linux.close(fd);
        }
    }
}
