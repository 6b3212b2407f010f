package vhost.core.internal.async;

import java.util.Arrays;

/**
 * Learns from what length on an engine pays, from what bursts cost the queue's owner. The queue's owner only.
 *
 * <p>Now and then {@value #WINDOW} bursts in a row go to the processor whatever the lengths of their packets, and later as many
 * to the engine, so that both costs are known for every length that occurs, and stay known when the guest, the engine or the
 * distance of their caches changes. The first {@value #SETTLE} of them only make the engine as busy as it would be always;
 * the others are timed: the last look at completions before the burst, and the burst as a whole, with taking chains, copies or
 * their hand-over, and used entries. Looks without a burst after them cost nobody anything and do not count. A copy that a
 * busy engine has no room for, and the processor makes, counts as what the engine costs: that is what it would be like.
 *
 * <p>Lengths are put into classes, each twice as long as the one before. The threshold is the lower end of the first class
 * from which on the engine is cheaper, by {@value #MARGIN_PERCENT} per cent at least: changing back and forth brings nothing.
 * While nothing is known it is {@value #FIRST_GUESS} bytes.
 */
public final class AutoThreshold {
    /** Size classes: up to 64 bytes, up to 128, … up to 64 KiB and more. */
    public static final int CLASSES = 11;

    /** What a burst is sampled for. */
    enum Sample {
        NONE,
        CORE,
        ENGINE
    }

    /** Bursts of a kind in a row. */
    private static final int WINDOW = 8;

    /** Of those, the first ones are not timed. */
    private static final int SETTLE = 4;

    /** Bursts from one window of a kind to the next of that kind, at first and later on. */
    private static final int FIRST_PERIOD = 128;

    private static final int PERIOD = 1024;

    /** Samples after which little news is expected. */
    private static final int LEARNED = 64;

    private static final int MARGIN_PERCENT = 5;
    private static final int FIRST_GUESS = 1024;

    /** Shorter bursts say more about the poll than about the copies. */
    private static final int SHORTEST_BURST = 4;

    /** New samples weigh one part in this many. */
    private static final int INERTIA = 8;

    /** Samples of a class, of either kind, before they count. */
    private static final int ENOUGH = 4;

    /** Samples between two decisions. */
    private static final int DECIDE_EVERY = 16;

    /** A sample this many times as dear as what is known was interrupted. */
    private static final int OUTLIER = 8;

    /** What a packet costs beside its bytes, as bytes: shares a mixed burst's time out. */
    private static final int PACKET_AS_BYTES = 128;

    private final double[] coreNanos = new double[CLASSES];
    private final double[] engineNanos = new double[CLASSES];
    private final int[] coreSamples = new int[CLASSES];
    private final int[] engineSamples = new int[CLASSES];
    private final long[] seen = new long[CLASSES];

    // The burst being sampled.
    private final int[] packets = new int[CLASSES];
    private final long[] bytes = new long[CLASSES];
    private Sample window = Sample.NONE;
    private boolean timed;
    private long startNanos;

    /** What the last look at completions took, where a window is open. */
    private long reapNanos;

    private int bursts;
    private int samples;
    private int threshold = FIRST_GUESS;

    /** The class of a length: 0 up to 64 bytes. */
    static int classOf(final int length) {
        final int bits = 32 - Integer.numberOfLeadingZeros(Math.max(length - 1, 63));
        return Math.min(bits - 6, CLASSES - 1);
    }

    /** The longest length of a class; the last one has no end. */
    public static int longest(final int sizeClass) {
        return 64 << sizeClass;
    }

    /** A burst begins. Says which way its copies are to go, whatever their length; {@link Sample#NONE}: by the threshold. */
    Sample begin() {
        final int period = samples < LEARNED ? FIRST_PERIOD : PERIOD;
        final int at = bursts++ % period;
        window = at < WINDOW ? Sample.CORE : at >= period / 2 && at < period / 2 + WINDOW ? Sample.ENGINE : Sample.NONE;
        timed = window != Sample.NONE && at % WINDOW >= SETTLE;
        if (timed) {
            Arrays.fill(packets, 0);
            Arrays.fill(bytes, 0);
            startNanos = System.nanoTime();
        }
        return window;
    }

    /** Whether the burst under way is timed. */
    boolean isSampling() {
        return timed;
    }

    /** A packet of a sampled burst. */
    void packet(final int length) {
        final int sizeClass = classOf(length);
        packets[sizeClass]++;
        bytes[sizeClass] += length;
    }

    /** The sampled burst is over. */
    void end() {
        end(System.nanoTime() - startNanos + reapNanos);
        reapNanos = 0;
    }

    void end(final long nanos) {
        int count = 0;
        long weight = 0;
        for (int i = 0; i < CLASSES; i++) {
            count += packets[i];
            weight += bytes[i] + (long) packets[i] * PACKET_AS_BYTES;
        }
        timed = false;
        if (count < SHORTEST_BURST) {
            return;
        }
        for (int i = 0; i < CLASSES; i++) {
            if (packets[i] == 0) {
                continue;
            }
            seen[i] += packets[i];
            if (window == Sample.CORE) {
                final double share = nanos * (double) (bytes[i] + (long) packets[i] * PACKET_AS_BYTES) / weight;
                learn(coreNanos, coreSamples, i, share / packets[i]);
            } else {
                learn(engineNanos, engineSamples, i, (double) nanos / count);
            }
        }
        if (++samples % DECIDE_EVERY == 0) {
            decide();
        }
    }

    private static void learn(final double[] nanos, final int[] counts, final int at, final double value) {
        if (counts[at] >= ENOUGH && value > OUTLIER * nanos[at]) {
            return;
        }
        counts[at]++;
        final int weight = Math.min(counts[at], INERTIA);
        nanos[at] += (value - nanos[at]) / weight;
    }

    /** Whether a look at completions is to be timed. */
    boolean isReapTimed() {
        return window != Sample.NONE;
    }

    /** A look at completions took so long. */
    void reaped(final long nanos) {
        reapNanos = nanos;
    }

    private void decide() {
        int first = CLASSES;
        boolean known = false;
        for (int i = CLASSES - 1; i >= 0; i--) {
            if (coreSamples[i] < ENOUGH || engineSamples[i] < ENOUGH) {
                continue; // nothing of that length comes by: as its neighbours
            }
            known = true;
            final double margin = pays(i) ? 1 : 1 - MARGIN_PERCENT / 100.0;
            if (engineNanos[i] >= coreNanos[i] * margin) {
                break;
            }
            first = i;
        }
        if (known) {
            threshold = first == CLASSES ? Integer.MAX_VALUE : first == 0 ? 1 : longest(first - 1) + 1;
        }
    }

    private boolean pays(final int sizeClass) {
        return longest(sizeClass) >= threshold;
    }

    /** Copies of at least so many bytes are better made by the engine. */
    int threshold() {
        return threshold;
    }

    /** Another engine: what the last one cost means nothing. */
    void forgetEngine() {
        Arrays.fill(engineSamples, 0);
        Arrays.fill(engineNanos, 0);
        samples = 0;
    }

    /** What is known. A command on the owner's thread, or a moment's view from another. */
    public Report report() {
        return new Report(
                threshold,
                seen.clone(),
                coreNanos.clone(),
                coreSamples.clone(),
                engineNanos.clone(),
                engineSamples.clone());
    }

    /**
     * By size class: packets seen in sampled bursts, and the owner's nanoseconds a packet either way with how many samples.
     */
    public record Report(
            int threshold,
            long[] seen,
            double[] coreNanos,
            int[] coreSamples,
            double[] engineNanos,
            int[] engineSamples) {}
}
