package dma.tck.internal;

import static dma.tck.Chapter.MODEL;
import static dma.tck.Chapter.OWNERSHIP;

import dma.api.Completions;
import dma.api.CopyStatus;
import java.util.List;

/** How copies are reported. */
final class CompletionRules {
    private static final int LONG_COPIES = 32;
    private static final long LONG_BYTES = 64 << 10;
    private static final int ROUNDS = 20;

    static final List<ContractRule> RULES = List.of(
            new ContractRule(
                    Names.NONE_IDLE,
                    MODEL,
                    "a channel that has accepted nothing reports nothing",
                    CompletionRules::noneWhenIdle),
            new ContractRule(
                    Names.EVERY_COPY, MODEL, "every copy that was accepted is reported", lab -> bursts(lab, false)),
            new ContractRule(Names.ONCE, MODEL, "no copy is reported twice", lab -> bursts(lab, false)),
            new ContractRule(
                    Names.ONLY_ACCEPTED, MODEL, "no copy is reported that was not accepted", lab -> bursts(lab, true)),
            new ContractRule(
                    Names.COUNT,
                    MODEL,
                    "completedCopies returns how many outcomes it has appended, or a CopyStatus",
                    lab -> bursts(lab, false)),
            new ContractRule(
                    Names.ROOM, MODEL, "no more outcomes are appended than there is room for", CompletionRules::room),
            new ContractRule(Names.APPENDS, MODEL, "outcomes that are there already stay", CompletionRules::appends),
            new ContractRule(
                    Names.STATUS,
                    MODEL,
                    "a status is OK or one of the negative ones of CopyStatus",
                    lab -> bursts(lab, false)),
            new ContractRule(
                    Names.VISIBLE,
                    OWNERSHIP,
                    "what a copy has moved is visible to the thread that was told of its completion",
                    CompletionRules::watch),
            new ContractRule(
                    Names.ORDER,
                    MODEL,
                    "copies are reported in the order in which they were submitted",
                    CompletionRules::watch));

    private CompletionRules() {}

    private static void noneWhenIdle(final Lab lab) {
        lab.memory(Memory.PAGE);
        final Channel channel = lab.open();
        for (int i = 0; i < 1000; i++) {
            channel.poll();
        }
    }

    /** Bursts of all sizes, each followed by more questions than there are answers. */
    private static void bursts(final Lab lab, final boolean beyondFull) {
        final Memory memory = lab.memory(Channel.BATCH * 64L);
        final Channel channel = lab.open();
        for (int round = 0; round < 100; round++) {
            for (int i = 0; i <= round % Channel.BATCH; i++) {
                channel.add(memory, i * 64L, 64);
            }
            if (beyondFull) {
                channel.submitAndClear();
            } else {
                channel.submitAll();
            }
            channel.awaitAll();
            for (int i = 0; i < 20; i++) {
                channel.poll();
            }
        }
    }

    private static void room(final Lab lab) {
        final Memory memory = lab.memory(Channel.BATCH * 64L);
        final Channel channel = lab.open();
        for (int room = 0; room < 5; room++) {
            final Completions few = new Completions(room);
            for (int i = 0; i < 10; i++) {
                channel.add(memory, i * 64L, 64);
            }
            channel.submitAndClear();
            final long begin = System.nanoTime();
            // Some may be finished by then, or all; in no case is there room for more.
            while (channel.inFlight() > 0 && System.nanoTime() - begin < 2_000_000) {
                few.clear();
                channel.poll(few);
            }
            channel.awaitAll();
        }
    }

    private static void appends(final Lab lab) {
        final Memory memory = lab.memory(Memory.PAGE);
        final Channel channel = lab.open();
        final Completions some = new Completions(16);
        for (int round = 0; round < 20; round++) {
            some.clear();
            some.succeeded(2);
            some.failed(CopyStatus.REFUSED);
            channel.add(memory, 0, 64);
            channel.add(memory, 64, 64);
            channel.submitAndClear();
            final long begin = System.nanoTime();
            while (channel.inFlight() > 0
                    && System.nanoTime() - begin < lab.subject().patienceNanos()) {
                final long before = channel.inFlight();
                final int count = channel.ops().completedCopies(some);
                if (count > 0 && some.count() > 3 && some.count() != 3 + count) {
                    throw new Violation(
                            Names.COUNT, "completedCopies returned " + count + " and appended " + (some.count() - 3));
                }
                if (count > 0 || some.count() != 3) {
                    if (count > before) {
                        throw channel.excess(count);
                    }
                    channel.reportedElsewhere(Math.max(count, 0));
                    if (some.count() < 4
                            || some.status(0) != CopyStatus.OK
                            || some.status(1) != CopyStatus.OK
                            || some.status(2) != CopyStatus.REFUSED
                            || some.failures() != 1) {
                        throw new Violation(
                                Names.APPENDS,
                                "three outcomes were there; after " + count + " more there are " + some.count() + ", of"
                                        + " which failed " + some.failures());
                    }
                    some.clear();
                    some.succeeded(2);
                    some.failed(CopyStatus.REFUSED);
                }
            }
            channel.awaitAll();
        }
    }

    /**
     * Long copies, looked at as they are reported. Those that are not reported yet are looked at first: one of them that has
     * been made, when one that was reported has not, has overtaken it.
     */
    private static void watch(final Lab lab) {
        final int count = Math.min(LONG_COPIES, lab.limits().maxInFlight());
        final long length = Math.min(LONG_BYTES, lab.limits().maxCopyBytes());
        final Memory memory = lab.memory(count * LONG_BYTES);
        final Channel channel = lab.open();
        final long begin = System.nanoTime();
        int midway = 0;
        // Where processors are scarce, all copies may be made before this thread can look.
        for (int round = 0;
                round < ROUNDS
                        || lab.limits().offloads() && midway < ROUNDS && System.nanoTime() - begin < lab.watchNanos();
                round++) {
            for (int i = 0; i < count; i++) {
                channel.add(memory, i * LONG_BYTES, length);
            }
            channel.submitAll();
            while (channel.inFlight() > 0) {
                channel.await(channel.inFlight() - 1);
                midway += channel.inFlight() > 0 ? 1 : 0;
                look(memory, length, count - (int) channel.inFlight(), count);
            }
            memory.clear();
        }
    }

    private static void look(final Memory memory, final long length, final int done, final int count) {
        boolean overtaken = false;
        for (int i = done; i < count; i++) {
            overtaken |= memory.isCopied(i * LONG_BYTES, length);
        }
        for (int i = done - 1; i >= 0; i--) {
            if (!memory.isCopied(i * LONG_BYTES, length)) {
                throw new Violation(
                        overtaken ? Names.ORDER : Names.VISIBLE,
                        "when " + done + " of " + count + " were reported, copy " + i + " was not there"
                                + (overtaken ? ", but a later one" : ""));
            }
        }
    }
}
