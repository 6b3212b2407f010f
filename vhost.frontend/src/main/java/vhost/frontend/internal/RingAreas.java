package vhost.frontend.internal;

import linux.Memory;

/**
 * The three shared areas of a ring, by our addresses.
 *
 * @param packed whether they are those of a packed ring
 * @param entries ring size
 * @param desc descriptor table, or descriptor ring
 * @param driver available ring, or driver event suppression
 * @param device used ring, or device event suppression
 */
public record RingAreas(boolean packed, int entries, long desc, long driver, long device) {
    public long descBytes() {
        return 16L * entries;
    }

    public long driverBytes() {
        return packed ? 4 : 6 + 2L * entries;
    }

    public long deviceBytes() {
        return packed ? 4 : 6 + 8L * entries;
    }

    /** Zeroes all three. */
    public void clear() {
        Memory.fill(desc, descBytes(), (byte) 0);
        Memory.fill(driver, driverBytes(), (byte) 0);
        Memory.fill(device, deviceBytes(), (byte) 0);
    }
}
