package vhost.core.internal.device;

import vhost.core.api.PortSpec;

/** Feature bits (virtio 1.3, 5.1.3 "Feature bits" and 6 "Reserved Feature Bits"). */
final class Features {
    static final int NET_CSUM = 0;
    static final int NET_GUEST_CSUM = 1;
    static final int NET_MTU = 3;
    static final int NET_GSO = 6;
    static final int NET_GUEST_TSO4 = 7;
    static final int NET_GUEST_TSO6 = 8;
    static final int NET_GUEST_ECN = 9;
    static final int NET_HOST_TSO4 = 11;
    static final int NET_HOST_TSO6 = 12;
    static final int NET_HOST_ECN = 13;
    static final int NET_MRG_RXBUF = 15;
    static final int NET_STATUS = 16;
    static final int NET_CTRL_VQ = 17;
    static final int NET_CTRL_RX = 18;
    static final int NET_GUEST_ANNOUNCE = 21;
    static final int NET_MQ = 22;
    static final int ANY_LAYOUT = 27;
    static final int RING_INDIRECT_DESC = 28;
    static final int RING_EVENT_IDX = 29;
    static final int VERSION_1 = 32;
    static final int RING_PACKED = 34;
    static final int IN_ORDER = 35;

    /** For every port. The control queue's bits are the front-end's to serve; it needs ours to offer them. */
    private static final long ALWAYS = bits(
            NET_CSUM,
            NET_GUEST_CSUM,
            NET_GSO,
            NET_GUEST_TSO4,
            NET_GUEST_TSO6,
            NET_GUEST_ECN,
            NET_HOST_TSO4,
            NET_HOST_TSO6,
            NET_HOST_ECN,
            NET_MRG_RXBUF,
            NET_STATUS,
            NET_CTRL_VQ,
            NET_CTRL_RX,
            NET_GUEST_ANNOUNCE,
            NET_MQ,
            ANY_LAYOUT,
            RING_INDIRECT_DESC,
            RING_EVENT_IDX,
            VERSION_1,
            RING_PACKED,
            IN_ORDER);

    private Features() {}

    static long offered(final PortSpec spec) {
        return spec.mtu() == 0 ? ALWAYS : ALWAYS | bits(NET_MTU);
    }

    static boolean has(final long features, final int bit) {
        return (features >>> bit & 1) != 0;
    }

    private static long bits(final int... numbers) {
        long all = 0;
        for (final int number : numbers) {
            all |= 1L << number;
        }
        return all;
    }
}
