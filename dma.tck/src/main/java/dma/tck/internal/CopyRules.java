package dma.tck.internal;

import static dma.tck.Chapter.MODEL;
import static dma.tck.Chapter.OWNERSHIP;

import java.util.ArrayList;
import java.util.List;

/** What a copy is. */
final class CopyRules {
    private static final long[] LENGTHS = {
        1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257, 511, 512, 513, 1500,
        2048, 4095, 4096, 4097
    };

    /** Between destinations, so that there is something to be written by mistake on either side. */
    private static final long STEP = 3 * Memory.PAGE;

    private static final long GUARD = 256;

    static final List<ContractRule> RULES = List.of(
            new ContractRule(
                    Names.SUCCEEDS,
                    MODEL,
                    "a copy within the limits between reachable memory is reported OK",
                    lab -> copies(lab, false)),
            new ContractRule("copy.every-byte", MODEL, "a copy moves all of its bytes", CopyRules::everyByte),
            new ContractRule(
                    "copy.no-other-byte",
                    OWNERSHIP,
                    "nothing is written before or behind the destination",
                    CopyRules::noOtherByte),
            new ContractRule(Names.SOURCE, OWNERSHIP, "nothing is written to the source", CopyRules::keepsSource),
            new ContractRule(
                    "copy.across-pages",
                    MODEL,
                    "source and destination may begin and end anywhere in a page",
                    CopyRules::acrossPages));

    private record Made(Channel channel, Memory memory, List<Long> lengths) {}

    private CopyRules() {}

    /** Each length once, first alone and then with others. */
    private static Made copies(final Lab lab, final boolean together) {
        final List<Long> lengths = new ArrayList<>();
        for (final long length : LENGTHS) {
            if (length <= lab.limits().maxCopyBytes()) {
                lengths.add(length);
            }
        }
        final Memory memory = lab.memory(STEP * lengths.size());
        final Channel channel = lab.open();
        for (int i = 0; i < lengths.size(); i++) {
            channel.add(memory, at(lab, i), lengths.get(i));
            if (!together) {
                channel.submitAll();
                channel.awaitAll();
            }
        }
        if (together) {
            channel.submitAll();
            channel.awaitAll();
        }
        return new Made(channel, memory, lengths);
    }

    /** Whatever alignment is asked for, up to a page, is kept. */
    private static long at(final Lab lab, final int index) {
        return index * STEP + Math.min(Memory.PAGE, Math.max(GUARD, lab.limits().alignment()));
    }

    private static void everyByte(final Lab lab) {
        for (final boolean together : new boolean[] {false, true}) {
            final Made made = copies(lab, together);
            for (int i = 0; i < made.lengths.size(); i++) {
                final long at = at(lab, i);
                final long length = made.lengths.get(i);
                final long missing = made.memory.firstMissing(at, length);
                if (missing != -1) {
                    // Where the source is another one now, nobody knows what was copied.
                    throw made.memory.isSourceKept()
                            ? made.channel.notMade(
                                    "copy.every-byte",
                                    "of " + length + " bytes, byte " + missing + " was not copied",
                                    () -> made.memory.isCopied(at, length))
                            : new Violation(Names.SOURCE, "a source has changed");
                }
            }
        }
    }

    private static void noOtherByte(final Lab lab) {
        for (final boolean together : new boolean[] {false, true}) {
            final Made made = copies(lab, together);
            long end = 0;
            for (int i = 0; i <= made.lengths.size(); i++) {
                final boolean behindLast = i == made.lengths.size();
                final long written = made.memory.firstWritten(end, behindLast ? made.memory.size() : at(lab, i));
                if (written != -1) {
                    throw new Violation(
                            "copy.no-other-byte",
                            i == 0 || !behindLast && at(lab, i) - written < written - end
                                    ? "of " + made.lengths.get(i) + " bytes, one was written " + (at(lab, i) - written)
                                            + " bytes before the first"
                                    : "of " + made.lengths.get(i - 1) + " bytes, one was written " + (written - end + 1)
                                            + " bytes behind the last");
                }
                end = behindLast ? end : at(lab, i) + made.lengths.get(i);
            }
        }
    }

    private static void keepsSource(final Lab lab) {
        for (final boolean together : new boolean[] {false, true}) {
            if (!copies(lab, together).memory.isSourceKept()) {
                throw new Violation(Names.SOURCE, "a source has changed");
            }
        }
    }

    private static void acrossPages(final Lab lab) {
        final long align = Math.max(64, lab.limits().alignment());
        final long length = Math.min(lab.limits().maxCopyBytes(), 3 * Memory.PAGE);
        final Memory memory = lab.memory(8 * Memory.PAGE);
        final Channel channel = lab.open();
        for (long from = Memory.PAGE - align; from <= Memory.PAGE + align; from += align) {
            for (long to = Memory.PAGE - align; to <= Memory.PAGE + align; to += align) {
                channel.batch().add(memory.source(from), memory.destination(to), length);
                channel.submitAll();
                channel.awaitAll();
                if (!memory.isCopied(from, to, length)) {
                    final long source = from;
                    final long destination = to;
                    throw channel.notMade(
                            "copy.across-pages",
                            length + " bytes from offset " + from + " to offset " + to + " of pages were not copied",
                            () -> memory.isCopied(source, destination, length));
                }
                memory.clear();
            }
        }
    }
}
