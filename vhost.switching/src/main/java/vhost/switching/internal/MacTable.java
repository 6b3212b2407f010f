package vhost.switching.internal;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * Which station was last seen behind which port. One table for all workers, without locks.
 *
 * <p>It is set-associative: a station may be in one of the eight entries of its set only. So a lookup reads one or two
 * cache lines, an entry can be removed without leaving a mark for searches to step over, and the oldest of a full set makes
 * room. An entry is a single {@code long}, so it is never seen half written:
 *
 * <pre>
 *  63                              8   7   6   5        0
 *  | MAC, first byte lowest, 48 bits | 1 |   | port slot |      0 is a free entry
 * </pre>
 *
 * <p>When it was last seen stands beside it, in ticks of 2<sup>27</sup> ns. Workers change entries by compare-and-set; one
 * that loses leaves it at that, since the next packet learns again. Entries are only written when they change and stamps once
 * a tick, so the lines stay shared between the processors.
 *
 * <p>The place of a station depends on a random seed: a guest cannot choose addresses that push others out.
 */
final class MacTable {
    /** No port, from {@link #lookup}. */
    static final int UNKNOWN = -1;

    static final long ADDRESS_MASK = 0xFFFF_FFFF_FFFFL;

    private static final int WAYS = 8;
    private static final int VALID = 0x80;
    private static final int SLOT_MASK = 0x3F;
    private static final int ADDRESS_SHIFT = 8;
    private static final int TICK_SHIFT = 27;

    private static final VarHandle ENTRIES = MethodHandles.arrayElementVarHandle(long[].class);
    private static final VarHandle STAMPS = MethodHandles.arrayElementVarHandle(int[].class);
    private static final VarHandle EVICTIONS;

