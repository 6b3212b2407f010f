package bench.internal;

import java.util.List;
import java.util.stream.Stream;

/**
 * What is measured: each contender at each load and direction.
 *
 * @param contenders the first is what the others are held against
 */
record Plan(List<Load> loads, List<Direction> directions, List<Contender> contenders) {
    /** Throws where the configuration makes no sense; the message is for people. */
    static Plan of(final BenchConfig config) {
        return new Plan(
                Load.parse(config.sizes()), Direction.parse(config.direction()), Contender.parse(config.engines()));
    }

    /** This, and contenders that are modelled. */
    Plan with(final List<Contender> more) {
        return new Plan(
                loads,
                directions,
                Stream.concat(contenders.stream(), more.stream()).toList());
    }

    Contender reference() {
        return contenders.getFirst();
    }
}
