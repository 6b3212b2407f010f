package vhost.core.internal.protocol;

import static vhost.core.internal.protocol.ProtocolFeature.VHOST_USER_F_PROTOCOL_FEATURES;
import static vhost.core.internal.protocol.VhostUserLayout.ADDR_AVAIL;
import static vhost.core.internal.protocol.VhostUserLayout.ADDR_DESC;
import static vhost.core.internal.protocol.VhostUserLayout.ADDR_FLAGS;
import static vhost.core.internal.protocol.VhostUserLayout.ADDR_INDEX;
import static vhost.core.internal.protocol.VhostUserLayout.ADDR_LOG;
import static vhost.core.internal.protocol.VhostUserLayout.ADDR_USED;
import static vhost.core.internal.protocol.VhostUserLayout.FD_INDEX_MASK;
import static vhost.core.internal.protocol.VhostUserLayout.FD_NOFD;
import static vhost.core.internal.protocol.VhostUserLayout.REGION_GUEST_PHYSICAL;
import static vhost.core.internal.protocol.VhostUserLayout.REGION_LENGTH;
import static vhost.core.internal.protocol.VhostUserLayout.REGION_MMAP_OFFSET;
import static vhost.core.internal.protocol.VhostUserLayout.REGION_SIZE;
import static vhost.core.internal.protocol.VhostUserLayout.REGION_USER_ADDRESS;
import static vhost.core.internal.protocol.VhostUserLayout.SINGLE_REGION;
import static vhost.core.internal.protocol.VhostUserLayout.STATE_INDEX;
import static vhost.core.internal.protocol.VhostUserLayout.STATE_NUM;
import static vhost.core.internal.protocol.VhostUserLayout.TABLE_COUNT;
import static vhost.core.internal.protocol.VhostUserLayout.TABLE_REGIONS;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import linux.Linux;
import vhost.core.internal.device.DeviceControl;
import vhost.core.internal.device.DeviceControl.MemorySlot;
import vhost.core.internal.device.DeviceException;

/**
 * What each request means: checks its values and asks the device. Keeps what was negotiated in this session; the device
 * keeps what the rings do, and refuses what they do not allow. The form of a message has been checked before. Port's
 * thread only.
 */
final class RequestHandler {
    private static final int MIN_MTU = 68;
    private static final int MAX_MTU = 65535;
    private static final long MAC_MASK = 0xFFFF_FFFF_FFFFL;
    private static final int NONE = -1;

    private final DeviceControl device;
    private final MessageWriter writer;
    private final AnnouncedRegions announced = new AnnouncedRegions();
    private long features;
    private boolean featuresSet;
    private long protocolFeatures;
    private boolean protocolFeaturesSet;

    /**
     * The front-end's socket for requests of ours (SET_BACKEND_REQ_FD). Nothing is sent on it yet, but a front-end may take
     * its loss for ours.
     */
    private int backendChannel = NONE;

    RequestHandler(final DeviceControl device, final MessageWriter writer) {
        this.device = device;
        this.writer = writer;
    }

    /** The protocol features that the front-end accepted. */
    long protocolFeatures() {
        return protocolFeatures;
    }

    /** Lets go of what belongs to the session. */
    void close() {
        replaceBackendChannel(NONE);
    }

    /** Does what {@code message} asks for, and sends the reply of a request that has its own. */
    void handle(final VhostUserRequest request, final MessageReader message)
            throws ProtocolException, DeviceException, IOException, SessionEnd {
        switch (request) {
            case GET_FEATURES -> reply(request, offeredFeatures());
            case SET_FEATURES -> setFeatures(message);
            case GET_PROTOCOL_FEATURES -> reply(request, ProtocolFeature.OFFERED);
            case SET_PROTOCOL_FEATURES -> setProtocolFeatures(message);
            case SET_OWNER -> {
                // It only opens the session.
            }
            case RESET_OWNER, RESET_DEVICE -> reset();
            case GET_QUEUE_NUM -> reply(request, device.maxQueuePairs());
            case SET_MEM_TABLE -> setMemoryTable(message);
            case GET_MAX_MEM_SLOTS -> reply(request, device.maxMemorySlots());
            case ADD_MEM_REG -> addMemory(message);
            case REM_MEM_REG -> removeMemory(message);
            case SET_VRING_NUM -> setRingSize(message);
            case SET_VRING_ADDR -> setRingAddresses(message);
            case SET_VRING_BASE -> setRingBase(message);
            case GET_VRING_BASE -> stopRing(message);
            case SET_VRING_KICK -> setKick(message);
            case SET_VRING_CALL -> setCall(message);
            case SET_VRING_ERR -> setErr(message);
            case SET_VRING_ENABLE -> setRingEnabled(message);
            case SET_STATUS -> setStatus(message);
            case GET_STATUS -> reply(request, device.status() & 0xFFL);
            case NET_SET_MTU -> setMtu(message);
            case SEND_RARP -> device.sendRarp(message.u64(0) & MAC_MASK);
            case SET_BACKEND_REQ_FD ->
                replaceBackendChannel(message.descriptors().take(0));
        }
    }

