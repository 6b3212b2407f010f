package dma.tck.internal;

import dma.api.DmaException;
import dma.api.DmaOps;
import dma.api.MemoryRegion;
import java.util.ArrayList;
import java.util.List;

/** The half of a channel that tells of memory and closes. One thread at a time. */
abstract class ControlPath {
    private static final long CLOSE_MILLIS = 1000;

    final Lab lab;
    final DmaOps ops;
    private final List<MemoryRegion> announced = new ArrayList<>();
    private volatile boolean closed;

    ControlPath(final Lab lab, final DmaOps ops) {
        this.lab = lab;
        this.ops = ops;
    }

    final DmaOps ops() {
        return ops;
    }

    /** Tells of memory; the engine must take it. */
    final void announce(final MemoryRegion region) {
        try {
            ops.announce(region);
            announced.add(region);
        } catch (DmaException e) {
            Lab.checkMessage(e);
            throw new Violation(Names.ANNOUNCE, "announce of " + region.length() + " bytes: " + e.getMessage());
        } catch (RuntimeException | Error e) {
            throw new Violation(Names.ANNOUNCE, "announce threw " + Text.of(e));
        }
    }

    /** Takes memory back in which nothing is in flight; the engine must let it go. */
    final void withdraw(final MemoryRegion region) {
        try {
            ops.withdraw(region);
            announced.remove(region);
        } catch (DmaException e) {
            Lab.checkMessage(e);
            throw new Violation(Names.WITHDRAW, "withdraw with nothing in flight: " + e.getMessage());
        } catch (RuntimeException | Error e) {
            throw new Violation(Names.WITHDRAW, "withdraw threw " + Text.of(e));
        }
    }

    /** All that it was told of. */
    final void withdrawAll() {
        List.copyOf(announced).forEach(this::withdraw);
    }

    final boolean isClosed() {
        return closed;
    }

    /** Closes it, whatever is in flight. */
    final void close() {
        closed = true;
        lab.calls("close");
        try {
            ops.close();
        } catch (RuntimeException | Error e) {
            throw new Violation(Names.CLOSE, "close threw " + Text.of(e));
        } finally {
            lab.calls("");
        }
    }

    /** After a rule was broken: closes it, and does not care. */
    final void abandon() {
        if (!closed) {
            closed = true;
            final Thread thread = Thread.ofPlatform()
                    .daemon()
                    .name("dma-tck close")
                    .start(() -> {
                        try {
                            ops.close();
                        } catch (RuntimeException | Error e) {
                            // What was seen before is what is told.
                        }
                    });
            try {
                // The next rule is not to meet it; but it may hang.
                thread.join(CLOSE_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
