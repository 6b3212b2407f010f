package vhost.core.internal.testing;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import linux.Memory;

/**
 * The driver's side of one ring, written from the specification alone (virtio 1.3, 2.7 and 2.8). It lies in a guest's memory
 * and makes well-formed chains; with {@link #offer} also any others. One thread; {@link #add(long, int)} and {@link #pollUsed}
 * allocate nothing.
 */
public abstract class FakeDriver {
    public static final int NEXT = 1;
    public static final int WRITE = 2;
    public static final int INDIRECT = 4;

    static final int DESC_SIZE = 16;

    /** Entries of the indirect table that each chain has room for. */
    private static final int TABLE_ENTRIES = 64;

    /** How a chain is laid out. */
    public enum Shape {
        /** Descriptors of the ring. */
        DIRECT,
        /** One descriptor of the ring and a table of the others. */
        INDIRECT,
        /** The first buffer in the ring, then a table with the others. */
        MIXED
    }

    /** A buffer of a chain. */
    public record Part(long gpa, int length) {}

    /** A descriptor as it stands in memory. */
    public record Raw(long gpa, int length, int flags, int next) {
        public Raw(final long gpa, final int length, final int flags) {
            this(gpa, length, flags, -1);
        }
    }

    final GuestRam ram;
    final int size;
    final boolean deviceWrites;

    /** Guest addresses of the three areas, as SET_VRING_ADDR names them. */
    private final long desc;

    private final long avail;
    private final long used;
    private final long end;

    /** Where the tables of {@link Shape#INDIRECT} lie; a test may move them. */
    private long tables;

    FakeDriver(
            final GuestRam ram,
            final long desc,
            final long avail,
            final long used,
            final long end,
            final int size,
            final boolean deviceWrites) {
        this.ram = ram;
        this.desc = desc;
        this.avail = avail;
        this.used = used;
        this.tables = end + 63 & -64;
        this.end = tables + (long) size * TABLE_ENTRIES * DESC_SIZE;
        this.size = size;
        this.deviceWrites = deviceWrites;
    }

    /** A ring at {@code gpa}, with both sides at position {@code start} of their first lap. */
    public static FakeDriver create(
            final Layout layout,
            final GuestRam ram,
            final long gpa,
            final int size,
            final int start,
            final boolean deviceWrites) {
        return layout == Layout.SPLIT
                ? new SplitDriver(ram, gpa, size, start, deviceWrites)
                : new PackedDriver(ram, gpa, size, start, deviceWrites);
    }

    public final long desc() {
        return desc;
    }

    public final long avail() {
        return avail;
    }

    public final long used() {
        return used;
    }

    /** The first guest address behind the ring and its tables. */
    public final long end() {
        return end;
    }

    public final int size() {
        return size;
    }

    public final void tables(final long gpa) {
        tables = gpa;
    }

    /** SET_VRING_BASE for a back-end that begins where this driver stands. */
    public abstract int base();

    /** Descriptors of the ring that a chain could use. */
    public abstract int free();

    /** Makes a chain of one buffer available. Returns its id. */
    public abstract int add(long gpa, int length);

    /** Makes a chain available. Returns its id. */
    public final int add(final Shape shape, final Part... parts) {
        final int direct = switch (shape) {
            case DIRECT -> parts.length;
            case INDIRECT -> 0;
            case MIXED -> 1;
        };
        final int write = deviceWrites ? WRITE : 0;
        final Raw[] chain = new Raw[direct < parts.length ? direct + 1 : direct];
        for (int i = 0; i < direct; i++) {
            chain[i] = new Raw(parts[i].gpa, parts[i].length, write | (i + 1 < chain.length ? NEXT : 0));
        }
        if (direct < parts.length) {
            final Raw[] table = new Raw[parts.length - direct];
            for (int i = 0; i < table.length; i++) {
                final Part part = parts[direct + i];
                table[i] = new Raw(part.gpa, part.length, write | (i + 1 < table.length ? NEXT : 0), i + 1);
            }
            final long at = tables + (long) nextSlot() * TABLE_ENTRIES * DESC_SIZE;
            writeTable(at, table);
            chain[direct] = new Raw(at, table.length * DESC_SIZE, INDIRECT);
        }
        return offer(chain);
    }

    /** Writes descriptors in memory; where {@code next} is -1, the one after. Says nothing to the device. */
    public final void writeTable(final long gpa, final Raw... entries) {
        for (int i = 0; i < entries.length; i++) {
            ram.write(gpa + (long) i * DESC_SIZE, bytes(i, entries[i]), 0, DESC_SIZE);
        }
    }

    /** The {@code index}-th entry of an indirect table. */
    abstract byte[] bytes(int index, Raw raw);

    static byte[] bytes(final long gpa, final int length, final int third, final int fourth) {
        return ByteBuffer.allocate(DESC_SIZE)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(gpa)
                .putInt(length)
                .putShort((short) third)
                .putShort((short) fourth)
                .array();
    }

    /** Which of the table areas the next chain uses. */
    abstract int nextSlot();

    /** Makes these descriptors of the ring available as one chain, as they are. Returns its id. */
    public abstract int offer(Raw... chain);

    /** Changes a descriptor of the last offered chain, which the device may be reading. */
    public abstract void change(int index, Raw raw);

    /** The next used buffer, {@code id << 32 | length}, or -1. */
    public abstract long pollUsed();

    /** Takes all that is out back, {@code buffers} of one descriptor each, as a driver with IN_ORDER may. */
    public void takeBatch(final int buffers) {
        throw new UnsupportedOperationException("only packed rings are used by batches");
    }

    /** Asks for an interrupt after each used buffer, or for none. */
    public abstract void wantCalls(boolean wanted);

    /** With event index: asks for an interrupt when the buffer {@code ahead} positions behind the next one is used. */
    public abstract void wantCallAt(int ahead);

    /** Whether the device asks for a kick for the chains that were added since {@link #mark}. */
    public abstract boolean isKickWanted(boolean eventIndex);

    /** What was added up to here was, or need not be, kicked. */
    public abstract void mark();

    public static int id(final long used) {
        return (int) (used >>> 32);
    }

    public static int length(final long used) {
        return (int) used;
    }

    static short acquire(final long address) {
        return Memory.getShortAcquire(address);
    }
}