    // Negotiation

    private long offeredFeatures() {
        return device.offeredFeatures() | VHOST_USER_F_PROTOCOL_FEATURES;
    }

    private void setFeatures(final MessageReader message) throws ProtocolException, DeviceException {
        final long wanted = message.u64(0);
        final long foreign = wanted & ~offeredFeatures();
        if (foreign != 0) {
            throw message.refusal("features 0x%x have 0x%x, which were never offered; expected a subset of 0x%x"
                    .formatted(wanted, foreign, offeredFeatures()));
        }
        device.setFeatures(wanted & ~VHOST_USER_F_PROTOCOL_FEATURES);
        features = wanted;
        featuresSet = true;
        // vhost-user, "Ring states": without the bit, rings are enabled from the start.
        if ((wanted & VHOST_USER_F_PROTOCOL_FEATURES) == 0) {
            device.enableAllRings();
        }
    }

    private void setProtocolFeatures(final MessageReader message) throws ProtocolException {
        final long wanted = message.u64(0);
        final long foreign = wanted & ~ProtocolFeature.OFFERED;
        if (foreign != 0) {
            throw message.refusal(
                    "protocol features 0x%x have 0x%x, which were never offered; expected a subset of 0x%x"
                            .formatted(wanted, foreign, ProtocolFeature.OFFERED));
        }
        protocolFeatures = wanted;
        protocolFeaturesSet = true;
    }

    private void reset() throws DeviceException {
        forgetFeatures();
        device.reset();
    }

    /** Virtio features are void after a reset; the protocol features are the connection's and stay. */
    private void forgetFeatures() {
        features = 0;
        featuresSet = false;
    }

    private void setStatus(final MessageReader message) throws ProtocolException, DeviceException {
        final long status = message.u64(0);
        if ((status & ~0xFFL) != 0) {
            throw message.refusal("device status 0x%x; expected 0 to 0xff".formatted(status));
        }
        if (status == 0) {
            // virtio 1.3, 2.1.2: the driver resets the device by it.
            forgetFeatures();
        }
        device.setStatus((int) status);
    }

    private void setMtu(final MessageReader message) throws ProtocolException, DeviceException {
        final long mtu = message.u64(0);
        if (mtu < MIN_MTU || mtu > MAX_MTU) {
            throw message.refusal(
                    "MTU " + Long.toUnsignedString(mtu) + "; expected " + MIN_MTU + " to " + MAX_MTU + " bytes");
        }
        device.setMtu((int) mtu);
    }

    // Memory

    private void setMemoryTable(final MessageReader message) throws DeviceException {
        final int regions = message.u32(TABLE_COUNT);
        final List<MemorySlot> slots = new ArrayList<>(regions);
        for (int i = 0; i < regions; i++) {
            slots.add(slot(
                    message,
                    TABLE_REGIONS + i * REGION_SIZE,
                    message.descriptors().take(i)));
        }
        announced.clear();
        device.setMemoryTable(slots);
    }

    /** The descriptor of a region that is known stays with the message, which closes it. */
    private void addMemory(final MessageReader message) throws DeviceException {
        final MemorySlot region = slot(message, SINGLE_REGION, NONE);
        if (!announced.isKnown(region)) {
            device.addMemory(slot(message, SINGLE_REGION, message.descriptors().take(0)));
        }
        announced.added(region);
    }

    private void removeMemory(final MessageReader message) throws DeviceException {
        final MemorySlot region = slot(message, SINGLE_REGION, NONE);
        if (!announced.isSharedStill(region)) {
            device.removeMemory(region);
        }
        announced.removed(region);
    }

