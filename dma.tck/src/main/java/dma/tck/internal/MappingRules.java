package dma.tck.internal;

import static dma.tck.Chapter.ORDER_OF_CALLS;

import dma.api.CopyStatus;
import dma.api.DmaException;
import dma.api.MemoryRegion;
import java.util.ArrayList;
import java.util.List;

/** Memory that is announced and withdrawn. */
final class MappingRules {
    private static final String UNANNOUNCED = "announce.is-needed";
    private static final String MANY = "announce.many";
    private static final String IN_FLIGHT = "withdraw.refused-in-flight";
    private static final String UNREACHABLE = "withdraw.ends-reach";
    private static final String AGAIN = "withdraw.then-announce-again";

    private static final int REGIONS = 64;

    static final List<ContractRule> RULES = List.of(
            new ContractRule(Names.ANNOUNCE, ORDER_OF_CALLS, "ordinary memory can be announced", lab -> {
                lab.memory(1 << 20);
                lab.open();
            }),
            new ContractRule(MANY, ORDER_OF_CALLS, "a guest's memory may be of many regions", MappingRules::many),
            new ContractRule(
                    UNANNOUNCED,
                    ORDER_OF_CALLS,
                    "where announcing is needed, a copy of other memory fails, and others go on",
                    MappingRules::unannounced),
            new ContractRule(
                    Names.WITHDRAW,
                    ORDER_OF_CALLS,
                    "memory can be withdrawn when the last copy there was reported or aborted",
                    MappingRules::withdraw),
            new ContractRule(
                    IN_FLIGHT,
                    ORDER_OF_CALLS,
                    "where announcing is needed, withdrawing is refused while copies are in flight, and nothing"
                            + " changes",
                    MappingRules::refusedInFlight),
            new ContractRule(
                    UNREACHABLE,
                    ORDER_OF_CALLS,
                    "where announcing is needed, a copy of memory that was withdrawn fails",
                    MappingRules::unreachable),
            new ContractRule(
                    AGAIN,
                    ORDER_OF_CALLS,
                    "memory can be announced, withdrawn and announced again",
                    MappingRules::again));

    private MappingRules() {}

    private static void mapped(final Lab lab) {
        if (!lab.limits().needsMapping()) {
            throw new NotApplicable("it needs no announcement");
        }
    }

    private static void many(final Lab lab) {
        final List<Memory> memories = new ArrayList<>();
        for (int i = 0; i < REGIONS; i++) {
            memories.add(lab.memory(Memory.PAGE));
        }
        final Channel channel = lab.openPlain();
        lab.because(
                MANY, "of " + REGIONS + " regions", () -> memories.forEach(each -> channel.announce(each.region())));
        for (final Memory memory : memories) {
            check(channel, memory, MANY);
        }
        // Those that stay must not suffer.
        for (int i = 0; i < REGIONS; i += 2) {
            channel.withdraw(memories.get(i).region());
        }
        for (int i = 1; i < REGIONS; i += 2) {
            check(channel, memories.get(i), MANY);
        }
    }

    private static void check(final Channel channel, final Memory memory, final String rule) {
        memory.clear();
        channel.add(memory, 0, 1024);
        channel.submitAll();
        channel.awaitAll();
        if (!memory.isCopied(0, 1024)) {
            throw channel.notMade(rule, "a copy in announced memory was not made", () -> memory.isCopied(0, 1024));
        }
    }

    private static void unannounced(final Lab lab) {
        mapped(lab);
        final Channel channel = lab.open();
        final Memory known = lab.memory(Memory.PAGE);
        final Memory unknown = lab.memory(Memory.PAGE);
        channel.announce(known.region());
        mustFail(channel, known, unknown, UNANNOUNCED, "not announced");
    }

    /** From, to, and within the memory that is not reachable; then the channel goes on. */
    private static void mustFail(
            final Channel channel, final Memory known, final Memory unknown, final String rule, final String what) {
        final long[][] pairs = {
            {unknown.source(0), unknown.destination(0)},
            {unknown.source(0), known.destination(0)},
            {known.source(0), unknown.destination(0)}
        };
        final List<Integer> statuses = channel.expectFailures();
        for (final long[] pair : pairs) {
            statuses.clear();
            channel.batch().add(pair[0], pair[1], 64);
            channel.submitAll();
            channel.awaitAll();
            if (statuses.equals(List.of(CopyStatus.OK))) {
                throw new Violation(rule, "a copy that names memory that was " + what + " is ok");
            }
        }
        if (!unknown.isUntouched() || !known.isUntouched()) {
            throw new Violation(rule, "a copy that names memory that was " + what + " was made");
        }
        channel.expectSuccess();
        check(channel, known, rule);
    }

    private static void withdraw(final Lab lab) {
        final Memory memory = lab.memory(Channel.BATCH * Memory.PAGE);
        final Channel channel = lab.open();
        burst(channel, memory);
        channel.awaitAll();
        channel.withdraw(memory.region());
        channel.announce(memory.region());
        burst(channel, memory);
        channel.abort();
        channel.withdraw(memory.region());
    }

    private static void burst(final Channel channel, final Memory memory) {
        for (int i = 0; i < Channel.BATCH; i++) {
            channel.add(memory, i * Memory.PAGE, 64);
        }
        channel.submitAndClear();
    }

    private static void refusedInFlight(final Lab lab) {
        mapped(lab);
        final Memory memory = lab.memory(Channel.BATCH * Memory.PAGE);
        final Channel channel = lab.open();
        for (int round = 0; round < 10; round++) {
            for (int i = 0; i < Channel.BATCH; i++) {
                channel.add(
                        memory,
                        i * Memory.PAGE,
                        Math.min(Memory.PAGE, lab.limits().maxCopyBytes()));
            }
            final int count = channel.submitAndClear();
            try {
                channel.ops().withdraw(memory.region());
                throw new Violation(
                        IN_FLIGHT, "memory was withdrawn in which " + count + " copies were accepted and not reported");
            } catch (DmaException e) {
                Lab.checkMessage(e);
            }
            // Nothing has changed: what is in flight is made, and so is what comes.
            lab.because(IN_FLIGHT, "after a refused withdrawal", channel::awaitAll);
            for (int i = 0; i < count; i++) {
                if (!memory.isCopied(
                        i * Memory.PAGE, Math.min(Memory.PAGE, lab.limits().maxCopyBytes()))) {
                    throw new Violation(IN_FLIGHT, "after a refused withdrawal copy " + i + " was not made");
                }
            }
            memory.clear();
        }
        check(channel, memory, IN_FLIGHT);
    }

    private static void unreachable(final Lab lab) {
        mapped(lab);
        final Memory known = lab.memory(Memory.PAGE);
        final Memory gone = lab.memory(Memory.PAGE);
        final Channel channel = lab.open();
        check(channel, gone, UNREACHABLE);
        gone.clear();
        channel.withdraw(gone.region());
        mustFail(channel, known, gone, UNREACHABLE, "withdrawn");
    }

    private static void again(final Lab lab) {
        final Memory memory = lab.memory(Memory.PAGE);
        final Memory other = lab.memory(Memory.PAGE);
        final Channel channel = lab.open();
        lab.because(AGAIN, "after some rounds", () -> {
            for (int i = 0; i < 100; i++) {
                final MemoryRegion region = memory.region();
                check(channel, memory, AGAIN);
                channel.withdraw(region);
                check(channel, other, AGAIN);
                channel.announce(region);
            }
            check(channel, memory, AGAIN);
        });
    }
}
