package dma.tck.internal;

import static dma.tck.Chapter.MODEL;

import dma.api.DmaLimits;
import java.util.List;

/** What an engine states about itself. */
final class LimitRules {
    /** More than the core ever has in flight on a queue. */
    private static final int MOST_IN_FLIGHT = 1 << 16;

    private static final long LONGEST = 2 << 20;
    private static final long[] LONG = {9000, 65_535, 65_536, 65_537, 131_072, 262_145, 1 << 20, (1 << 20) + 1, LONGEST
    };

    static final List<ContractRule> RULES = List.of(
            new ContractRule(
                    Names.OPEN,
                    MODEL,
                    "an engine that offers its service opens a channel",
                    lab -> lab.open().close()),
            new ContractRule(
                    Names.CONSTANT, MODEL, "limits() gives the same values whenever it is asked", LimitRules::constant),
            new ContractRule(
                    Names.IN_FLIGHT,
                    MODEL,
                    "a channel never holds more than maxInFlight copies, accepted and not reported",
                    LimitRules::inFlight),
            new ContractRule(
                    "limits.longest-copy", MODEL, "copies up to maxCopyBytes are made in full", LimitRules::longest),
            new ContractRule(
                    "limits.alignment",
                    MODEL,
                    "addresses need no other alignment than the one that is stated",
                    LimitRules::alignment),
            new ContractRule(
                    "limits.offloads",
                    MODEL,
                    "an engine that does not offload has made the copies when transferData returns",
                    LimitRules::offloads));

    private LimitRules() {}

    private static void constant(final Lab lab) {
        same(lab, "before a channel is open");
        final Memory memory = lab.memory(Memory.PAGE);
        final Channel channel = lab.open();
        same(lab, "while a channel is open");
        channel.add(memory, 0, 64);
        channel.submitAll();
        same(lab, "after a copy");
        channel.awaitAll();
        channel.close();
        same(lab, "after a channel was closed");
    }

    private static void same(final Lab lab, final String when) {
        final DmaLimits now = lab.subject().engine().limits();
        if (!lab.limits().equals(now)) {
            throw new Violation(Names.CONSTANT, when + " limits are " + now + ", they were " + lab.limits());
        }
    }

    private static void inFlight(final Lab lab) {
        final int most = lab.limits().maxInFlight();
        if (most > MOST_IN_FLIGHT) {
            throw new NotApplicable("maxInFlight is " + most);
        }
        final Memory memory = lab.memory(Memory.PAGE);
        final Channel channel = lab.open();
        for (int round = 0; round < 4; round++) {
            // Submitting checks the limit; what is not accepted twice in a row is over it.
            int full = 0;
            while (full < 2) {
                for (int i = 0; i < Channel.BATCH; i++) {
                    channel.add(memory, 64L * i, 64);
                }
                full = channel.submitAndClear() == 0 ? full + 1 : 0;
            }
            channel.awaitAll();
        }
    }

    private static void longest(final Lab lab) {
        final long most = lab.limits().maxCopyBytes();
        final Memory memory = lab.memory(LONGEST + Memory.PAGE);
        final Channel channel = lab.open();
        for (final long length : LONG) {
            made(channel, memory, Math.min(length, most));
        }
    }

    private static void made(final Channel channel, final Memory memory, final long length) {
        channel.add(memory, 0, length);
        channel.submitAll();
        channel.awaitAll();
        final long missing = memory.firstMissing(0, length);
        if (missing != -1) {
            throw channel.notMade(
                    "limits.longest-copy",
                    "of " + length + " bytes, byte " + missing + " was not copied",
                    () -> memory.isCopied(0, length));
        }
        final long written = memory.firstWritten(length, memory.size());
        if (written != -1) {
            throw new Violation("limits.longest-copy", "of " + length + " bytes, byte " + written + " is written");
        }
        memory.clear(0, length);
    }

    private static void alignment(final Lab lab) {
        final int step = lab.limits().alignment();
        final long span = Math.max(64, step);
        final long length = Math.min(lab.limits().maxCopyBytes(), 200);
        final Memory memory = lab.memory(4 * Math.max(span, Memory.PAGE));
        final Channel channel = lab.open();
        for (long from = 0; from < span; from += step) {
            for (long to = 0; to < span; to += step) {
                channel.batch().add(memory.source(from), memory.destination(span + to), length);
                channel.submitAll();
                channel.awaitAll();
                final long source = from;
                final long destination = span + to;
                final boolean copied = memory.isCopied(source, destination, length);
                if (!copied
                        || !memory.isUntouched(0, span + to)
                        || !memory.isUntouched(span + to + length, memory.size() - span - to - length)) {
                    final String seen = "from offset " + from + " to offset " + to + " of a line, " + length
                            + " bytes were not copied as they should, with an alignment of " + step + " stated";
                    throw copied
                            ? new Violation("limits.alignment", seen)
                            : channel.notMade(
                                    "limits.alignment", seen, () -> memory.isCopied(source, destination, length));
                }
                memory.clear(span + to, length);
            }
        }
    }

    private static void offloads(final Lab lab) {
        if (lab.limits().offloads()) {
            throw new NotApplicable("it offloads");
        }
        final Memory memory = lab.memory(Channel.BATCH * Memory.PAGE);
        final long length = Math.min(lab.limits().maxCopyBytes(), Memory.PAGE);
        final Channel channel = lab.open();
        for (int i = 0; i < Channel.BATCH; i++) {
            channel.add(memory, i * Memory.PAGE, length);
        }
        final int count = channel.submitAndClear();
        for (int i = 0; i < count; i++) {
            if (!memory.isCopied(i * Memory.PAGE, length)) {
                throw new Violation("limits.offloads", "copy " + i + " of " + count + " was not made when it returned");
            }
        }
        channel.awaitAll();
    }
}
