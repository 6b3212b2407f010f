package vhost.core.internal.device;

import dma.api.DmaException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.event.Level;
import vhost.core.api.VhostException;
import vhost.core.internal.async.CopyChannel;

/**
 * Changes what serves a queue, with no pause: a new channel is opened and handed to the queue's owner, and the one before is
 * left to drain. Under the registry's lock, or by threads that work for who has it, one for each queue.
 */
final class Handover {
    /** How often there is a look for channels that have ended. */
    private static final long LOOK_MILLIS = 100;

    private final ChannelKeeper keeper;
    private final SwapLog swaps;
    private final EngineLog log;
    private final LongSupplier nanoClock;

    /** An owner did not answer. */
    private volatile boolean unanswered;

    Handover(final ChannelKeeper keeper, final SwapLog swaps, final EngineLog log, final LongSupplier nanoClock) {
        this.keeper = keeper;
        this.swaps = swaps;
        this.log = log;
        this.nanoClock = nanoClock;
    }

    /** Whether an owner did not answer since this was last asked: its queue keeps what it had. */
    boolean takeUnanswered() {
        final boolean was = unanswered;
        unanswered = false;
        return was;
    }

    /** Opens a channel on {@code next} if need be; where none is to be had, the core copies. A null {@code why} is no swap. */
    void replace(final VhostQueueImpl queue, final Binding binding, final Terms next, final String why) {
        final EngineChannel old = binding.channel;
        final boolean keeps =
                old != null && next.isServedAsBy(binding.terms) && old.copies().failure() == null;
        final EngineChannel fresh = keeps ? old : open(queue, binding, next);
        final Terms now = fresh == null ? next.withoutEngine() : next;
        if (now.equalsInEffect(binding.terms)) {
            return; // it was refused, and copied itself before
        }
        final long begin = System.nanoTime();
        try {
            use(queue, fresh == null ? null : fresh.copies(), now.threshold());
        } catch (VhostException e) {
            log.say(
                    Level.WARN,
                    queue.name(),
                    queue.name() + ": keeps engine " + queue.engine() + ": " + e.getMessage());
            if (fresh != null && !keeps) {
                keeper.discard(fresh);
            }
            unanswered = true;
            return;
        }
        final long end = System.nanoTime();
        if (why != null && binding.terms != null) {
            final SwapLog.Entry entry = swaps.add(
                    queue.name(),
                    binding.terms.engine(),
                    binding.terms.threshold(),
                    now.engine(),
                    now.threshold(),
                    why,
                    end - begin);
            if (old != null && !keeps) {
                old.replacedBy(entry, end);
            }
        }
        if (old != null && !keeps) {
            old.retire();
        }
        binding.terms = now;
        binding.channel = fresh;
    }

    /** Returns null where no engine is due, or the one that is due gives no channel. */
    private EngineChannel open(final VhostQueueImpl queue, final Binding binding, final Terms terms) {
        if (terms.offer() == null) {
            return null;
        }
        try {
            final EngineChannel channel = EngineChannel.open(
                    terms.offer(),
                    queue,
                    binding.memory,
                    terms.overflow(),
                    TimeUnit.MILLISECONDS.toNanos(terms.deadlineMillis()),
                    nanoClock.getAsLong(),
                    keeper);
            keeper.track(channel);
            return channel;
        } catch (DmaException | RuntimeException e) {
            binding.refusal = new Refusal(terms.offer(), e.getMessage());
            return null;
        }
    }

    /** Again where too many channels before drain still, as long as there is time. */
    private void use(final VhostQueueImpl queue, final CopyChannel next, final int threshold) throws VhostException {
        final long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(VhostDevice.OWNER_MILLIS);
        while (true) {
            try {
                final long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
                queue.use(next, threshold, Math.max(1, left));
                return;
            } catch (VhostException e) {
                if (System.nanoTime() - end >= 0 || !keeper.awaitChange(TimeUnit.MILLISECONDS.toNanos(LOOK_MILLIS))) {
                    throw e;
                }
            }
        }
    }
}
