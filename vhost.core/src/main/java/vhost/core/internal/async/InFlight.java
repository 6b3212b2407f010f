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
    /** Marks a slot whose packet its submitter waits for: {@link #take} passes over it. */
    public static final long WAITED_FOR = 0;

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

    /** Adds a packet without chains or copies; there must be {@link #room}. Returns its slot. */
    public int submit(final long newPacket, final int dataBytes) {
        final int slot = submitted & mask;
        packet[slot] = newPacket;
        bytes[slot] = dataBytes;
        copiesLeft[slot] = 0;
        chainEnd[slot] = chainSubmitted;
        submitted++;
        return slot;
    }

    /** Adds a chain to the packet submitted last; its used entry is {@code id} with {@code written} bytes. */
    public void addChain(final int id, final int descriptors, final int written) {
        final int at = chainSubmitted & mask;
        chainId[at] = id;
        chainDescriptors[at] = descriptors;
        chainWritten[at] = written;
        chainSubmitted++;
        chainEnd[submitted - 1 & mask] = chainSubmitted;
    }

    /** Adds a packet that is complete and whose used entries are pushed already; nothing may be {@link #open()}. */
    public void submitPublished(final long newPacket) {
        packet[submitted & mask] = newPacket;
        submitted++;
        published = submitted;
    }

    /** One more copy is under way for the packet of {@code slot}. */
    public void copyBegun(final int slot) {
        copiesLeft[slot]++;
    }

    /** One copy fewer. */
    public void copyDone(final int slot) {
        copiesLeft[slot]--;
    }

    /**
     * Pushes the used entries of the complete prefix; the caller makes them visible.
     *
     * @return how many packets; {@link #publishedBytes} of them
     */
    public int publish(final Virtqueue ring) {
        final int before = published;
        publishedBytes = 0;
        while (published != submitted && copiesLeft[published & mask] == 0) {
            final int slot = published & mask;
            for (; chainPublished != chainEnd[slot]; chainPublished++) {
                final int at = chainPublished & mask;
                ring.pushUsed(chainId[at], chainDescriptors[at], chainWritten[at]);
            }
            publishedBytes += bytes[slot];
            published++;
        }
        return published - before;
    }

    /** Bytes of the packets of the last {@link #publish}. */
    public long publishedBytes() {
        return publishedBytes;
    }

    /** The ring is lost: what is open counts as published, with nothing pushed. No copy may be under way. */
    public int giveUp() {
        final int lost = submitted - published;
        published = submitted;
        chainPublished = chainSubmitted;
        return lost;
    }

    /** Moves up to {@code max} published packets to {@code to}, oldest first. Returns how many. */
    public int take(final long[] to, final int from, final int max) {
        int count = 0;
        while (count < max && returned != published) {
            final long next = packet[returned & mask];
            returned++;
            if (next != WAITED_FOR) {
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

    /** Packets that were submitted and not taken back, slots that are {@link #WAITED_FOR} included. */
    public int count() {
        return submitted - returned;
    }
}
