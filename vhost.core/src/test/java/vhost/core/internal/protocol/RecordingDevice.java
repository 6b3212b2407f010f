package vhost.core.internal.protocol;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import linux.Linux;
import vhost.core.internal.device.DeviceControl;
import vhost.core.internal.device.DeviceException;

/** A device that does nothing but write down what it was asked, and close the descriptors that it was given. */
final class RecordingDevice implements DeviceControl {
    static final long VERSION_1 = 1L << 32;
    static final long RING_PACKED = 1L << 34;
    static final long MRG_RXBUF = 1L << 15;
    static final long OFFERED = VERSION_1 | RING_PACKED | MRG_RXBUF;

    final List<String> calls = new CopyOnWriteArrayList<>();
    private final int queuePairs;
    private volatile String failing = "";
    private volatile RuntimeException crash;
    private volatile int base;
    private volatile int status;
    private int descriptors;

    RecordingDevice(final int queuePairs) {
        this.queuePairs = queuePairs;
    }

    /** Calls of that method fail from now on. */
    void failOn(final String method) {
        failing = method;
    }

    /** The next call fails as a bug would. */
    void crash(final RuntimeException bug) {
        crash = bug;
    }

    void setBase(final int value) {
        base = value;
    }

    /** How many descriptors came to the device. Read after the session. */
    int descriptors() {
        return descriptors;
    }

    private void record(final String method, final Object... arguments) throws DeviceException {
        final List<String> texts = new ArrayList<>();
        for (final Object argument : arguments) {
            texts.add(String.valueOf(argument));
        }
        calls.add(method + texts.toString().replace('[', '(').replace(']', ')'));
        if (crash != null) {
            throw crash;
        }
        if (method.equals(failing)) {
            throw new DeviceException("the device said no");
        }
    }

    private String own(final int fd) {
        if (fd < 0) {
            return "none";
        }
        descriptors++;
        Linux.close(fd);
        return "fd";
    }

    private String describe(final MemorySlot slot) {
        return "%x+%x@%x/%x %s"
                .formatted(slot.guestPhysical(), slot.size(), slot.userAddress(), slot.mmapOffset(), own(slot.fd()));
    }

    @Override
    public long offeredFeatures() {
        return OFFERED;
    }

    @Override
    public int maxQueuePairs() {
        return queuePairs;
    }

    @Override
    public int mtu() {
        return 0;
    }

    @Override
    public void connected() {
        calls.add("connected");
    }

    @Override
    public void disconnected(final String why) {
        calls.add("disconnected");
    }

    @Override
    public void setFeatures(final long features) throws DeviceException {
        record("setFeatures", "0x" + Long.toHexString(features));
    }

    @Override
    public void enableAllRings() throws DeviceException {
        record("enableAllRings");
    }

    @Override
    public void setMemoryTable(final List<MemorySlot> slots) throws DeviceException {
        record("setMemoryTable", slots.stream().map(this::describe).toArray());
    }

    @Override
    public void addMemory(final MemorySlot slot) throws DeviceException {
        record("addMemory", describe(slot));
    }

    @Override
    public void removeMemory(final MemorySlot slot) throws DeviceException {
        record("removeMemory", describe(slot));
    }

    @Override
    public int maxMemorySlots() {
        return 64;
    }

    @Override
    public void setRingSize(final int index, final int size) throws DeviceException {
        record("setRingSize", index, size);
    }

    @Override
    public void setRingAddresses(
            final int index, final int flags, final long desc, final long used, final long avail, final long log)
            throws DeviceException {
        record("setRingAddresses", index, flags, desc, used, avail, log);
    }

    @Override
    public void setRingBase(final int index, final int value) throws DeviceException {
        record("setRingBase", index, value);
    }

    @Override
    public int stopRing(final int index) throws DeviceException {
        record("stopRing", index);
        return base;
    }

    @Override
    public void setKick(final int index, final int fd) throws DeviceException {
        record("setKick", index, own(fd));
    }

    @Override
    public void setCall(final int index, final int fd) throws DeviceException {
        record("setCall", index, own(fd));
    }

    @Override
    public void setErr(final int index, final int fd) throws DeviceException {
        record("setErr", index, own(fd));
    }

    @Override
    public void setRingEnabled(final int index, final boolean enabled) throws DeviceException {
        record("setRingEnabled", index, enabled);
    }

    @Override
    public void setStatus(final int value) throws DeviceException {
        record("setStatus", value);
        status = value;
    }

    @Override
    public int status() {
        return status;
    }

    @Override
    public void setMtu(final int mtu) throws DeviceException {
        record("setMtu", mtu);
    }

    @Override
    public void sendRarp(final long mac) throws DeviceException {
        record("sendRarp", Long.toHexString(mac));
    }

    @Override
    public void reset() throws DeviceException {
        record("reset");
    }
}
