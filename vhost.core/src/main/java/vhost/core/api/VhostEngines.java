package vhost.core.api;

import java.time.Instant;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The copy engines that are there now, and which of them is wished for which queue: an OSGi service. Any thread.
 *
 * <p>A wish is made of a default and of rules, each {@code PATTERN ENGINE THRESHOLD}. The pattern is held against the
 * queue's name, such as {@code port0/rx0}; {@code *} in it stands for any number of characters. The last rule that matches
 * and says something wins, for engine and threshold separately. A wish outlives its engine: while that is away the core
 * copies itself, and when it returns it gets its queues back. Wishes are kept in ConfigAdmin.
 */
@ProviderType
public interface VhostEngines {
    /** The name that stands for the core's own copy. */
    String BUILTIN = "builtin";

    /** A threshold that is learned from what copies cost: see {@code vhost:explain}. */
    int AUTO = -1;

    /** All engines, by name; the core's own copy is not among them. */
    List<EngineView> engines();

    /** The engine of queues that no rule speaks of; {@link #BUILTIN} where they copy themselves. */
    String wanted();

    /** The threshold of queues that no rule speaks of: copies of at least this many bytes go to the engine; or {@link #AUTO}. */
    int threshold();

    /** The rules, in the order in which they hold: those of files, then those that were assigned. */
    List<Rule> rules();

    /** What is wished for the queue {@code name}, whether there is one of that name or not. */
    Wish wish(String name);

    /**
     * Wishes {@code engine} for all queues that {@code pattern} matches, those of ports to come included, and leaves their
     * thresholds. When this returns, new copies of the queues that there are go to the engine, if it is there; copies
     * under way are finished by the engine before. The traffic does not pause.
     *
     * @param engine a name, not necessarily of an engine that is there; or {@link #BUILTIN}
     * @throws VhostException where the pattern or the name cannot be one, the wish cannot be stored, or a queue's owner did
     *     not answer in time; in the last case the wish holds all the same
     */
    void assign(String pattern, String engine) throws VhostException;

    /**
     * As {@link #assign(String, String)}, with the threshold.
     *
     * @param threshold copies of at least so many bytes go to the engine, 0 or more; or {@link #AUTO}
     */
    void assign(String pattern, String engine, int threshold) throws VhostException;

    /** As {@link #assign(String, String, int)}, and leaves the engines. */
    void threshold(String pattern, int threshold) throws VhostException;

    /** Takes back everything that was assigned: what files say holds alone. */
    void forgetAssigned() throws VhostException;

    /** The last changes of engines and thresholds, newest first, at most {@code max} of those that are remembered (256). */
    List<Swap> swaps(int max);

    /** How many changes there were since the start. */
    long swapCount();

    /**
     * Why the queue {@code name} has the threshold it has.
     *
     * @throws VhostException where there is no such queue
     */
    ThresholdReport explain(String name) throws VhostException;

    /**
     * The threshold that a text states: {@code 1024}, {@code 4k}, {@code auto}.
     *
     * @throws IllegalArgumentException where it states none; the message says what would
     */
    static int thresholdOf(final String text) {
        if (text.equals("auto")) {
            return AUTO;
        }
        final boolean kilo = text.endsWith("k") || text.endsWith("K");
        try {
            final long bytes = Long.parseLong(kilo ? text.substring(0, text.length() - 1) : text) * (kilo ? 1024 : 1);
            if (bytes >= 0 && bytes <= Integer.MAX_VALUE) {
                return (int) bytes;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new IllegalArgumentException(
                "threshold '" + text + "'; use 0 to " + Integer.MAX_VALUE + " bytes, such as 1024 or 4k, or auto");
    }

    /** The text that {@link #thresholdOf} reads as {@code threshold}. */
    static String textOf(final int threshold) {
        return threshold == AUTO ? "auto" : String.valueOf(threshold);
    }

    /**
     * An engine, for people.
     *
     * @param name its {@code dma.engine.name}
     * @param type its {@code dma.engine.type}
     * @param backing {@code software}, {@code hardware} or {@code model}
     * @param numaNode or -1
     * @param maxCopyBytes the longest single copy
     * @param maxInFlight the most copies a channel holds
     * @param offloads whether copies run beside the processor
     * @param bundle the symbolic name of the bundle that offers it
     * @param state {@code ok}; {@code out 3 s: REASON} after a failure, until it is tried again; {@code probation}
     * @param channels how many of its channels queues have now
     * @param draining how many channels that were replaced have copies under way
     * @param queues the names of the queues that it serves now
     */
    record EngineView(
            String name,
            String type,
            String backing,
            int numaNode,
            long maxCopyBytes,
            int maxInFlight,
            boolean offloads,
            String bundle,
            String state,
            int channels,
            int draining,
            List<String> queues) {}

    /**
     * A rule, as {@link #rules} tells it.
     *
     * @param pattern of queue names
     * @param engine or {@code -} where it says nothing about that
     * @param threshold {@code 1024}, {@code auto}, or {@code -} where it says nothing about that
     * @param assigned whether it was assigned; {@code false} where a file states it
     */
    record Rule(String pattern, String engine, String threshold, boolean assigned) {}

    /**
     * What is wished for a queue.
     *
     * @param engine its name, or {@link #BUILTIN}
     * @param threshold bytes, or {@link #AUTO}
     * @param why who wishes it, for people
     */
    record Wish(String engine, int threshold, String why) {}

    /**
     * One change of a queue's engine or threshold.
     *
     * @param number 1 for the first since the start
     * @param at when
     * @param queue its name
     * @param fromEngine the engine before
     * @param fromThreshold the threshold before, bytes or {@link #AUTO}
     * @param toEngine the engine from then on
     * @param toThreshold the threshold from then on, bytes or {@link #AUTO}
     * @param why in a few words
     * @param useMicros how long it took until the owner used it, microseconds
     * @param drainMicros how long the channel before took to empty from then on, microseconds; -1 while it has not, and where
     *     there was none
     * @param copies that the engine before made for the queue through that channel; like all that follows, told when the
     *     channel has emptied
     * @param bytes of those copies
     * @param redone copies that the core made again while the queue had the channel before
     * @param failure why the engine before was not believed any more; empty where it was
     * @param quarantined whether the engine before could not promise to have stopped
     */
    record Swap(
            long number,
            Instant at,
            String queue,
            String fromEngine,
            int fromThreshold,
            String toEngine,
            int toThreshold,
            String why,
            long useMicros,
            long drainMicros,
            long copies,
            long bytes,
            long redone,
            String failure,
            boolean quarantined) {}

    /**
     * Why a queue has its threshold.
     *
     * @param queue its name
     * @param engine that serves it
     * @param threshold in force now, bytes; {@link Integer#MAX_VALUE} where it was learned that the engine never pays
     * @param auto whether it is learned
     * @param sizes what was seen of copies, by size; shortest first
     * @param why in words
     */
    record ThresholdReport(
            String queue, String engine, int threshold, boolean auto, List<SizeClass> sizes, String why) {}

    /**
     * What was seen of copies of about one size.
     *
     * @param bytes the shortest of them
     * @param seen how many there were in the bursts that were measured
     * @param coreNanos what a packet of the queue's whole traffic costs the owner where the core makes these copies, and the
     *     engine all that are longer, nanoseconds; 0 where not measured
     * @param engineNanos the same where the engine makes these, too
     * @param choice who makes them: an engine's name or {@link #BUILTIN}
     */
    record SizeClass(int bytes, long seen, double coreNanos, double engineNanos, String choice) {}
}
