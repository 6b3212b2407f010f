/** The certification kit for a vendor's build: one subclass, one test for each rule. */
@Export
@Version("0.1.0")
package dma.tck.junit;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