    private static MemorySlot slot(final MessageReader message, final int region, final int fd) {
        return new MemorySlot(
                message.u64(region + REGION_GUEST_PHYSICAL),
                message.u64(region + REGION_LENGTH),
                message.u64(region + REGION_USER_ADDRESS),
                message.u64(region + REGION_MMAP_OFFSET),
                fd);
    }

    // Rings

    private void setRingSize(final MessageReader message) throws ProtocolException, DeviceException {
        device.setRingSize(ring(message, STATE_INDEX), message.u32(STATE_NUM));
    }

    private void setRingAddresses(final MessageReader message) throws ProtocolException, DeviceException {
        device.setRingAddresses(
                ring(message, ADDR_INDEX),
                message.u32(ADDR_FLAGS),
                message.u64(ADDR_DESC),
                message.u64(ADDR_USED),
                message.u64(ADDR_AVAIL),
                message.u64(ADDR_LOG));
    }

    private void setRingBase(final MessageReader message) throws ProtocolException, DeviceException {
        device.setRingBase(ring(message, STATE_INDEX), message.u32(STATE_NUM));
    }

    private void stopRing(final MessageReader message)
            throws ProtocolException, DeviceException, IOException, SessionEnd {
        final int ring = ring(message, STATE_INDEX);
        final int base = device.stopRing(ring);
        writer.replyState(message.request(), ring, base);
    }

    private void setKick(final MessageReader message) throws ProtocolException, DeviceException {
        final int ring = ringOfDescriptor(message);
        device.setKick(ring, ringDescriptor(message));
    }

    private void setCall(final MessageReader message) throws ProtocolException, DeviceException {
        final int ring = ringOfDescriptor(message);
        device.setCall(ring, ringDescriptor(message));
    }

    private void setErr(final MessageReader message) throws ProtocolException, DeviceException {
        final int ring = ringOfDescriptor(message);
        device.setErr(ring, ringDescriptor(message));
    }

    private void setRingEnabled(final MessageReader message) throws ProtocolException, DeviceException {
        final int ring = ring(message, STATE_INDEX);
        final int enabled = message.u32(STATE_NUM);
        if (enabled != 0 && enabled != 1) {
            throw message.refusal(
                    "ring " + ring + " enabled: " + Integer.toUnsignedString(enabled) + "; expected 0 or 1");
        }
        // QEMU enables rings before it sends SET_FEATURES: what counts then is that it uses protocol features.
        final boolean unlocked = featuresSet ? (features & VHOST_USER_F_PROTOCOL_FEATURES) != 0 : protocolFeaturesSet;
        // DPDK's front-end, when it listens, begins a new connection with disabling all rings: no harm in that.
        if (!unlocked && enabled == 1) {
            throw message.refusal("feature bit 30 was not negotiated; expected SET_FEATURES with it before");
        }
        device.setRingEnabled(ring, enabled == 1);
    }

    /** The index is compared with all of its 32 bits (CVE-2020-10723). */
    private int ring(final MessageReader message, final int offset) throws ProtocolException {
        return checkedRing(message, Integer.toUnsignedLong(message.u32(offset)));
    }

    private int ringOfDescriptor(final MessageReader message) throws ProtocolException {
        final long value = message.u64(0);
        if ((value & ~(FD_INDEX_MASK | FD_NOFD)) != 0) {
            throw message.refusal(
                    "value 0x%x; expected a ring index in bits 0-7, NOFD in bit 8, and 0 elsewhere".formatted(value));
        }
        return checkedRing(message, value & FD_INDEX_MASK);
    }

    private int checkedRing(final MessageReader message, final long index) throws ProtocolException {
        final int rings = 2 * device.maxQueuePairs();
        if (index >= rings) {
            throw message.refusal("ring index " + index + "; expected 0 to " + (rings - 1));
        }
        return (int) index;
    }

    /** The message's descriptor, which leaves our hands; -1 where it says that there is none. */
    private static int ringDescriptor(final MessageReader message) {
        return (message.u64(0) & FD_NOFD) != 0 ? NONE : message.descriptors().take(0);
    }

    private void replaceBackendChannel(final int fd) {
        if (backendChannel != NONE) {
            Linux.close(backendChannel);
        }
        backendChannel = fd;
    }

    private void reply(final VhostUserRequest request, final long value) throws IOException, SessionEnd {
        writer.replyU64(request.number(), value);
    }
}
