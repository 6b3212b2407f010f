package vhost.switching;

/**
 * What passed a port since it was opened. As in testpmd, <em>received</em> is what the guest sent.
 *
 * @param port its name
 * @param receivedPackets taken from the guest
 * @param receivedBytes of those, virtio-net headers not counted
 * @param sentPackets that the guest got
 * @param sentBytes of those
 * @param flooded of the received, those that went to every other port: broadcast, multicast, station not known
 * @param filtered of the received, those with nowhere to go: their station is behind this very port, or there is no other
 * @param malformed of the received, those dropped for an impossible offload request or for want of an Ethernet header
 * @param droppedNotRunning to be sent, but no receive queue of the guest runs
 * @param droppedStalled to be sent, but the guest has given no buffers for longer than the configured patience
 * @param droppedNoBuffers to be sent, but to be segmented first, with no packet memory left for that
 * @param droppedByQueues that the virtqueues dropped, such as packets longer than the guest's buffers
 */
public record PortStatistics(
        String port,
        long receivedPackets,
        long receivedBytes,
        long sentPackets,
        long sentBytes,
        long flooded,
        long filtered,
        long malformed,
        long droppedNotRunning,
        long droppedStalled,
        long droppedNoBuffers,
        long droppedByQueues) {}
