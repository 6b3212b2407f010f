package vhost.frontend;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;

/**
 * What a front-end asks for. A ring feature that is asked for and not offered makes the start fail; offloads that are not
 * offered are left out.
 *
 * @param socket of the back-end, or to listen on
 * @param queuePairs 1..128
 * @param ringSize entries of each ring, 1..32768; a power of two unless {@code packed}
 * @param packed packed rings (virtio 1.3, 2.8 "Packed Virtqueues")
 * @param mergeable MRG_RXBUF
 * @param indirectTx every packet to send goes through an indirect table
 * @param indirectRx every receive buffer goes through an indirect table
 * @param eventIdx EVENT_IDX
 * @param inOrder IN_ORDER
 * @param version1 VERSION_1; without it and without {@code mergeable} the header has 10 bytes
 * @param offloads more feature bits to accept where they are offered, a mask
 * @param rxBufferBytes length of each receive descriptor, header included in the first
 * @param rxDescriptors descriptors chained to a receive buffer
 * @param txPacketBytes longest packet to send, without header
 * @param txLayout how a packet to send is cut into descriptors
 * @param regionBytes lengths of the memory regions, multiples of 4096; empty: as much as is needed, evenly cut
 * @param regions number of regions, 1..8, where {@code regionBytes} is empty
 * @param regionGapBytes hole between regions in guest physical space; with 0 buffers may lie across two regions
 * @param gpaBase guest physical address of the first region
 * @param fileOffset where the first region begins in the memory file, a multiple of 4096
 * @param spareBytes memory beyond what the rings and buffers take, for {@link GuestMemory#allocate}, where
 *     {@code regionBytes} is empty
 * @param sealed the memory file can no longer be shrunk
 * @param memorySlots memory is announced by ADD_MEM_REG rather than SET_MEM_TABLE
 * @param protocolFeatures mask of the protocol features to accept where they are offered; 0 leaves them unlocked
 * @param mtu told by NET_SET_MTU; 0: not told
 * @param timeout longest wait for a reply
 */