    static {
        try {
            EVICTIONS = MethodHandles.lookup().findVarHandle(MacTable.class, "evictions", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final long[] entries;
    private final int[] stamps;
    private final long multiplier;
    private final int shift;
    private volatile int ageingTicks = Integer.MAX_VALUE;

    @SuppressWarnings("unused") // through its handle
    private long evictions;

    /**
     * Makes an empty table.
     *
     * @param capacity stations, a power of two, at least 16
     * @param seed decides where stations are put
     */
    MacTable(final int capacity, final long seed) {
        if (capacity < 2 * WAYS || Integer.bitCount(capacity) != 1) {
            throw new IllegalArgumentException("MAC table of " + capacity + " entries: use a power of two from 16 on");
        }
        entries = new long[capacity];
        stamps = new int[capacity];
        multiplier = (seed ^ 0x9E37_79B9_7F4A_7C15L) | 1;
        shift = Long.SIZE - Integer.numberOfTrailingZeros(capacity / WAYS);
    }

    /** Time in the unit of this table. Wraps after nine years; only differences count. */
    static int ticks(final long nanos) {
        return (int) (nanos >> TICK_SHIFT);
    }

    static long tickMillis(final int ticks) {
        return ((long) ticks << TICK_SHIFT) / 1_000_000;
    }

    /** How long a station is known after it was seen; nanoseconds. */
    void ageing(final long nanos) {
        ageingTicks = (int) Math.min(Integer.MAX_VALUE, nanos >> TICK_SHIFT);
    }

    /** Whether it may be a station's own address: neither zero nor a group's. */
    static boolean isStation(final long mac) {
        return mac != 0 && (mac & 1) == 0;
    }

    /** Workers. The slot of the port behind which {@code mac} is, or {@link #UNKNOWN}. */
    int lookup(final long mac, final int now) {
        final long wanted = mac << ADDRESS_SHIFT | VALID;
        final int set = setOf(mac);
        for (int i = set; i < set + WAYS; i++) {
            final long entry = (long) ENTRIES.getAcquire(entries, i);
            if ((entry & ~(VALID - 1L)) == wanted) {
                return isAged(i, now) ? UNKNOWN : (int) entry & SLOT_MASK;
            }
        }
        return UNKNOWN;
    }

    /** Workers. {@code mac}, for which {@link #isStation} holds, was seen behind port {@code slot}. */
    void learn(final long mac, final int slot, final int now) {
        final long wanted = mac << ADDRESS_SHIFT | VALID;
        final int set = setOf(mac);
        for (int i = set; i < set + WAYS; i++) {
            final long entry = (long) ENTRIES.getAcquire(entries, i);
            if ((entry & ~(VALID - 1L)) == wanted) {
                if (now - (int) STAMPS.getOpaque(stamps, i) > 0) {
                    STAMPS.setOpaque(stamps, i, now);
                }
                if (entry != (wanted | slot)) {
                    ENTRIES.compareAndSet(entries, i, entry, wanted | slot);
                }
                return;
            }
        }
        insert(set, wanted | slot, now);
    }

    private void insert(final int set, final long entry, final int now) {
        int chosen = -1;
        long old = 0;
        for (int i = set; i < set + WAYS; i++) {
            final long candidate = (long) ENTRIES.getAcquire(entries, i);
            if (candidate == 0) {
                chosen = i;
                old = 0;
                break;
            }
            if (chosen < 0 || (int) STAMPS.getOpaque(stamps, i) - (int) STAMPS.getOpaque(stamps, chosen) < 0) {
                chosen = i;
                old = candidate;
            }
        }
        if (old != 0 && !isAged(chosen, now)) {
            EVICTIONS.getAndAdd(this, 1L);
        }
        // The stamp first: whoever sees the entry sees a stamp that is at least as young. The old one looks younger for
        // a
        // moment, which does no harm.
        STAMPS.setOpaque(stamps, chosen, now);
        if (ENTRIES.compareAndSet(entries, chosen, old, entry)) {
            removeTwins(set, entry);
        }
    }

    /** Two workers may insert one station at once, at different places: the lower one stays, which both see. */
    private void removeTwins(final int set, final long entry) {
        int kept = UNKNOWN;
        for (int i = set; i < set + WAYS; i++) {
            final long other = (long) ENTRIES.getAcquire(entries, i);
            if ((other | SLOT_MASK) == (entry | SLOT_MASK)) {
                if (kept == UNKNOWN) {
                    kept = i;
                } else {
                    ENTRIES.compareAndSet(entries, i, other, 0L);
                }
            }
        }
    }

    private boolean isAged(final int index, final int now) {
        return now - (int) STAMPS.getOpaque(stamps, index) > ageingTicks;
    }

    private int setOf(final long mac) {
        return (int) ((mac * multiplier) >>> shift) * WAYS;
    }

    /** Any thread. Forgets the stations behind the ports of the slots in {@code slots}, bit by slot; returns how many. */
    int flush(final long slots) {
        int flushed = 0;
        for (int i = 0; i < entries.length; i++) {
            final long entry = (long) ENTRIES.getAcquire(entries, i);
            if (entry != 0
                    && (slots >>> (entry & SLOT_MASK) & 1) != 0
                    && ENTRIES.compareAndSet(entries, i, entry, 0L)) {
                flushed++;
            }
        }
        return flushed;
    }

    /** Any thread. */
    long evictions() {
        return (long) EVICTIONS.getOpaque(this);
    }

    /** Any thread. Shows {@code visitor} the stations that are known. */
    void forEach(final int now, final Visitor visitor) {
        for (int i = 0; i < entries.length; i++) {
            final long entry = (long) ENTRIES.getAcquire(entries, i);
            final int age = Math.max(0, now - (int) STAMPS.getOpaque(stamps, i));
            if (entry != 0 && age <= ageingTicks) {
                visitor.station(entry >>> ADDRESS_SHIFT, (int) entry & SLOT_MASK, age);
            }
        }
    }

    /** For people: {@code 52:54:00:12:34:56}. */
    static String format(final long mac) {
        final StringBuilder text = new StringBuilder(17);
        for (int i = 0; i < 6; i++) {
            if (i > 0) {
                text.append(':');
            }
            final int octet = (int) (mac >>> (8 * i)) & 0xFF;
            text.append(Character.forDigit(octet >> 4, 16)).append(Character.forDigit(octet & 0xF, 16));
        }
        return text.toString();
    }

    @Override
    public String toString() {
        return "MacTable of "
                + Arrays.stream(entries).filter(entry -> entry != 0).count() + "/" + entries.length;
    }

    /** Sees the stations of a table. */
    interface Visitor {
        void station(long mac, int slot, int ageTicks);
    }
}
