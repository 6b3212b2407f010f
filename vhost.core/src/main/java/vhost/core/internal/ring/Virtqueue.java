package vhost.core.internal.ring;

import java.lang.foreign.Arena;
import linux.Memory;
import vhost.core.internal.memory.Translator;

/**
 * The device's side of one virtqueue, split or packed. One owner thread; nothing here is shared but the ring itself.
 *
 * <p>A burst takes chains, one packet after the other, copies, pushes a used entry for each chain and publishes them all at
 * once:
 *
 * <pre>
 *   ( beginPacket → nextChain+ → pushUsed* | rewind )*  → publish → call the guest where it says so
 * </pre>
 *
 * <p>What {@link #nextChain} took since {@link #beginPacket} is described by its pieces: the parts of guest memory, checked
 * and contiguous for us, in the chain's order. Every field of a descriptor is read once, checked, then used.
 *
 * <p>Ordering: {@code nextChain} acquires what the driver released; {@code publish} releases all stores made before it, copies
 * included, then passes a full fence before it reads whether the driver wants a call.
 */
public abstract class Virtqueue {
    /** {@link #nextChain} found no chain. */
    public static final int EMPTY = 0;

    /** {@link #nextChain} took one. Anything negative is a {@link RingFault}. */
    public static final int CHAIN = 1;

    /** Most pieces that a packet may have; a chain with more is taken, marked and not described. */
    public static final int MAX_PIECES = 1024;

    /** Most chains of a run. */
    public static final int MAX_RUN = 64;

    static final int VRING_DESC_F_NEXT = 1;
    static final int VRING_DESC_F_WRITE = 2;
    static final int VRING_DESC_F_INDIRECT = 4;
    static final int DESC_SIZE = 16;

    /** Descriptors in a cache line of 64 bytes. */
    static final int DESCS_PER_LINE = 4;

    /** No packet needs more of one buffer; a longer one is used up to here, so that sums stay small. */
    private static final int MAX_PIECE_BYTES = 1 << 20;

    final int size;
    final Translator translator;
    final boolean deviceWrites;
    final boolean indirect;
    final boolean eventIndex;

    private final long[] pieceAddress = new long[MAX_PIECES];
    private final int[] pieceLength = new int[MAX_PIECES];
    private int pieces;
    private boolean overlong;

    private final int[] chainId;
    private final int[] chainDescriptors;
    private final int[] chainBytes;
    private int chains;
    private int bytes;

    final long[] runAddress = new long[MAX_RUN];
    final int[] runLength = new int[MAX_RUN];
    final int[] runId = new int[MAX_RUN];
    final int[] runWritten = new int[MAX_RUN];

    /** What was read to bring buffers into the cache; written so that the reads are not left out. */
    long touched;

    /** An indirect table that straddles two regions is gathered here. */
    private final long scratch;

    Virtqueue(final Arena arena, final Translator translator, final RingConfig config) {
        this.size = config.size();
        this.translator = translator;
        this.deviceWrites = config.deviceWrites();
        this.indirect = config.indirect();
        this.eventIndex = config.eventIndex();
        this.chainId = new int[size];
        this.chainDescriptors = new int[size];
        this.chainBytes = new int[size];
        this.scratch = arena.allocate((long) size * DESC_SIZE, DESC_SIZE).address();
    }

    /**
     * The short way: takes the next available chains as long as each is a single buffer of at least {@code atLeast} bytes that
     * lies in one region, as most are. Buffers to read are touched, so that the copies that follow find them in the cache:
     * the loads of many packets are under way at a time, where copying them one by one would wait for each.
     *
     * @param max at most {@link #MAX_RUN}
     * @param atLeast 8 bytes or more beyond {@code skip}
     * @param skip bytes at the start of buffers to read that the caller does not look at: where a header has a cache line
     *     of its own, touching it costs a transfer from the guest's processor for each packet
     * @return how many; 0 where the next chain is of another kind, or faulty, or there is none: {@link #nextChain} tells
     */
    public abstract int takeRun(int max, int atLeast, int skip);

    /** Reads of the ends of each buffer of the run: a loop of nothing else, so that many are under way at a time. */
    final long touchRun(final int count, final int skip) {
        long sum = 0;
        for (int i = 0; i < count; i++) {
            sum += Memory.getLong(runAddress[i] + skip) + Memory.getLong(runAddress[i] + runLength[i] - 8);
        }
        return sum;
    }

    /** Gives the last {@code count} chains of the run back: they are the next to be taken again. */
    public abstract void untakeRun(int count);

    /** Adds the used entries of the first {@code count} chains of the run, as {@link #pushUsed} does. */
    public abstract void pushUsedRun(int count);

    /** Our address of a buffer of the run. */
    public final long runAddress(final int index) {
        return runAddress[index];
    }

    /** Bytes of a buffer of the run. */
    public final int runLength(final int index) {
        return runLength[index];
    }

    /** The id of a buffer of the run in its used entry; it is one descriptor. */
    public final int runId(final int index) {
        return runId[index];
    }

