/**
 * What applications of the vhost core see: ports, their virtqueues, the workers that own them, packets and pools.
 *
 * <p>Control calls ({@link vhost.core.api.VhostPorts}, {@link vhost.core.api.VhostWorkers}) may come from any thread.
 * Data-path calls ({@link vhost.core.api.VhostQueue}, {@link vhost.core.api.PacketPool}) belong to the worker that owns
 * the queue or the pool, take bursts, return counts, allocate nothing, take no lock and throw nothing but the
 * {@link InternalError} of a guest that truncated its memory, which the worker handles.
 */
@Export
@Version("0.1.0")
package vhost.core.api;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
