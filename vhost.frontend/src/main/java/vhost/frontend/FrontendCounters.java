package vhost.frontend;

/**
 * What one queue pair has done, since it was made.
 *
 * @param sentPackets given to the device
 * @param sentBytes of data, headers not counted
 * @param receivedPackets handed out
 * @param receivedBytes of data, headers not counted
 * @param kicks written to the device's eventfds
 * @param kicksSuppressed publications that the device wanted no kick for
 * @param interrupts times a wait found the call eventfd signalled
 */
public record FrontendCounters(
        long sentPackets,
        long sentBytes,
        long receivedPackets,
        long receivedBytes,
        long kicks,
        long kicksSuppressed,
        long interrupts) {}
