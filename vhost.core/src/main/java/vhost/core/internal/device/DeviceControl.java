package vhost.core.internal.device;

import java.util.List;

/**
 * What a session asks of the device. Called by the session's thread only; each call returns when the data plane has
 * acknowledged. Ring indices are 0 to {@code 2 * maxQueuePairs() - 1}, checked before the call.
 *
 * <p>A descriptor passes to the device with the call, also where the call throws.
 */
public interface DeviceControl {
    /** The virtio features on offer, without bit 30, which the session adds. */
    long offeredFeatures();

    int maxQueuePairs();

    /** The MTU on offer, bytes; 0 for none. */
    int mtu();

    /** A new session begins. */
    void connected();

    /** The session is over: stop all rings, unmap the memory, close kick, call and error descriptors. */
    void disconnected(String why);

    /** A subset of {@link #offeredFeatures()}; bit 30 is stripped. */
    void setFeatures(long features) throws DeviceException;

    /** SET_FEATURES lacked bit 30: rings are enabled without being told one by one. */
    void enableAllRings() throws DeviceException;

    /** Replaces all memory. Takes the descriptors and closes them, whatever happens. */
    void setMemoryTable(List<MemorySlot> slots) throws DeviceException;

    /** Adds one region. Takes its descriptor and closes it, whatever happens. */
    void addMemory(MemorySlot slot) throws DeviceException;

    /** Removes the region of the same addresses and size; {@code slot.fd()} is -1. */
    void removeMemory(MemorySlot slot) throws DeviceException;

    /** The most regions it takes; never shrinks. */
    int maxMemorySlots();

    void setRingSize(int index, int size) throws DeviceException;

    /** Addresses of the front-end's own space. */
    void setRingAddresses(int index, int flags, long desc, long used, long avail, long log) throws DeviceException;

    /** All 32 bits as they came; their meaning depends on the ring's layout. */
    void setRingBase(int index, int base) throws DeviceException;

    /** GET_VRING_BASE: drains and stops the ring. Returns all 32 bits of its base. */
    int stopRing(int index) throws DeviceException;

    /** {@code fd} -1: no kicks will come, poll. */
    void setKick(int index, int fd) throws DeviceException;

    /** {@code fd} -1: the guest wants no calls. */
    void setCall(int index, int fd) throws DeviceException;

    /** {@code fd} -1: errors are not to be signalled. */
    void setErr(int index, int fd) throws DeviceException;

    void setRingEnabled(int index, boolean enabled) throws DeviceException;

    /** The virtio device status, 0 to 255. */
    void setStatus(int status) throws DeviceException;

    int status();

    /** The MTU that the driver uses, 68 to 65535 bytes. */
    void setMtu(int mtu) throws DeviceException;

    /** Announces the guest: one broadcast RARP. The MAC's first byte is the lowest of {@code mac}. */
    void sendRarp(long mac) throws DeviceException;

    /** RESET_DEVICE or RESET_OWNER: all rings stop and are disabled; the session goes on. */
    void reset() throws DeviceException;

    /**
     * A region of guest memory.
     *
     * @param guestPhysical its guest physical address
     * @param size bytes
     * @param userAddress its address in the front-end
     * @param mmapOffset where it begins in the file, bytes
     * @param fd the file, or -1
     */
    record MemorySlot(long guestPhysical, long size, long userAddress, long mmapOffset, int fd) {}
}
