/**
 * Moving packets between vhost-user ports: a learning switch, and the plain modes {@code io}, {@code mac}, {@code macswap},
 * {@code rxonly} and {@code txonly} under the names that DPDK's testpmd gives them.
 *
 * <p>{@link vhost.switching.Forwarding} is an OSGi service to look at; what it does is set by the configuration
 * {@code vhost.forwarding}.
 */
@Export
@Version("0.1.0")
package vhost.switching;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
