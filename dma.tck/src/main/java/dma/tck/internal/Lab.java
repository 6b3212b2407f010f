package dma.tck.internal;

import dma.api.DmaException;
import dma.api.DmaLimits;
import dma.api.DmaOps;
import dma.api.MemoryRegion;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * What the check of one rule works with: memory of its own, channels that know of it, threads.
 */
public final class Lab {
    private final Subject subject;
    private final Arena arena;
    private final List<Memory> memories = new CopyOnWriteArrayList<>();
    private final List<Channel> channels = Collections.synchronizedList(new ArrayList<>());
    private final AtomicLong calls = new AtomicLong();
    private volatile String call = "";
    private volatile String note = "";

    Lab(final Subject subject) {
        this.subject = subject;
        this.arena = subject.arena();
    }

    Subject subject() {
        return subject;
    }

    DmaLimits limits() {
        return subject.limits();
    }

    long watchNanos() {
        return subject.options().watch().toNanos();
    }

    Arena arena() {
        return arena;
    }

    /** Sources and destinations of {@code bytes} each. Channels that are opened from now on are told of it. */
    Memory memory(final long bytes) {
        final Memory memory = new Memory(arena, bytes);
        memories.add(memory);
        return memory;
    }

    /** A channel that was told of all memory so far. Any thread. */
    Channel open() {
        final Channel channel = openPlain();
        memories.forEach(memory -> channel.announce(memory.region()));
        return channel;
    }

    /** As {@link #open}, where there is at least one already: an engine need not have more. */
    Channel openAnother() {
        try {
            return open();
        } catch (Violation e) {
            if (e.getCause() instanceof DmaException) {
                throw new NotApplicable("it has no more than " + channels.size() + " channels: " + e.getMessage());
            }
            throw e;
        }
    }

    /** A channel that was told of nothing. */
    Channel openPlain() {
        final DmaOps ops;
        calls("open");
        try {
            ops = subject.engine().open("dma-tck");
        } catch (DmaException e) {
            checkMessage(e);
            if (subject.isBroken()) {
                throw new NotApplicable("not judged: other rules are broken, and open: " + e.getMessage());
            }
            throw new Violation(Names.OPEN, "open: " + e.getMessage(), e);
        } catch (RuntimeException e) {
            throw new Violation(Names.OPEN, "open threw " + Text.of(e));
        } finally {
            calls("");
        }
        if (ops == null) {
            throw new Violation(Names.OPEN, "open returned null");
        }
        for (final Channel other : List.copyOf(channels)) {
            if (other.ops() == ops && !other.isClosed()) {
                throw new Violation(Names.APART, "open gave the same object again, which was not closed");
            }
        }
        final Channel channel = new Channel(this, ops);
        channels.add(channel);
        return channel;
    }

    /** The contract asks for one line that says what, where and how to mend it; that there is one can be seen. */
    static void checkMessage(final DmaException e) {
        final String message = e.getMessage();
        if (message == null || message.isBlank()) {
            throw new Violation(Names.MESSAGE, "a DmaException without a message");
        }
        if (message.lines().count() != 1) {
            throw new Violation(Names.MESSAGE, "a DmaException of several lines: " + message.replaceAll("\\R", " | "));
        }
    }

    /** Runs all of them at a time; the first that fails is thrown when all have ended. */
    void together(final List<Callable<Void>> tasks) throws Exception {
        final AtomicReference<Throwable> thrown = new AtomicReference<>();
        final List<Thread> threads = new CopyOnWriteArrayList<>();
        for (int i = 0; i < tasks.size(); i++) {
            final Callable<Void> task = tasks.get(i);
            threads.add(Thread.ofPlatform().daemon().name("dma-tck " + i).unstarted(() -> {
                try {
                    task.call();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                } catch (Throwable e) {
                    // What others meet from now on comes of it. Nobody is to wait for this one.
                    thrown.compareAndSet(null, e);
                    threads.forEach(Thread::interrupt);
                }
            }));
        }
        threads.forEach(Thread::start);
        for (final Thread thread : threads) {
            thread.join();
        }
        switch (thrown.get()) {
            case null -> {}
            case Exception e -> throw e;
            case Error e -> throw e;
            default -> throw new IllegalStateException(thrown.get());
        }
    }

    /**
     * Does what only can go wrong because {@code rule} is broken: then it is that one which is held against the engine, unless it
     * has broken others already.
     */
    void because(final String rule, final String when, final Runnable what) {
        try {
            what.run();
        } catch (Violation e) {
            throw subject.isBroken() || e.rule().equals(rule) ? e : new Violation(rule, when + ": " + e.getMessage());
        }
    }

    /** Something to be told beside the verdict. */
    void note(final String text) {
        note = text;
    }

    String note() {
        return note;
    }

    /** The call of the engine that is under way, for when it does not return; empty for none. */
    String call() {
        return call;
    }

    void calls(final String name) {
        call = name;
        calls.setOpaque(calls.getOpaque() + 1);
    }

    /** Changes while calls begin and end; where several threads call, it may miss some. */
    long calls() {
        return calls.getOpaque();
    }

    /** Tells the engine that nothing is wanted any more. */
    void end() {
        for (final Channel channel : List.copyOf(channels)) {
            channel.end();
        }
    }

    /** After a rule was broken: whatever becomes of it. */
    void abandon() {
        for (final Channel channel : List.copyOf(channels)) {
            channel.abandon();
        }
    }

    /** A file mapping, or other memory that is no {@link Memory}, as what is announced. */
    static MemoryRegion region(final MemorySegment segment) {
        return new MemoryRegion(segment.address(), segment.byteSize());
    }
}
