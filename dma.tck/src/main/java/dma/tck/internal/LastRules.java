package dma.tck.internal;

import static dma.tck.Chapter.GOING_AWAY;
import static dma.tck.Chapter.MODEL;

import dma.api.Completions;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** What runs when all else is known: a long mixture, a figure, and the end of the engine. */
final class LastRules {
    private static final String MIXTURE = "traffic.of-all-kinds";
    private static final String THROUGHPUT = "traffic.throughput";
    private static final String GOES = "going-away.channels-can-end";
    private static final int SLOTS = 128;
    private static final long STEP = 4 * Memory.PAGE;
    private static final long SEED = 4;

    static final List<ContractRule> RULES = List.of(
            new ContractRule(
                    MIXTURE,
                    MODEL,
                    "copies of all lengths in bursts of all sizes are made, in order",
                    LastRules::mixture),
            new ContractRule(
                    THROUGHPUT, MODEL, "copies go on and on; the figure is told and not judged", LastRules::throughput),
            new ContractRule(
                    GOES,
                    GOING_AWAY,
                    "what was accepted before the engine went can be finished or aborted, and channels closed",
                    LastRules::goes));

    private LastRules() {}

    /** A window of slots, each free again when its copy was reported; so a channel is in any state at any time. */
    private static void mixture(final Lab lab) {
        if (lab.subject().isBroken()) {
            throw new NotApplicable("not judged: other rules are broken");
        }
        final Random random = new Random(SEED);
        final Memory memory = lab.memory(SLOTS * STEP);
        final Channel channel = lab.open();
        final int align = lab.limits().alignment();
        final int most = Math.min(SLOTS, lab.limits().maxInFlight());
        final long longest = Math.min(lab.limits().maxCopyBytes(), STEP - 64);
        final long[] at = new long[SLOTS];
        final long[] lengths = new long[SLOTS];
        long next = 0;
        for (long submitted = 0; submitted < 20_000; ) {
            int count = random.nextInt(1, 33);
            count = (int) Math.min(count, most - (submitted - channel.reported()));
            for (int i = 0; i < count; i++) {
                final int slot = (int) ((submitted + i) % SLOTS);
                lengths[slot] = 1 + random.nextLong(random.nextInt(8) == 0 ? longest : Math.min(longest, 1600));
                at[slot] = slot * STEP
                        + (align > Memory.PAGE ? 0 : random.nextInt(64 / Math.min(64, align)) * (long) align);
                memory.clear(slot * STEP, STEP);
                channel.add(memory, at[slot], lengths[slot]);
            }
            submitted += count > 0 ? channel.submitAndClear() : 0;
            if (random.nextInt(3) == 0) {
                channel.poll();
            } else if (random.nextInt(40) == 0) {
                channel.awaitAll();
            }
            for (; next < channel.reported(); next++) {
                final int slot = (int) (next % SLOTS);
                final long end = (slot + 1) * STEP;
                if (!memory.isCopied(at[slot], lengths[slot])
                        || !memory.isUntouched(slot * STEP, at[slot] - slot * STEP)
                        || !memory.isUntouched(at[slot] + lengths[slot], end - at[slot] - lengths[slot])) {
                    throw new Violation(
                            MIXTURE,
                            "copy " + next + " of " + lengths[slot] + " bytes is not as it should be, seed " + SEED);
                }
            }
        }
        channel.awaitAll();
    }

    private static void throughput(final Lab lab) {
        final Memory memory = lab.memory(Channel.BATCH * Memory.PAGE);
        final Channel channel = lab.open();
        final long length = Math.min(lab.limits().maxCopyBytes(), Memory.PAGE);
        final int count = Math.min(Channel.BATCH, lab.limits().maxInFlight());
        final long begin = System.nanoTime();
        long nanos = 0;
        while (nanos < lab.watchNanos()) {
            for (int i = 0; i < count; i++) {
                channel.add(memory, i * Memory.PAGE, length);
            }
            channel.submitAll();
            // Half of them stay, so that neither side waits for the other.
            channel.await(count / 2);
            nanos = System.nanoTime() - begin;
        }
        channel.awaitAll();
        nanos = System.nanoTime() - begin;
        lab.note(String.format(
                "%.2f GB/s, %.2f million copies/s of %d bytes, one channel, not judged",
                channel.reported() * (double) length / nanos, channel.reported() * 1e3 / nanos, length));
    }

    private static void goes(final Lab lab) {
        final Runnable goAway = lab.subject()
                .options()
                .goAway()
                .orElseThrow(() -> new NotApplicable("nobody said how to make the engine go"));
        final Memory memory = lab.memory(AbortRules.COPIES * AbortRules.STEP);
        final Channel finished = lab.open();
        final Channel aborted = lab.openAnother();
        final Channel closed = lab.openAnother();
        AbortRules.submit(lab, finished, memory);
        AbortRules.submit(lab, aborted, memory);
        AbortRules.submit(lab, closed, memory);
        goAway.run();
        lab.because(GOES, "after the engine went", () -> {
            finish(lab, finished);
            aborted.abort();
            closed.close();
        });
        memory.clear();
        AbortRules.watch(memory, TimeUnit.MILLISECONDS.toNanos(50), GOES, "the last channel ended");
        finished.end();
        aborted.end();
    }

    /** Reported, as long as the channel says that it goes on; a channel that has halted is aborted. */
    private static void finish(final Lab lab, final Channel channel) {
        final Completions completions = new Completions(Channel.BATCH);
        final long begin = System.nanoTime();
        while (channel.inFlight() > 0) {
            completions.clear();
            final int count = channel.ops().completedCopies(completions);
            if (count < 0 || System.nanoTime() - begin > lab.subject().patienceNanos()) {
                channel.abort();
                return;
            }
            channel.reportedElsewhere(count);
        }
    }
}