    /** Bytes that were written to a buffer of the run; a queue that is only read from never says so. */
    public final void runWritten(final int index, final int bytesWritten) {
        runWritten[index] = bytesWritten;
    }

    /** Forgets the pieces and chains of the last packet. */
    public final void beginPacket() {
        pieces = 0;
        chains = 0;
        bytes = 0;
        overlong = false;
        mark();
    }

    /** Takes the next available chain and adds its pieces: {@link #CHAIN}, {@link #EMPTY} or a {@link RingFault}. */
    public abstract int nextChain();

    /** Gives the chains taken since {@link #beginPacket} back: they are the next to be taken again. */
    public abstract void rewind();

    /** Whether a chain is available: one read of the ring, acquired. */
    public abstract boolean hasAvailable();

    /**
     * Adds a used entry for the {@code chain}-th chain of this packet, not visible to the driver before {@link #publish}.
     *
     * @param written bytes that we wrote into its buffers
     */
    public final void pushUsed(final int chain, final int written) {
        pushUsed(chainId[chain], chainDescriptors[chain], written);
    }

    /** As {@link #pushUsed(int, int)}, of a chain taken earlier: as {@link #chainId} or {@link #runId} told then. */
    public abstract void pushUsed(int id, int descriptors, int written);

    /**
     * Makes all pushed entries visible, in order.
     *
     * @return whether the driver wants a call for them
     */
    public abstract boolean publish();

    /** Asks for kicks, or asks for none. After asking, the caller looks at {@link #hasAvailable} once more. */
    public abstract void wantKick(boolean wanted);

    /** The ring's position as GET_VRING_BASE reports it, with nothing taken and not used. */
    public abstract int base();

    /** {@code split 256} or {@code packed 256}. */
    public abstract String describe();

    abstract void mark();

    /** Descriptors in the ring, the most chains there can be. */
    public final int capacity() {
        return size;
    }

    /** Pieces of the packet's chains. */
    public final int pieces() {
        return pieces;
    }

    /** Our address of a piece. */
    public final long pieceAddress(final int piece) {
        return pieceAddress[piece];
    }

    /** Bytes of a piece; at least 1. */
    public final int pieceLength(final int piece) {
        return pieceLength[piece];
    }

    /** Chains taken for this packet. */
    public final int chains() {
        return chains;
    }

    /** Bytes of a chain's pieces. */
    public final int chainBytes(final int chain) {
        return chainBytes[chain];
    }

    /** The id of a chain in its used entry. */
    public final int chainId(final int chain) {
        return chainId[chain];
    }

    /** How many descriptors of the ring a chain takes. */
    public final int chainDescriptors(final int chain) {
        return chainDescriptors[chain];
    }

    /** Bytes of all pieces of the packet. */
    public final int bytes() {
        return bytes;
    }

    /** Whether a chain had more pieces than can be described; its packet is to be dropped. */
    public final boolean isOverlong() {
        return overlong;
    }

    /** The chain just walked is complete. */
    final void endChain(final int id, final int descriptors, final int bytesBefore) {
        chainId[chains] = id;
        chainDescriptors[chains] = descriptors;
        chainBytes[chains] = bytes - bytesBefore;
        chains++;
    }

    /** Whether a buffer of {@code length} bytes can be part of a run. */
    static boolean isRunLength(final long length) {
        return length <= MAX_PIECE_BYTES;
    }

    /** Adds one descriptor's buffer, cut where regions end. Returns 0 or a {@link RingFault}. */
    final int addBuffer(final long gpa, final long length) {
        long at = gpa;
        long left = length;
        int room = MAX_PIECE_BYTES;
        while (left > 0) {
            final long address = translator.translateStart(at);
            if (address == 0) {
                return RingFault.ADDRESS;
            }
            final long part = Math.min(left, translator.reach());
            final int usable = (int) Math.min(part, room);
            if (usable > 0) {
                if (pieces < MAX_PIECES) {
                    pieceAddress[pieces] = address;
                    pieceLength[pieces] = usable;
                    pieces++;
                    bytes = Math.min(bytes + usable, 1 << 30);
                } else {
                    overlong = true;
                }
                room -= usable;
            }
            at += part;
            left -= part;
        }
        return 0;
    }

    /** The bytes described so far; an end of chain takes the difference. */
    final int bytesSoFar() {
        return bytes;
    }

    /**
     * Our address of an indirect table, gathered where it straddles regions; 0 where it lies outside of them.
     *
     * @param length bytes, a multiple of 16, at most 16 times the ring's size
     */
    final long indirectTable(final long gpa, final int length) {
        final long whole = translator.translate(gpa, length);
        if (whole != 0) {
            return whole;
        }
        int done = 0;
        while (done < length) {
            final long address = translator.translateStart(gpa + done);
            if (address == 0) {
                return 0;
            }
            final int part = (int) Math.min(length - done, translator.reach());
            Memory.copy(address, scratch + done, part);
            done += part;
        }
        return scratch;
    }

    /** Whether {@code length} can be that of an indirect table of this ring. */
    final boolean isTableLength(final long length) {
        return indirect && length > 0 && length % DESC_SIZE == 0 && length / DESC_SIZE <= size;
    }
}
