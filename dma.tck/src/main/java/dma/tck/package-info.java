/**
 * The certification kit: the contract of {@link dma.api} as rules that run against any engine.
 *
 * <p>{@link dma.tck.Certification} runs them, in a vendor's build (see {@code dma.tck.junit}) or in a live platform (the
 * command {@code dma:certify ENGINE}). Each {@link dma.tck.Rule} has a name that stays, and a {@link dma.tck.Verdict}.
 * What breaks a rule while another one is checked is held against the rule that was broken.
 */
@Export
@Version("0.1.0")
package dma.tck;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