public record FrontendConfig(
        Path socket,
        int queuePairs,
        int ringSize,
        boolean packed,
        boolean mergeable,
        boolean indirectTx,
        boolean indirectRx,
        boolean eventIdx,
        boolean inOrder,
        boolean version1,
        long offloads,
        int rxBufferBytes,
        int rxDescriptors,
        int txPacketBytes,
        TxLayout txLayout,
        long[] regionBytes,
        int regions,
        long regionGapBytes,
        long gpaBase,
        long fileOffset,
        long spareBytes,
        boolean sealed,
        boolean memorySlots,
        long protocolFeatures,
        int mtu,
        Duration timeout) {
    /** Regions of SET_MEM_TABLE, at most. */
    public static final int MAX_REGIONS = 8;

    static final long PAGE = 4096;

    public FrontendConfig {
        Objects.requireNonNull(socket, "socket");
        Objects.requireNonNull(txLayout, "txLayout");
        Objects.requireNonNull(timeout, "timeout");
        regionBytes = regionBytes.clone();
        require(queuePairs >= 1 && queuePairs <= 128, "queuePairs must be in 1..128");
        require(ringSize >= 1 && ringSize <= 32768, "ringSize must be in 1..32768");
        require(packed || Integer.bitCount(ringSize) == 1, "the size of a split ring is a power of two");
        require(!packed || version1, "packed rings need VERSION_1");
        require(rxBufferBytes >= 1, "rxBufferBytes must be positive");
        require(rxDescriptors >= 1 && (indirectRx || rxDescriptors <= ringSize), "rxDescriptors must fit the ring");
        require(
                (long) rxBufferBytes * rxDescriptors > Virtio.NET_HDR_BYTES,
                "a receive buffer must hold more than the header");
        require(txPacketBytes >= 1 && txPacketBytes <= 1 << 20, "txPacketBytes must be in 1..2^20");
        require(regions >= 1 && regions <= MAX_REGIONS, "regions must be in 1..8");
        require(regionBytes.length <= MAX_REGIONS, "at most 8 regions");
        require(
                Arrays.stream(regionBytes).allMatch(bytes -> bytes > 0 && bytes % PAGE == 0),
                "regions are multiples of 4096 bytes");
        require(
                (regionGapBytes | gpaBase | fileOffset | spareBytes) >= 0
                        && (regionGapBytes | gpaBase | fileOffset) % PAGE == 0,
                "gap, base and offset are multiples of 4096");
    }

    @Override
    public long[] regionBytes() {
        return regionBytes.clone();
    }

    /** Bytes of {@code virtio_net_hdr} with the features asked for. */
    public int headerBytes() {
        return version1 || mergeable || packed ? Virtio.NET_HDR_BYTES : Virtio.NET_HDR_LEGACY_BYTES;
    }

    /** The features without which the start fails, as a mask. */
    public long requiredFeatures() {
        return (packed ? 1L << Virtio.VIRTIO_F_RING_PACKED : 0)
                | (mergeable ? 1L << Virtio.VIRTIO_NET_F_MRG_RXBUF : 0)
                | (indirectTx || indirectRx ? 1L << Virtio.VIRTIO_F_INDIRECT_DESC : 0)
                | (eventIdx ? 1L << Virtio.VIRTIO_F_EVENT_IDX : 0)
                | (inOrder ? 1L << Virtio.VIRTIO_F_IN_ORDER : 0)
                | (version1 ? 1L << Virtio.VIRTIO_F_VERSION_1 : 0)
                | (queuePairs > 1 ? 1L << Virtio.VIRTIO_NET_F_MQ : 0);
    }

    /** One queue pair, split rings of 256, mergeable buffers of 2048 bytes, nothing else. */
    public static Builder builder(final Path socket) {
        return new Builder(socket);
    }

    /** A builder that starts from this. */
    public Builder toBuilder() {
        return new Builder(this);
    }

    private static void require(final boolean condition, final String message) {
        if (!condition) {
            throw new IllegalArgumentException(message);
        }
    }

    /** Collects a {@link FrontendConfig}; the parameters are explained there. */
    public static final class Builder {
        private static final long DEFAULT_PROTOCOL_FEATURES = Virtio.mask(
                VhostUser.VHOST_USER_PROTOCOL_F_MQ,
                VhostUser.VHOST_USER_PROTOCOL_F_REPLY_ACK,
                VhostUser.VHOST_USER_PROTOCOL_F_STATUS,
                VhostUser.VHOST_USER_PROTOCOL_F_RESET_DEVICE,
                VhostUser.VHOST_USER_PROTOCOL_F_MTU);

        private Path socket;
        private int queuePairs = 1;
        private int ringSize = 256;
        private boolean packed;
        private boolean mergeable = true;
        private boolean indirectTx;
        private boolean indirectRx;
        private boolean eventIdx;
        private boolean inOrder;
        private boolean version1 = true;
        private long offloads;
        private int rxBufferBytes = 2048;
        private int rxDescriptors = 1;
        private int txPacketBytes = 2036;
        private TxLayout txLayout = TxLayout.CONTIGUOUS;
        private long[] regionBytes = {};
        private int regions = 1;
        private long regionGapBytes;
        private long gpaBase = 0x1_0000_0000L;
        private long fileOffset;
        private long spareBytes = 1 << 16;
        private boolean sealed = true;
        private boolean memorySlots;
        private long protocolFeatures = DEFAULT_PROTOCOL_FEATURES;
        private int mtu;
        private Duration timeout = Duration.ofSeconds(5);

        private Builder(final Path socket) {
            this.socket = socket;
        }

        private Builder(final FrontendConfig from) {
            socket = from.socket;
            queuePairs = from.queuePairs;
            ringSize = from.ringSize;
            packed = from.packed;
            mergeable = from.mergeable;
            indirectTx = from.indirectTx;
            indirectRx = from.indirectRx;
            eventIdx = from.eventIdx;
            inOrder = from.inOrder;
            version1 = from.version1;
            offloads = from.offloads;
            rxBufferBytes = from.rxBufferBytes;
            rxDescriptors = from.rxDescriptors;
            txPacketBytes = from.txPacketBytes;
            txLayout = from.txLayout;
            regionBytes = from.regionBytes();
            regions = from.regions;
            regionGapBytes = from.regionGapBytes;
            gpaBase = from.gpaBase;
            fileOffset = from.fileOffset;
            spareBytes = from.spareBytes;
            sealed = from.sealed;
            memorySlots = from.memorySlots;
            protocolFeatures = from.protocolFeatures;
            mtu = from.mtu;
            timeout = from.timeout;
        }

        public Builder socket(final Path value) {
            socket = value;
            return this;
        }

        public Builder queuePairs(final int value) {
            queuePairs = value;
            return this;
        }

        public Builder ringSize(final int value) {
            ringSize = value;
            return this;
        }

        public Builder packed(final boolean value) {
            packed = value;
            return this;
        }

        public Builder mergeable(final boolean value) {
            mergeable = value;
            return this;
        }

        public Builder indirectTx(final boolean value) {
            indirectTx = value;
            return this;
        }

        public Builder indirectRx(final boolean value) {
            indirectRx = value;
            return this;
        }

        public Builder eventIdx(final boolean value) {
            eventIdx = value;
            return this;
        }

        public Builder inOrder(final boolean value) {
            inOrder = value;
            return this;
        }

        public Builder version1(final boolean value) {
            version1 = value;
            return this;
        }

        public Builder offloads(final long value) {
            offloads = value;
            return this;
        }

        public Builder rxBufferBytes(final int value) {
            rxBufferBytes = value;
            return this;
        }

        public Builder rxDescriptors(final int value) {
            rxDescriptors = value;
            return this;
        }

        public Builder txPacketBytes(final int value) {
            txPacketBytes = value;
            return this;
        }

        public Builder txLayout(final TxLayout value) {
            txLayout = value;
            return this;
        }

        public Builder regionBytes(final long... value) {
            regionBytes = value.clone();
            return this;
        }

        public Builder regions(final int value) {
            regions = value;
            return this;
        }

        public Builder regionGapBytes(final long value) {
            regionGapBytes = value;
            return this;
        }

        public Builder gpaBase(final long value) {
            gpaBase = value;
            return this;
        }

        public Builder fileOffset(final long value) {
            fileOffset = value;
            return this;
        }

        public Builder spareBytes(final long value) {
            spareBytes = value;
            return this;
        }

        public Builder sealed(final boolean value) {
            sealed = value;
            return this;
        }

        public Builder memorySlots(final boolean value) {
            memorySlots = value;
            return this;
        }

        public Builder protocolFeatures(final long value) {
            protocolFeatures = value;
            return this;
        }

        public Builder mtu(final int value) {
            mtu = value;
            return this;
        }

        public Builder timeout(final Duration value) {
            timeout = value;
            return this;
        }

        /** The configuration; fails where the parts do not go together. */
        public FrontendConfig build() {
            return new FrontendConfig(
                    socket,
                    queuePairs,
                    ringSize,
                    packed,
                    mergeable,
                    indirectTx,
                    indirectRx,
                    eventIdx,
                    inOrder,
                    version1,
                    offloads,
                    rxBufferBytes,
                    rxDescriptors,
                    txPacketBytes,
                    txLayout,
                    regionBytes,
                    regions,
                    regionGapBytes,
                    gpaBase,
                    fileOffset,
                    spareBytes,
                    sealed,
                    memorySlots,
                    protocolFeatures,
                    mtu,
                    timeout);
        }
    }
}
