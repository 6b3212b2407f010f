package dma.dsa.internal.sysfs;

import dma.dsa.internal.wire.Opcode;
import java.util.Optional;

/**
 * A work queue.
 *
 * @param name the kernel's, such as {@code wq0.1}
 * @param number of its name, within the device
 * @param label what the administrator named it; may be empty
 * @param state {@code enabled} or {@code disabled}
 * @param type {@code user}, {@code kernel} or {@code none}
 * @param driverName of the driver that is to have it; null before Linux 6.7
 * @param dedicated whether one process has it, and counts for itself; otherwise it is shared
 * @param size entries
 * @param threshold entries that user space may fill of a shared one
 * @param maxTransferBytes the longest copy
 * @param maxBatch the most descriptors of a batch
 * @param blockOnFault whether descriptors may ask the device to wait for a page
 * @param atsDisabled whether the device is kept from translating addresses itself
 * @param group -1 where it has none
 * @param engines of that group; -1 where the host does not say
 * @param obstacle why it cannot be used; null where it can
 */
public record WorkQueue(
        Device device,
        String name,
        int number,
        String label,
        String state,
        String type,
        String driverName,
        boolean dedicated,
        int size,
        int threshold,
        long maxTransferBytes,
        int maxBatch,
        boolean blockOnFault,
        boolean atsDisabled,
        Operations operations,
        int group,
        int engines,
        Obstacle obstacle) {

    static WorkQueue read(
            final Device device, final String name, final int number, final int engines, final Attributes attributes) {
        return new WorkQueue(
                device,
                name,
                number,
                attributes.text("name", ""),
                attributes.text("state", ""),
                attributes.text("type", "none"),
                attributes.text("driver_name", null),
                attributes.text("mode", "").equals("dedicated"),
                attributes.integer("size", 0),
                attributes.integer("threshold", 0),
                attributes.number("max_transfer_size", device.maxTransferBytes()),
                attributes.integer("max_batch_size", device.maxBatch()),
                attributes.integer("block_on_fault", 0) == 1,
                attributes.integer("ats_disable", 0) == 1,
                attributes.has("op_config") ? Operations.parse(attributes.text("op_config", "")) : device.operations(),
                attributes.integer("group_id", 0),
                engines,
                null);
    }

    WorkQueue with(final Obstacle found) {
        return new WorkQueue(
                device,
                name,
                number,
                label,
                state,
                type,
                driverName,
                dedicated,
                size,
                threshold,
                maxTransferBytes,
                maxBatch,
                blockOnFault,
                atsDisabled,
                operations,
                group,
                engines,
                found);
    }

    /** As accel-config names it, such as {@code dsa0/wq0.1}. */
    public String path() {
        return device.name() + "/" + name;
    }

    /** Why it cannot be used; empty where it can. */
    public Optional<Obstacle> whyNot() {
        return Optional.ofNullable(obstacle);
    }

    /** Bytes; what both the queue and the device allow, and 32 bits hold. */
    public long maxCopyBytes() {
        final long allowed = device.maxTransferBytes() > 0
                ? Math.min(maxTransferBytes, device.maxTransferBytes())
                : maxTransferBytes;
        return Math.max(1, Math.min(allowed, 0xffff_ffffL));
    }

    /** The most descriptors of a batch; less than 2 where there is none. */
    public int batchLimit() {
        if (!operations.allow(Opcode.BATCH)) {
            return 0;
        }
        return device.maxBatch() > 0 ? Math.min(maxBatch, device.maxBatch()) : maxBatch;
    }

    /** For people. */
    public String summary() {
        return (dedicated ? "dedicated, " : "shared, ") + size + " entries, copies up to " + maxCopyBytes()
                + " bytes, batches up to " + Math.max(1, batchLimit())
                + (blockOnFault ? ", block on fault" : "")
                + (atsDisabled ? ", without address translation service" : "")
                + (engines < 0 ? "" : ", " + engines + (engines == 1 ? " engine" : " engines"))
                + (device.numaNode() < 0 ? "" : ", NUMA node " + device.numaNode())
                + (label.isEmpty() ? "" : ", named " + label);
    }
}
