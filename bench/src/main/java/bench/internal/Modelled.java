package bench.internal;

import bench.internal.Contender.Basis;
import bench.internal.Results.Turn;
import dma.model.pace.DevicePace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/**
 * What rates would be where a modelled device is as fast as its timing says. A model's thread is a processor that copies, and
 * no faster than one; so the core's time per packet is taken from what was measured, the device's from the model's clock,
 * and the slower of the two is the pace.
 */
final class Modelled {
    private final Collection<DevicePace> paces;

    Modelled(final Collection<DevicePace> paces) {
        this.paces = paces;
    }

    /** Adds turns that are modelled to those that were measured. Returns who they are of; empty without timing. */
    List<Contender> addTo(final Results results, final Plan plan) {
        final List<Contender> added = new ArrayList<>();
        for (final Contender contender : plan.contenders()) {
            if (!Double.isNaN(copyNanos(contender.engine(), 1, 1))) {
                added.add(contender.on(Basis.MODELLED));
            }
        }
        for (final Turn turn : List.copyOf(results.turns())) {
            added.stream()
                    .filter(contender -> contender.on(Basis.MEASURED).equals(turn.contender()))
                    .forEach(contender -> results.add(modelled(turn, contender)));
        }
        return added;
    }

    private Turn modelled(final Turn turn, final Contender contender) {
        final double nanos = Math.max(turn.coreNanos(), deviceNanos(turn));
        return new Turn(
                turn.round(),
                turn.of(),
                contender,
                1e9 / nanos,
                turn.windows(),
                turn.dropped(),
                turn.engineCopies(),
                turn.threshold(),
                turn.coreNanos(),
                turn.alignment());
    }

    /**
     * A packet, on average over those of the load, each as long and with as bad a destination as it may have been; none where
     * the core copies it.
     */
    private double deviceNanos(final Turn turn) {
        if (turn.alignment() == 0) {
            return 0; // it was given nothing
        }
        return Arrays.stream(turn.of().load().lengths())
                .mapToDouble(length -> length < turn.threshold()
                        ? 0
                        : copyNanos(turn.contender().engine(), length, turn.alignment()))
                .average()
                .orElseThrow();
    }

    private double copyNanos(final String engine, final long bytes, final int alignment) {
        return paces.stream()
                .mapToDouble(pace -> pace.copyNanos(engine, bytes, alignment))
                .filter(nanos -> !Double.isNaN(nanos))
                .findFirst()
                .orElse(Double.NaN);
    }

    /** What the modelled columns are, a sentence a line. */
    List<String> explanations() {
        final List<String> lines = new ArrayList<>();
        lines.add("With models, so few packets are outstanding that engines have room for all: the core copies none for"
                + " them.");
        lines.add("modelled: no hardware was there. A packet takes the longer of the core's own time, measured, waiting"
                + " for the device left out, and the device's, by the model's timing and without its thread.");
        lines.add("The alignment that counts is the worst one of the destinations that the driver gave the device.");
        paces.forEach(pace -> lines.add("Timing of the model of " + pace.timing() + "."));
        return lines;
    }
}
