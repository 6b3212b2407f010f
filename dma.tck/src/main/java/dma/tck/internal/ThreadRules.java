package dma.tck.internal;

import static dma.tck.Chapter.MODEL;
import static dma.tck.Chapter.THREADS;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.SynchronousQueue;

/** Several channels, several threads. */
final class ThreadRules {
    private static final String APART = "channel.keeps-to-itself";
    private static final String PARALLEL = "threads.channels-in-parallel";
    private static final String OPEN = "threads.open-at-any-time";
    private static final String HAND_OVER = "threads.hand-over";
    private static final int MANY = 4;

    static final List<ContractRule> RULES = List.of(
            new ContractRule(Names.APART, MODEL, "each open gives a channel of its own", ThreadRules::aChannelEach),
            new ContractRule(
                    APART, MODEL, "a channel reports its own copies, and aborts its own only", ThreadRules::apart),
            new ContractRule(
                    PARALLEL, THREADS, "channels may be used by several threads at a time", ThreadRules::parallel),
            new ContractRule(
                    OPEN, THREADS, "channels may be opened by several threads at a time", ThreadRules::openAtOnce),
            new ContractRule(
                    HAND_OVER, THREADS, "a channel may be handed from thread to thread", ThreadRules::handOver));

    private ThreadRules() {}

    private static void aChannelEach(final Lab lab) {
        lab.memory(Memory.PAGE);
        // Whether they differ is looked at whenever one is opened.
        lab.open();
        lab.openAnother();
    }

    private static void apart(final Lab lab) {
        final Memory memory = lab.memory(100 * Memory.PAGE);
        final List<Channel> channels = List.of(lab.open(), lab.openAnother(), lab.openAnother());
        for (int round = 0; round < 100; round++) {
            final Channel busy = channels.get(round % 3);
            busy.add(memory, round * Memory.PAGE, 64);
            busy.add(memory, round * Memory.PAGE + 128, 64);
            final int count = busy.submitAndClear();
            for (final Channel other : channels) {
                if (other != busy) {
                    idle(lab, other);
                }
            }
            final Channel aborted = channels.get((round + 1) % 3);
            aborted.abort();
            busy.awaitAll();
            if (!memory.isCopied(round * Memory.PAGE, 64) && count > 0) {
                final long at = round * Memory.PAGE;
                throw busy.notMade(
                        APART, "a copy was not made after another channel was aborted", () -> memory.isCopied(at, 64));
            }
            for (final Channel other : channels) {
                idle(lab, other);
            }
        }
    }

    /** What an idle channel reports is somebody else's. */
    private static void idle(final Lab lab, final Channel channel) {
        lab.because(APART, "on a channel that was idle beside a busy one", channel::poll);
    }

    private static void parallel(final Lab lab) throws Exception {
        final List<Memory> memories = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
            memories.add(lab.memory(32 * Memory.PAGE));
        }
        final List<Channel> channels = new ArrayList<>();
        channels.add(lab.open());
        while (channels.size() < MANY) {
            channels.add(lab.openAnother());
        }
        final List<Callable<Void>> tasks = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
            final Memory memory = memories.get(i);
            final Channel channel = channels.get(i);
            tasks.add(() -> {
                for (int round = 0; round < 300; round++) {
                    burst(channel, memory, PARALLEL);
                }
                return null;
            });
        }
        lab.together(tasks);
    }

    private static void burst(final Channel channel, final Memory memory, final String rule) {
        final int copies = (int) (memory.size() / Memory.PAGE);
        for (int i = 0; i < copies; i++) {
            channel.add(memory, i * Memory.PAGE, 1024);
        }
        channel.submitAll();
        channel.awaitAll();
        for (int i = 0; i < copies; i++) {
            if (!memory.isCopied(i * Memory.PAGE, 1024)) {
                final long at = i * Memory.PAGE;
                throw channel.notMade(
                        rule, "copy " + i + " of a burst was reported and not made", () -> memory.isCopied(at, 1024));
            }
        }
        memory.clear();
    }

    private static void openAtOnce(final Lab lab) throws Exception {
        final Channel first = lab.open();
        final List<Memory> memories = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
            memories.add(lab.memory(4 * Memory.PAGE));
        }
        for (int round = 0; round < 10; round++) {
            final CyclicBarrier start = new CyclicBarrier(MANY);
            final List<Callable<Void>> tasks = new ArrayList<>();
            for (final Memory memory : memories) {
                tasks.add(() -> {
                    start.await();
                    lab.because(OPEN, "by one of " + MANY + " threads", () -> {
                        final Channel channel = lab.openAnother();
                        burst(channel, memory, OPEN);
                        channel.end();
                    });
                    return null;
                });
            }
            lab.together(tasks);
        }
        first.close();
    }

    private static void handOver(final Lab lab) throws Exception {
        final Memory memory = lab.memory(8 * Memory.PAGE);
        final Channel opened = lab.open();
        final SynchronousQueue<Channel> there = new SynchronousQueue<>();
        final SynchronousQueue<Channel> back = new SynchronousQueue<>();
        final int rounds = 50;
        final Callable<Void> one = () -> {
            Channel channel = opened;
            for (int round = 0; round < rounds; round++) {
                burst(channel, memory, HAND_OVER);
                // With copies in flight, as when a queue changes its owner.
                channel.add(memory, 0, 64);
                channel.submitAndClear();
                there.put(channel);
                channel = back.take();
            }
            return null;
        };
        final Callable<Void> other = () -> {
            for (int round = 0; round < rounds; round++) {
                final Channel channel = there.take();
                try {
                    lab.because(HAND_OVER, "on the second thread", () -> {
                        channel.awaitAll();
                        memory.clear();
                        burst(channel, memory, HAND_OVER);
                    });
                } finally {
                    back.put(channel);
                }
            }
            return null;
        };
        lab.together(List.of(one, other));
    }
}
