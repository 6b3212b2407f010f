package vhost.core.api;

/**
 * What a queue has done since its port was opened.
 *
 * @param packets that crossed it
 * @param bytes of those, virtio-net headers not counted
 * @param dropped packets that could not cross: no packet memory, too long for the guest's buffers, malformed
 * @param errors rings that had to be stopped for what the driver wrote in them
 * @param engineCopies copies that an engine made
 * @param coreCopies copies that the core made itself
 * @param redone copies that an engine failed at and the core made again
 * @param overflowed copies that the engine had no room for and the core made
 * @param submitted packets that took the asynchronous way
 * @param completed those of them that came back; the difference is in flight
 * @param quarantined packets whose memory is given up, since an engine could not promise to have stopped
 * @param kicks how often the guest woke us
 * @param calls interrupts sent to the guest
 * @param suppressed interrupts that the guest did not want
 */
public record QueueCounters(
        long packets,
        long bytes,
        long dropped,
        long errors,
        long engineCopies,
        long coreCopies,
        long redone,
        long overflowed,
        long submitted,
        long completed,
        long quarantined,
        long kicks,
        long calls,
        long suppressed) {}
