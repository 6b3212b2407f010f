/**
 * Intel DSA in software, strict where the hardware is. {@link dma.model.internal.dsa.DsaModel} is a host with devices: a
 * sysfs tree for the driver to find, character devices and portals to submit to, and a thread for each device that does
 * what its engines would do.
 *
 * <p>Sources: Linux' {@code include/uapi/linux/idxd.h}, {@code drivers/dma/idxd/registers.h} and {@code cdev.c}, {@code
 * Documentation/ABI/stable/sysfs-driver-dma-idxd}. What these leave open is said where it was decided.
 */
package dma.model.internal.dsa;
