/**
 * The lowest layer of the DSA driver: what a host's kernel and processor offer to user space. The driver brings the
 * implementation for the host it runs on; a model offers another one as a {@link dma.dsa.device.DsaHost} service. Only
 * the driver and models use this package.
 */
@Export
@Version("0.1.0")
package dma.dsa.device;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
