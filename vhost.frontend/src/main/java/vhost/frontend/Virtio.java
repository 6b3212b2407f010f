package vhost.frontend;

/** Numbers of virtio and virtio-net (virtio 1.3). Features are bit numbers, as the specification gives them. */
public final class Virtio {
    // virtio 1.3, 5.1.3 "Feature bits"
    public static final int VIRTIO_NET_F_CSUM = 0;
    public static final int VIRTIO_NET_F_GUEST_CSUM = 1;
    public static final int VIRTIO_NET_F_MTU = 3;
    public static final int VIRTIO_NET_F_GUEST_TSO4 = 7;
    public static final int VIRTIO_NET_F_GUEST_TSO6 = 8;
    public static final int VIRTIO_NET_F_GUEST_ECN = 9;
    public static final int VIRTIO_NET_F_GUEST_UFO = 10;
    public static final int VIRTIO_NET_F_HOST_TSO4 = 11;
    public static final int VIRTIO_NET_F_HOST_TSO6 = 12;
    public static final int VIRTIO_NET_F_HOST_ECN = 13;
    public static final int VIRTIO_NET_F_HOST_UFO = 14;
    public static final int VIRTIO_NET_F_MRG_RXBUF = 15;
    public static final int VIRTIO_NET_F_STATUS = 16;
    public static final int VIRTIO_NET_F_CTRL_VQ = 17;
    public static final int VIRTIO_NET_F_MQ = 22;
    /** Set while guest memory is migrated: the back-end logs what it writes. */
    public static final int VHOST_F_LOG_ALL = 26;

    /** Unlocks {@link VhostUser#GET_PROTOCOL_FEATURES}. */
    public static final int VHOST_USER_F_PROTOCOL_FEATURES = 30;

    // virtio 1.3, 6 "Reserved Feature Bits"
    public static final int VIRTIO_F_INDIRECT_DESC = 28;
    public static final int VIRTIO_F_EVENT_IDX = 29;
    public static final int VIRTIO_F_VERSION_1 = 32;
    public static final int VIRTIO_F_ACCESS_PLATFORM = 33;
    public static final int VIRTIO_F_RING_PACKED = 34;
    public static final int VIRTIO_F_IN_ORDER = 35;

    // virtio 1.3, 2.1 "Device Status Field"
    public static final int ACKNOWLEDGE = 1;
    public static final int DRIVER = 2;
    public static final int DRIVER_OK = 4;
    public static final int FEATURES_OK = 8;

    // virtio 1.3, 2.7.5 "The Virtqueue Descriptor Table" and 2.8.1 "Driver and Device Ring Wrap Counters"
    public static final int VIRTQ_DESC_F_NEXT = 1;
    public static final int VIRTQ_DESC_F_WRITE = 2;
    public static final int VIRTQ_DESC_F_INDIRECT = 4;
    public static final int VIRTQ_DESC_F_AVAIL = 1 << 7;
    public static final int VIRTQ_DESC_F_USED = 1 << 15;
    public static final int VIRTQ_AVAIL_F_NO_INTERRUPT = 1;
    public static final int VIRTQ_USED_F_NO_NOTIFY = 1;
    public static final int RING_EVENT_FLAGS_ENABLE = 0;
    public static final int RING_EVENT_FLAGS_DISABLE = 1;
    public static final int RING_EVENT_FLAGS_DESC = 2;

    // virtio 1.3, 5.1.6 "Device Operation": struct virtio_net_hdr
    public static final int VIRTIO_NET_HDR_F_NEEDS_CSUM = 1;
    public static final int VIRTIO_NET_HDR_F_DATA_VALID = 2;
    public static final int VIRTIO_NET_HDR_GSO_NONE = 0;
    public static final int VIRTIO_NET_HDR_GSO_TCPV4 = 1;
    public static final int VIRTIO_NET_HDR_GSO_UDP = 3;
    public static final int VIRTIO_NET_HDR_GSO_TCPV6 = 4;
    public static final int VIRTIO_NET_HDR_GSO_ECN = 0x80;
    /** With VERSION_1 or MRG_RXBUF; bytes. */
    public static final int NET_HDR_BYTES = 12;
    /** Of a legacy device without MRG_RXBUF: no {@code num_buffers}; bytes. */
    public static final int NET_HDR_LEGACY_BYTES = 10;

    private Virtio() {}

    /** The bits as a mask. */
    public static long mask(final int... bits) {
        long mask = 0;
        for (final int bit : bits) {
            mask |= 1L << bit;
        }
        return mask;
    }

    /** Whether {@code features} has the bit. */
    public static boolean has(final long features, final int bit) {
        return (features >>> bit & 1) != 0;
    }
}
