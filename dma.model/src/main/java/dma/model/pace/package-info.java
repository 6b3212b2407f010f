/** How fast modelled devices would be, for those who measure with them. */
@Export
@Version("0.1.0")
package dma.model.pace;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
