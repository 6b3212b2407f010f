package vhost.core.internal.protocol;

/** The vhost-user protocol features that we offer (vhost-user, "Protocol features"), with their bits. */
enum ProtocolFeature {
    MQ(0),
    RARP(2),
    REPLY_ACK(3),
    MTU(4),
    BACKEND_REQ(5),
    RESET_DEVICE(13),
    CONFIGURE_MEM_SLOTS(15),
    STATUS(16);

    /** {@code VHOST_USER_F_PROTOCOL_FEATURES}: the virtio feature bit that unlocks all of these, as a mask. */
    static final long VHOST_USER_F_PROTOCOL_FEATURES = 1L << 30;

    /** All of them, as a mask. */
    static final long OFFERED = offered();

    private final long mask;

    ProtocolFeature(final int bit) {
        mask = 1L << bit;
    }

    boolean isIn(final long features) {
        return (features & mask) != 0;
    }

    private static long offered() {
        long all = 0;
        for (final ProtocolFeature feature : values()) {
            all |= feature.mask;
        }
        return all;
    }
}
