package vhost.core.internal.async;

import java.util.Arrays;

/**
 * Learns from what length on an engine pays, from what bursts cost the queue's owner. The queue's owner only.
 *
 * <p>It tries thresholds on the traffic as it is. Now and then {@value #WINDOW} bursts in a row are dealt with at another
 * threshold, one after the other of those that make a difference: one below each class of lengths that occurs, and
 * <em>never</em>. The first {@value #SETTLE} of these bursts only make the engine as busy as it would be always; the others are
 * timed: the last look at completions before the burst, and the burst as a whole, with taking chains, copies or their
 * hand-over, and used entries. Looks without a burst after them cost nobody anything and do not count. A copy that a busy
 * engine has no room for, and the processor makes, counts as well: that is what it would be like. The cheapest threshold is
 * taken, if it is cheaper by {@value #MARGIN_PERCENT} per cent than the one in use: changing back and forth brings nothing. So
 * it follows when the guest, the engine or the distance of their caches changes.
 *
 * <p>Classes of lengths double: up to 64 bytes, up to 128, and so on. While nothing is known the threshold is 1025 bytes.
 */
public final class AutoThreshold {
    /** Size classes: up to 64 bytes, up to 128, … up to 64 KiB and more. */
    public static final int CLASSES = 11;

    /** In place of a class: the engine is not used at all. */
    private static final int NEVER = CLASSES;

    private static final int FIRST_GUESS = 5;

    /** Bursts in a row at another threshold. */
    private static final int WINDOW = 8;

    /** Of those, the first ones are not timed. */
    private static final int SETTLE = 4;

    /** Bursts from one window to the next, at first and when all thresholds are known well. */
    private static final int FIRST_PERIOD = 64;

    private static final int PERIOD = 512;

    /** Samples of a threshold before it is compared, and before little news is expected of it. */
    private static final int ENOUGH = 4;

    private static final int WELL_KNOWN = 32;

    private static final int MARGIN_PERCENT = 5;

    /** Shorter bursts say more about the poll than about the copies. */
    private static final int SHORTEST_BURST = 4;

    /** New samples weigh one part in this many. */
    private static final int INERTIA = 16;

    /** A sample this many times as dear as what is known was interrupted, unless that goes on. */
    private static final int OUTLIER = 4;

    private static final int OUTLIERS_IN_A_ROW = 8;

    /** What a packet costs beside its bytes, as bytes: makes bursts of different packets comparable. */
    private static final int PACKET_AS_BYTES = 128;

    /** A class is worth a threshold of its own if it has this part of the packets. */
    private static final double RELEVANT = 0.01;

    /** What is remembered of the mix of lengths from one timed burst to the next. */
    private static final double MEMORY = 0.98;

    /** By the first class that goes to the engine, or {@link #NEVER}: nanoseconds a byte or {@link #PACKET_AS_BYTES}. */
    private final double[] cost = new double[CLASSES + 1];

    private final int[] samples = new int[CLASSES + 1];
    private final int[] outliers = new int[CLASSES + 1];

    /** Packets of a class, in all and lately. */
    private final long[] seen = new long[CLASSES];

    private final double[] recent = new double[CLASSES];
    private double recentPackets;
    private double recentWeight;

    // The burst being timed.
    private final int[] packets = new int[CLASSES];
    private long weight;
    private boolean timed;
    private long startNanos;

    /** What the last look at completions took, where a window is open. */
    private long reapNanos;

    private boolean inWindow;
    private int tried = NEVER;
    private int burst;
    private int period = FIRST_PERIOD;
    private int current = FIRST_GUESS;

    /** The class of a length: 0 up to 64 bytes. */
    static int classOf(final int length) {
        final int bits = 32 - Integer.numberOfLeadingZeros(Math.max(length - 1, 63));
        return Math.min(bits - 6, CLASSES - 1);
    }

    /** The longest length of a class; the last one has no end. */
    public static int longest(final int sizeClass) {
        return 64 << sizeClass;
    }

    private static int thresholdOf(final int firstClass) {
        return firstClass == NEVER ? Integer.MAX_VALUE : firstClass == 0 ? 1 : longest(firstClass - 1) + 1;
    }

