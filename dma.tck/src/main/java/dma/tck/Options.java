package dma.tck;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What the kit is told about an engine that the engine does not say itself.
 *
 * @param name how the report calls it
 * @param backing as in {@link dma.api.DmaEngine#BACKING}: {@code software}, {@code hardware} or {@code model}
 * @param patience how long a copy may take before it counts as lost
 * @param goAway makes the engine go, as when its service is unregistered and its bundle stops; the last rule calls it, and
 *     nothing is asked of the engine any more. Empty where that is not to be tried
 * @param progress is told of each result as it comes; any thread
 */
public record Options(
        String name, String backing, Duration patience, Optional<Runnable> goAway, Consumer<Result> progress) {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /** Five seconds of patience, and the engine stays. */
    public static Options of(final String name, final String backing) {
        return new Options(name, backing, PATIENCE, Optional.empty(), result -> {});
    }

    /** The same with another patience. */
    public Options withPatience(final Duration other) {
        return new Options(name, backing, other, goAway, progress);
    }

    /** The same with a way to make the engine go. */
    public Options withGoAway(final Runnable way) {
        return new Options(name, backing, patience, Optional.of(way), progress);
    }

    /** The same with somebody who hears of each result. */
    public Options withProgress(final Consumer<Result> listener) {
        return new Options(name, backing, patience, goAway, listener);
    }
}
