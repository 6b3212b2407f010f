package vhost.core.internal.async;

import vhost.core.internal.ring.Virtqueue;

/**
 * The packets of one ring that were submitted and not given back, first in first out. The queue's owner only.
 *
 * <pre>
 *      returned            published              submitted
 *          | used, to be returned | copies under way  | free …
 *          |                      | or behind such    |
 * </pre>
 *
 * <p>A packet has one slot, the used entries of its chains, and a count of the copies that are still to be made. It is
 * complete when that count is zero. {@link #publish} moves on over the complete prefix only, and {@link #take} over what was
 * published: so used entries and packets keep the order of submission, whoever made which copy and when.
 *
 * <p>Positions are free-running; a slot is a position modulo the capacity. There are never more chains in it than the ring
 * has descriptors: a driver that makes one available twice is not followed ({@link #room}).
 */
public final class InFlight {
    /** In place of a packet: {@link #take} passes over the slot. For submitters that wait, and for chains without a packet. */
    static final long NO_PACKET = 0;

    /** In place of the bytes of a packet that does not count as one that crossed the ring. */
    static final int NOT_COUNTED = -1;

    private final int ringSize;
    private final int mask;
    private final long[] packet;
    private final int[] bytes;
    private final int[] copiesLeft;

    /** Position in {@link #chainId} behind the last chain of the slot. */
    private final int[] chainEnd;

    private final int[] chainId;
    private final int[] chainDescriptors;
    private final int[] chainWritten;

    private int returned;
    private int published;
    private int submitted;
    private int chainPublished;
    private int chainSubmitted;

    /** Slots without a packet that were not passed over yet. */
    private int holes;

    private int publishedPackets;
    private long publishedBytes;

    /** Room for as many packets as a ring of {@code ringSize} has descriptors. */
    public InFlight(final int ringSize) {
        final int capacity = Math.max(2, Integer.highestOneBit(ringSize * 2 - 1));
        this.ringSize = ringSize;
        mask = capacity - 1;
        packet = new long[capacity];
        bytes = new int[capacity];
        copiesLeft = new int[capacity];
        chainEnd = new int[capacity];
        chainId = new int[capacity];
        chainDescriptors = new int[capacity];
        chainWritten = new int[capacity];
    }

    /** How many more packets, or chains, may be submitted. */
    public int room() {
        return ringSize - Math.max(submitted - returned, chainSubmitted - chainPublished);
    }

    /**
     * Adds a packet without chains or copies; there must be {@link #room}. Returns its slot.
     *
     * @param newPacket or {@link #NO_PACKET}
     * @param dataBytes or {@link #NOT_COUNTED}
     */
    int submit(final long newPacket, final int dataBytes) {
        final int slot = submitted & mask;
        packet[slot] = newPacket;
        holes += newPacket == NO_PACKET ? 1 : 0;
        bytes[slot] = dataBytes;
        copiesLeft[slot] = 0;
        chainEnd[slot] = chainSubmitted;
        submitted++;
        return slot;
    }

    /** The slot of the packet submitted last. */
    int lastSlot() {
        return submitted - 1 & mask;
    }

    /** Adds a chain to the packet submitted last; its used entry is {@code id} with {@code written} bytes. */
    void addChain(final int id, final int descriptors, final int written) {
        final int at = chainSubmitted & mask;
        chainId[at] = id;
        chainDescriptors[at] = descriptors;
        chainWritten[at] = written;
        chainSubmitted++;
        chainEnd[submitted - 1 & mask] = chainSubmitted;
    }

    /** Adds a packet that is complete and whose used entries are pushed already; nothing may be {@link #open()}. */
    void submitPublished(final long newPacket) {
        packet[submitted & mask] = newPacket;
        submitted++;
        published = submitted;
    }

    /** As {@link #submitPublished(long)}, for {@code packets[from]} to {@code packets[from + count - 1]}. */
    void submitPublished(final long[] packets, final int from, final int count) {
        final int at = submitted & mask;
        final int straight = Math.min(count, packet.length - at);
        System.arraycopy(packets, from, packet, at, straight);
        System.arraycopy(packets, from + straight, packet, 0, count - straight);
        submitted += count;
        published = submitted;
    }

    /** One more copy is under way for the packet of {@code slot}. */
    void copyBegun(final int slot) {
        copiesLeft[slot]++;
    }

    /** One copy fewer. */
    void copyDone(final int slot) {
        copiesLeft[slot]--;
    }

    /**
     * Pushes the used entries of the complete prefix; the caller makes them visible.
     *
     * @return whether there were any; {@link #publishedPackets} and {@link #publishedBytes} tell what crossed the ring
     */
    public boolean publish(final Virtqueue ring) {
        final int before = chainPublished;
        publishedPackets = 0;
        publishedBytes = 0;
        while (published != submitted && copiesLeft[published & mask] == 0) {
            final int slot = published & mask;
            for (; chainPublished != chainEnd[slot]; chainPublished++) {
                final int at = chainPublished & mask;
                ring.pushUsed(chainId[at], chainDescriptors[at], chainWritten[at]);
            }
            if (bytes[slot] != NOT_COUNTED) {
                publishedPackets++;
                publishedBytes += bytes[slot];
            }
            published++;
        }
        // Nobody may ever take what has no packet.
        while (returned != published && packet[returned & mask] == NO_PACKET) {
            returned++;
            holes--;
        }
        return chainPublished != before;
    }

    /** Packets that the last {@link #publish} counted. */
    public int publishedPackets() {
        return publishedPackets;
    }

    /** Bytes of the packets of the last {@link #publish}. */
    public long publishedBytes() {
        return publishedBytes;
    }

    /**
     * The ring is lost: what is open counts as published, with nothing pushed. Packets with copies under way are not given
     * back by {@link #take}; their memory is not to be used again.
     *
     * @return how many packets have copies under way
     */
    public int giveUp() {
        int withheld = 0;
        for (; published != submitted; published++) {
            final int slot = published & mask;
            if (copiesLeft[slot] != 0 && packet[slot] != NO_PACKET) {
                packet[slot] = NO_PACKET;
                holes++;
                withheld++;
            }
        }
        chainPublished = chainSubmitted;
        return withheld;
    }

    /** Moves up to {@code max} published packets to {@code to}, oldest first. Returns how many. */
    public int take(final long[] to, final int from, final int max) {
        return holes == 0 ? takeStraight(to, from, max) : takeAround(to, from, max);
    }

    private int takeStraight(final long[] to, final int from, final int max) {
        final int count = Math.min(max, published - returned);
        final int at = returned & mask;
        final int straight = Math.min(count, packet.length - at);
        System.arraycopy(packet, at, to, from, straight);
        System.arraycopy(packet, 0, to, from + straight, count - straight);
        returned += count;
        return count;
    }

    private int takeAround(final long[] to, final int from, final int max) {
        int count = 0;
        while (count < max && returned != published) {
            final long next = packet[returned & mask];
            returned++;
            if (next == NO_PACKET) {
                holes--;
            } else {
                to[from + count] = next;
                count++;
            }
        }
        return count;
    }

    /** Packets whose used entries are not pushed. */
    public int open() {
        return submitted - published;
    }

    /** Packets that were submitted and not taken back, slots without a packet included. */
    public int count() {
        return submitted - returned;
    }
}