    /** A burst begins. Says from what length on its copies are to go to the engine. */
    int begin() {
        if (burst == 0) {
            inWindow = true;
            tried = next(tried);
        } else if (burst == WINDOW) {
            inWindow = false;
            decide();
        }
        timed = inWindow && burst >= SETTLE;
        burst = burst + 1 >= period ? 0 : burst + 1;
        if (timed) {
            Arrays.fill(packets, 0);
            weight = 0;
            startNanos = System.nanoTime();
        }
        return thresholdOf(inWindow ? tried : current);
    }

    /** The next threshold to be tried: they take turns, those of long packets first. */
    private int next(final int last) {
        for (int i = last - 1; i >= 0; i--) {
            if (isRelevant(i)) {
                return i;
            }
        }
        return NEVER;
    }

    private boolean isRelevant(final int firstClass) {
        return firstClass == NEVER || recent[firstClass] > RELEVANT * recentPackets;
    }

    /** Whether the burst under way is timed. */
    boolean isSampling() {
        return timed;
    }

    /** A packet of a timed burst. */
    void packet(final int length) {
        packets[classOf(length)]++;
        weight += length + PACKET_AS_BYTES;
    }

    /** The timed burst is over. */
    void end() {
        end(System.nanoTime() - startNanos + reapNanos);
        reapNanos = 0;
    }

    void end(final long nanos) {
        timed = false;
        int count = 0;
        for (int i = 0; i < CLASSES; i++) {
            count += packets[i];
        }
        if (count < SHORTEST_BURST) {
            return;
        }
        for (int i = 0; i < CLASSES; i++) {
            seen[i] += packets[i];
            recent[i] = recent[i] * MEMORY + packets[i];
        }
        recentPackets = recentPackets * MEMORY + count;
        recentWeight = recentWeight * MEMORY + weight;
        learn(tried, (double) nanos / weight);
    }

    private void learn(final int firstClass, final double value) {
        if (samples[firstClass] >= ENOUGH
                && value > OUTLIER * cost[firstClass]
                && ++outliers[firstClass] < OUTLIERS_IN_A_ROW) {
            return;
        }
        outliers[firstClass] = 0;
        samples[firstClass]++;
        cost[firstClass] += (value - cost[firstClass]) / Math.min(samples[firstClass], INERTIA);
    }

    private void decide() {
        int fewest = Integer.MAX_VALUE;
        int best = NEVER;
        for (int i = NEVER; i >= 0; i--) {
            if (isRelevant(i)) {
                fewest = Math.min(fewest, samples[i]);
                best = cost[i] < cost[best] ? i : best;
            }
        }
        period = fewest < WELL_KNOWN ? FIRST_PERIOD : PERIOD;
        if (fewest >= ENOUGH && cost[best] < cost[inEffect(current)] * (1 - MARGIN_PERCENT / 100.0)) {
            current = best;
        }
    }

    /** The threshold, of those that are tried, which is the same for the lengths that occur. */
    private int inEffect(final int firstClass) {
        int same = firstClass;
        while (!isRelevant(same)) {
            same++;
        }
        return same;
    }

    /** Whether a look at completions is to be timed. */
    boolean isReapTimed() {
        return inWindow;
    }

    /** A look at completions took so long. */
    void reaped(final long nanos) {
        reapNanos = nanos;
    }

    /** Copies of at least so many bytes are better made by the engine. */
    int threshold() {
        return thresholdOf(current);
    }

    /** Another engine: what the last one cost means nothing. */
    void forgetEngine() {
        Arrays.fill(samples, 0, NEVER, 0);
        Arrays.fill(cost, 0, NEVER, 0);
        period = FIRST_PERIOD;
    }

    /** What is known; it does not change afterwards. */
    public Report report() {
        final double packetWeight = recentPackets == 0 ? 0 : recentWeight / recentPackets;
        final double[] core = new double[CLASSES];
        final double[] engine = new double[CLASSES];
        for (int i = 0; i < CLASSES; i++) {
            if (isRelevant(i)) {
                core[i] = cost[inEffect(i + 1)] * packetWeight;
                engine[i] = cost[i] * packetWeight;
            }
        }
        return new Report(threshold(), seen.clone(), core, engine);
    }

    /**
     * By size class: packets seen in timed bursts, and what a packet of the whole traffic costs the owner, nanoseconds, with
     * the packets of that class copied by the processor and those that are longer by the engine; and with both by the
     * engine. 0 where that was not tried.
     */
    public record Report(int threshold, long[] seen, double[] coreNanos, double[] engineNanos) {}
}
