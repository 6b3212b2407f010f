package dma.tck;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * What the kit is told about an engine that the engine does not say itself.
 *
 * @param name how the report calls it
 * @param backing as in {@link dma.api.DmaEngine#BACKING}: {@code software}, {@code hardware} or {@code model}
 * @param patience how long a copy may take before it counts as lost
 * @param longestCall how long the engine may take for one call before it counts as hung; far more than any call needs, so that
 *     a busy machine breaks no rule
 * @param watch how long one looks for what must never happen, such as a write after an abort; longer finds more
 * @param rules which rules to check; the others are not in the report
 * @param goAway makes the engine go, as when its service is unregistered and its bundle stops; the last rule calls it, and
 *     nothing is asked of the engine any more. Empty where that is not to be tried
 * @param progress is told of each result as it comes; any thread
 */
public record Options(
        String name,
        String backing,
        Duration patience,
        Duration longestCall,
        Duration watch,
        Predicate<Rule> rules,
        Optional<Runnable> goAway,
        Consumer<Result> progress) {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private static final Duration LONGEST_CALL = Duration.ofSeconds(20);

    private static final Duration WATCH = Duration.ofMillis(300);

    /** Five seconds of patience, all rules, and the engine stays. */
    public static Options of(final String name, final String backing) {
        return new Options(name, backing, PATIENCE, LONGEST_CALL, WATCH, rule -> true, Optional.empty(), result -> {});
    }

    /** The same with another patience. */
    public Options withPatience(final Duration other) {
        return new Options(name, backing, other, longestCall, watch, rules, goAway, progress);
    }

    /** The same with another time for a call. */
    public Options withLongestCall(final Duration other) {
        return new Options(name, backing, patience, other, watch, rules, goAway, progress);
    }

    /** The same with another time to watch. */
    public Options withWatch(final Duration other) {
        return new Options(name, backing, patience, longestCall, other, rules, goAway, progress);
    }

    /** The same with these rules only. */
    public Options withRules(final Predicate<Rule> some) {
        return new Options(name, backing, patience, longestCall, watch, some, goAway, progress);
    }

    /** The same with a way to make the engine go. */
    public Options withGoAway(final Runnable way) {
        return new Options(name, backing, patience, longestCall, watch, rules, Optional.of(way), progress);
    }

    /** The same with somebody who hears of each result. */
    public Options withProgress(final Consumer<Result> listener) {
        return new Options(name, backing, patience, longestCall, watch, rules, goAway, listener);
    }
}
