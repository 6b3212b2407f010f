package dma.tck.internal;

import dma.api.DmaEngine;
import dma.api.DmaLimits;
import dma.tck.Options;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;

/** The engine that is looked at. */
public final class Subject {
    /** The least that is granted to an engine that has kept us waiting before. */
    private static final long LEAST_PATIENCE_NANOS = 1_000_000_000;

    /** What engines that broke a rule may still write to; never freed, and kept from the collector here. */
    private static final List<Arena> LOST = Collections.synchronizedList(new ArrayList<>());

    private final DmaEngine engine;
    private final Options options;
    private final DmaLimits limits;
    private volatile long patienceNanos;
    private volatile boolean broken;

    /** All that was ever used: an engine that writes too late must not meet memory of somebody else. */
    private final List<Arena> arenas = Collections.synchronizedList(new ArrayList<>());

    public Subject(final DmaEngine engine, final Options options) {
        this.engine = engine;
        this.options = options;
        this.limits = Objects.requireNonNull(engine.limits(), "the engine's limits are null");
        this.patienceNanos = options.patience().toNanos();
    }

    DmaEngine engine() {
        return engine;
    }

    Options options() {
        return options;
    }

    /** What it stated at first. */
    public DmaLimits limits() {
        return limits;
    }

    long patienceNanos() {
        return patienceNanos;
    }

    /** Somebody waited in vain. It will not be otherwise with the next rules, and there are many. */
    void waitedInVain() {
        patienceNanos = Math.max(Math.min(LEAST_PATIENCE_NANOS, patienceNanos), patienceNanos / 4);
    }

    /** A rule has been broken. */
    public void broken() {
        broken = true;
    }

    boolean isBroken() {
        return broken;
    }

    Arena arena() {
        final Arena arena = Arena.ofShared();
        arenas.add(arena);
        return arena;
    }

    /** When the last rule has been checked: frees the memory, unless a rule was broken. */
    public void end() {
        if (broken) {
            LOST.addAll(arenas);
        } else {
            arenas.forEach(Arena::close);
        }
        arenas.clear();
    }
}
