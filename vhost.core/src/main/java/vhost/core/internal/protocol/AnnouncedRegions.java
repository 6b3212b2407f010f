package vhost.core.internal.protocol;

import java.util.HashMap;
import java.util.Map;
import vhost.core.internal.device.DeviceControl.MemorySlot;

/**
 * How often each region was added one by one. QEMU up to 7.2 announces all of its memory once for every queue pair, and
 * takes it back as often; the device is to hear of the first and of the last only. Port's thread only.
 */
final class AnnouncedRegions {
    private final Map<Region, Integer> times = new HashMap<>();

    /** What tells regions apart (vhost-user, {@code VHOST_USER_REM_MEM_REG}). */
    private record Region(long guestPhysical, long size, long userAddress) {
        static Region of(final MemorySlot slot) {
            return new Region(slot.guestPhysical(), slot.size(), slot.userAddress());
        }
    }

    /** Whether the device has it already. */
    boolean isKnown(final MemorySlot slot) {
        return times.containsKey(Region.of(slot));
    }

    void added(final MemorySlot slot) {
        times.merge(Region.of(slot), 1, Integer::sum);
    }

    /** Whether more removals of it are to come before the device is to let go. */
    boolean isSharedStill(final MemorySlot slot) {
        return times.getOrDefault(Region.of(slot), 0) > 1;
    }

    void removed(final MemorySlot slot) {
        times.computeIfPresent(Region.of(slot), (region, count) -> count == 1 ? null : count - 1);
    }

    /** A whole table takes the place of all. */
    void clear() {
        times.clear();
    }
}
