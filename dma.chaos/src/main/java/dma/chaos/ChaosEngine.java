package dma.chaos;

import dma.api.DmaEngine;
import dma.api.DmaException;
import dma.api.DmaLimits;
import dma.api.DmaOps;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * A copy engine that goes wrong as its {@link Settings} say, and keeps a list of what its caller did wrong.
 *
 * <p>It has no thread. Copies are made when the owner polls; time is counted in polls, or comes from the clock. So it behaves
 * the same each time, as long as its channels are opened and called in the same order. All methods here may be called by any
 * thread; channels are called as the contract says, and whoever does otherwise is in {@link #violations}.
 */
public final class ChaosEngine implements DmaEngine {
    /** Most violations that are kept; all are counted. */
    public static final int MAX_VIOLATIONS = 1000;

    @SuppressWarnings("restricted")
    private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    /** A copy that is made when nobody expects it any more. */
    record Late(ChaosChannel channel, long source, long destination, long length, long duePoll) {}

    private final Settings settings;
    private final LongSupplier clock;
    private final Consumer<String> listener;
    private final Dice dice;
    private final AtomicInteger channels = new AtomicInteger();
    private final AtomicInteger openChannels = new AtomicInteger();
    private final AtomicLongArray injected = new AtomicLongArray(Fault.values().length);
    private final AtomicLong copies = new AtomicLong();
    private final AtomicLong violationCount = new AtomicLong();
    private final List<String> violations = new ArrayList<>();

    /** Guarded by itself, over the copies too: once an abort has promised none of its channel may be under way. */
    private final List<Late> late = new ArrayList<>();

    /** With the clock of the machine. */
    public ChaosEngine(final Settings settings) {
        this(settings, System::nanoTime, violation -> {});
    }

    /**
     * @param clock nanoseconds, monotonic; read for delays in microseconds and for {@link Fault#ABORT_SLOW}, which reads it
     *     until the time has passed
     * @param listener is told each violation too, by the thread that did it
     */
    public ChaosEngine(final Settings settings, final LongSupplier clock, final Consumer<String> listener) {
        this.settings = Objects.requireNonNull(settings);
        this.clock = Objects.requireNonNull(clock);
        this.listener = Objects.requireNonNull(listener);
        this.dice = new Dice(this, settings.seed());
    }

    /** How it behaves. */
    public Settings settings() {
        return settings;
    }

    @Override
    public DmaLimits limits() {
        return settings.limits();
    }

    @Override
    public DmaOps open(final String owner) throws DmaException {
        final int number;
        synchronized (dice) {
            if (dice.hits(Fault.OPEN_REFUSED)) {
                throw new DmaException("chaos: no channel for " + owner + "; try again");
            }
            if (dice.hits(Fault.OPEN_THROW)) {
                throw new IllegalStateException("chaos: open " + owner);
            }
            number = channels.getAndIncrement();
        }
        openChannels.incrementAndGet();
        return new ChaosChannel(this, owner, new Dice(this, settings.seed() + 1 + number));
    }

    /** What the caller did against the contract, oldest first; at most {@link #MAX_VIOLATIONS}. */
    public List<String> violations() {
        synchronized (violations) {
            return List.copyOf(violations);
        }
    }

    /** How many there were. */
    public long violationCount() {
        return violationCount.get();
    }

    /** How often a fault happened. */
    public long injected(final Fault fault) {
        return injected.get(fault.ordinal());
    }

    /** How many copies were made in full, late ones included. */
    public long copies() {
        return copies.get();
    }

    /** Channels that were opened and not closed. */
    public int openChannels() {
        return openChannels.get();
    }

    /** Copies that wait to be made too late. */
    public int lateWrites() {
        synchronized (late) {
            return late.size();
        }
    }

    /**
     * Makes the copies that are late, now: those that an abort gave up without a promise, and those of
     * {@link Fault#LATE_AFTER_FAILURE} that have not been made at a poll. Where their memory is no longer mapped the JVM
     * dies of it; that a core keeps such memory is what this is for.
     *
     * @return how many
     */
    public int writeLate() {
        synchronized (late) {
            late.forEach(this::make);
            final int made = late.size();
            late.clear();
            return made;
        }
    }

    /** Those of a channel that are due at its {@code poll}-th poll. */
    void writeLate(final ChaosChannel channel, final long poll) {
        synchronized (late) {
            late.removeIf(each -> {
                final boolean due = each.channel == channel && each.duePoll <= poll;
                if (due) {
                    make(each);
                }
                return due;
            });
        }
    }

    private void make(final Late each) {
        copy(each.source, each.destination, each.length);
        copies.incrementAndGet();
    }

    void addLate(final Late write) {
        synchronized (late) {
            late.add(write);
        }
    }

    /** An abort has promised: those are never made. */
    void forgetLate(final ChaosChannel channel) {
        synchronized (late) {
            late.removeIf(each -> each.channel == channel);
        }
    }

    void closed() {
        openChannels.decrementAndGet();
    }

    void made() {
        copies.incrementAndGet();
    }

    void violated(final String text) {
        violationCount.incrementAndGet();
        synchronized (violations) {
            if (violations.size() < MAX_VIOLATIONS) {
                violations.add(text);
            }
        }
        listener.accept(text);
    }

    void inject(final Fault fault) {
        injected.incrementAndGet(fault.ordinal());
    }

    long now() {
        return clock.getAsLong();
    }

    static void copy(final long source, final long destination, final long length) {
        MemorySegment.copy(MEMORY, source, MEMORY, destination, length);
    }
}
