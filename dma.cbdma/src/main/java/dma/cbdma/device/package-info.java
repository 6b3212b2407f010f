/**
 * The lowest layer of the CBDMA driver: PCI functions in sysfs, VFIO's calls one by one ({@code include/uapi/linux/vfio.h})
 * and a register space. The driver brings the implementation for the host it runs on; a model offers another one as a
 * {@link dma.cbdma.device.CbdmaHost} service. Only the driver and models use this package.
 */
@Export
@Version("0.1.0")
package dma.cbdma.device;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
