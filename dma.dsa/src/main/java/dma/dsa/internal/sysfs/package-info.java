/**
 * What {@code /sys/bus/dsa/devices} tells of devices and work queues ({@code Documentation/ABI/stable/
 * sysfs-driver-dma-idxd}), and what keeps a queue from being used.
 */
package dma.dsa.internal.sysfs;
