package vhost.core.internal.ring;

/**
 * What a ring is: where it lies, and what the driver has agreed to.
 *
 * @param size descriptors
 * @param desc our address of the descriptors
 * @param driver our address of the driver area: the available ring, or the driver's event suppression
 * @param device our address of the device area: the used ring, or the device's event suppression
 * @param base where it goes on; what its bits mean depends on the layout
 * @param deviceWrites whether its buffers are written
 * @param indirect VIRTIO_F_INDIRECT_DESC
 * @param eventIndex VIRTIO_F_EVENT_IDX
 * @param inOrder VIRTIO_F_IN_ORDER
 */
public record RingConfig(
        int size,
        long desc,
        long driver,
        long device,
        int base,
        boolean deviceWrites,
        boolean indirect,
        boolean eventIndex,
        boolean inOrder) {}
