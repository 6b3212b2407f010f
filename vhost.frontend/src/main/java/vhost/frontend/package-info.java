/**
 * A virtio-net driver and its vhost-user front-end, for tests, demonstrations and benchmarks of any back-end.
 *
 * <p>It shares no code with a back-end on purpose: two readings of the specifications that check each other.
 *
 * <pre>{@code
 * FrontendConfig config = FrontendConfig.builder(socket).packed(true).queuePairs(2).build();
 * try (VhostFrontend frontend = VhostFrontend.connect(config)) {
 *     QueuePair pair = frontend.queuePair(0);
 *     ReceivedPackets received = pair.newReceivedPackets(32);
 *     int sent = pair.sendBurst(addresses, lengths, null, 0, 32);
 *     int n = pair.receiveBurst(received, 32);
 *     for (int i = 0; i < n; i++) {
 *         received.copy(i, destination);
 *     }
 * }
 * }</pre>
 *
 * <p>Threads: one control thread for {@link vhost.frontend.VhostFrontend} and its session; one data thread a
 * {@link vhost.frontend.QueuePair}, which must rest while the control thread starts, stops or closes.
 */
@Export
@Version("0.1.0")
package vhost.frontend;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
