package vhost.frontend.internal;

import java.util.Arrays;
import linux.EventFd;
import linux.Memory;
import vhost.frontend.FrontendFault;

/**
 * The driver's side of one virtqueue: buffers go in with {@link #addSingle} or {@link #addChain}, become visible with
 * {@link #publish()}, and come back from {@link #poll}. A buffer is a number of the caller's; what stands in shared memory
 * is never trusted: which descriptors a buffer has is kept here.
 *
 * <p>Belongs to one thread. Nothing is allocated after construction.
 */
public abstract sealed class DriverRing permits SplitDriverRing, PackedDriverRing {
    /** Of {@link #bufferOf}: the identifier is not outstanding. */
    protected static final int NONE = -1;

    protected final String name;
    protected final int size;
    protected final boolean eventIdx;
    protected final boolean inOrder;
    protected final RingAreas areas;
    protected final long desc;
    protected final long driver;
    protected final long device;

    /** By identifier (split: head; packed: buffer id): the buffer, the descriptors it took, the bytes a device may write. */
    protected final int[] bufferOf;

    protected final int[] descriptorsOf;
    protected final int[] capacityOf;

    /** Descriptors left; buffers outstanding. */
    protected int free;

    protected int outstanding;

    /** What a fault said, or null. */
    private String broken;

    private final EventFd kick;
    private long kicks;
    private long kicksSuppressed;

    protected DriverRing(
            final String name,
            final RingAreas areas,
            final boolean eventIdx,
            final boolean inOrder,
            final EventFd kick) {
        this.name = name;
        this.areas = areas;
        this.eventIdx = eventIdx;
        this.inOrder = inOrder;
        this.kick = kick;
        size = areas.entries();
        desc = areas.desc();
        driver = areas.driver();
        device = areas.device();
        bufferOf = new int[size];
        descriptorsOf = new int[size];
        capacityOf = new int[size];
    }

    /** Zeroes the shared areas and forgets what is outstanding; interrupts are off afterwards. */
    public void reset() {
        areas.clear();
        Arrays.fill(bufferOf, NONE);
        free = size;
        outstanding = 0;
        broken = null;
    }

    /** Descriptors that can still be added. */
    public final int free() {
        return free;
    }

    /** Descriptors that the device has. */
    public final int taken() {
        return size - free;
    }

    /** Buffers that the device has. */
    public final int outstanding() {
        return outstanding;
    }

    /**
     * Adds a buffer of one descriptor; {@link #free()} must be positive.
     *
     * @param buffer the caller's number, not negative
     * @param capacity bytes that the device may write, which are not {@code length} for an indirect table
     * @param flags WRITE or INDIRECT
     */
    public abstract void addSingle(int buffer, long gpa, int length, int capacity, int flags);

    /** Adds a buffer of {@code n} chained descriptors; {@link #free()} must be at least {@code n}. */
    public abstract void addChain(int buffer, long[] gpas, int[] lengths, int n, int capacity, int flags);

    /** Makes what was added visible with one release, and kicks if the device wants it. Does nothing if nothing was added. */
    public abstract void publish();

    /** Whether {@link #poll} would return something. One acquire read of shared memory. */
    public abstract boolean hasUsed();

    /**
     * Takes back used buffers, in the order of the device.
     *
     * @return how many were written to {@code buffers} and {@code lengths} from index {@code from}
     * @throws FrontendFault where the device used what it did not have, or wrote more than it may
     */
    public abstract int poll(int[] buffers, int[] lengths, int from, int max);

    /** Asks for an interrupt at the next used buffer. Look at {@link #hasUsed()} once more before sleeping. */
    public abstract void enableInterrupts();

    /** Asks for none, as far as the features allow it. */
    public abstract void disableInterrupts();

    /** What SET_VRING_BASE has to say for this ring to go on, if all that is outstanding is to be served again. */
    public abstract int base();

    /** Writes one descriptor table entry of an indirect table (virtio 1.3, 2.7.5.3 and 2.8.7). */
    public abstract void writeIndirect(long tableVa, int index, int n, long gpa, int length, int flags);

    /** Kicks whether the device wants it or not. */
    public final void kick() {
        kicks++;
        kick.signal();
    }

    public final long kicks() {
        return kicks;
    }

    public final long kicksSuppressed() {
        return kicksSuppressed;
    }

    protected final void kickIf(final boolean wanted) {
        if (wanted) {
            kick();
        } else {
            kicksSuppressed++;
        }
    }

    /** Fails where the ring has failed before. */
    public final void requireIntact() {
        if (broken != null) {
            throw new FrontendFault(broken);
        }
    }

    /** Marks the ring as broken. */
    public final FrontendFault fault(final String what) {
        broken = name + ": " + what;
        return new FrontendFault(broken);
    }

    /** Whether an event index lies in what was added since {@code old} (virtio 1.3, 2.7.10 "Available Buffer Notification Suppression"). */
    protected static boolean passed(final int event, final int now, final int old) {
        return (now - event - 1 & 0xFFFF) < (now - old & 0xFFFF);
    }

    /** One full fence: what was published before is visible before what is read afterwards. */
    protected static void fence() {
        java.lang.invoke.VarHandle.fullFence();
    }

    protected static int unsignedShort(final long va) {
        return Memory.getShort(va) & 0xFFFF;
    }
}
