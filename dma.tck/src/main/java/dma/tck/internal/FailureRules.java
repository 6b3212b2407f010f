package dma.tck.internal;

import static dma.tck.Chapter.FAILURES;

import dma.api.CopyStatus;
import dma.api.DmaException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** What cannot be done. */
final class FailureRules {
    private static final String TRUNCATED = "failure.truncated-memory";
    private static final String PLACE = "failure.at-its-place";

    /** Channels that are opened at a time, to see one refused. */
    private static final int CHANNELS = 200;

    /** See {@link #surfaceFault}: from 4 down to 0. */
    private static final int[] HOPS = {0, 0, 1, 2, 3};

    static final List<ContractRule> RULES = List.of(
            new ContractRule(
                    TRUNCATED,
                    FAILURES,
                    "a copy of memory whose file was truncated fails, or its InternalError passes through transferData"
                            + " of an engine that does not offload; the channel goes on",
                    FailureRules::truncated),
            new ContractRule(
                    PLACE,
                    FAILURES,
                    "among others, the copy that failed is the one that is reported as failed",
                    FailureRules::atItsPlace),
            new ContractRule(
                    Names.MESSAGE,
                    FAILURES,
                    "a DmaException says in one line what, where and how to mend it",
                    FailureRules::message));

    private FailureRules() {}

    /** Two pages of a file that has only one any more; announced while it had both. */
    private static MemorySegment truncated(final Lab lab, final Channel channel) throws IOException {
        final Path file = Files.createTempFile("dma-tck", null);
        try (FileChannel open = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            final MemorySegment mapping = open.map(MapMode.READ_WRITE, 0, 2 * Memory.PAGE, lab.arena());
            channel.announce(Lab.region(mapping));
            open.truncate(Memory.PAGE);
            return mapping.asSlice(Memory.PAGE);
        } finally {
            Files.delete(file);
        }
    }

    private static void truncated(final Lab lab) throws IOException {
        final Memory memory = lab.memory(Memory.PAGE);
        final Channel channel = lab.open();
        final long gone = truncated(lab, channel).address();
        for (int round = 0; round < 20; round++) {
            final boolean reads = round % 2 == 0;
            channel.batch().add(reads ? gone : memory.source(0), reads ? memory.destination(0) : gone, 64);
            if (lab.limits().offloads()) {
                status(lab, channel);
            } else {
                statusOrError(lab, channel);
            }
            channel.expectSuccess();
            memory.clear();
            channel.add(memory, 0, 64);
            lab.because(TRUNCATED, "after one copy that could not be made", () -> {
                channel.submitAll();
                channel.awaitAll();
            });
            if (!memory.isCopied(0, 64)) {
                throw channel.notMade(
                        TRUNCATED, "the copy after one that failed was not made", () -> memory.isCopied(0, 64));
            }
            memory.clear();
        }
    }

    private static void status(final Lab lab, final Channel channel) {
        final List<Integer> statuses = channel.expectFailures();
        channel.submitAll();
        channel.awaitAll();
        // Whoever pins announced memory does not see that the file was truncated.
        if (statuses.contains(CopyStatus.OK) && !lab.limits().needsMapping()) {
            throw new Violation(TRUNCATED, "a copy of memory that is no longer there is ok");
        }
    }

    private static void statusOrError(final Lab lab, final Channel channel) {
        final List<Integer> statuses = channel.expectFailures();
        try {
            final int count = channel.ops().transferData(channel.batch());
            surfaceFault();
            channel.submittedElsewhere(Math.max(0, count));
            if (count > 0) {
                channel.awaitAll();
                if (statuses.contains(CopyStatus.OK) && !lab.limits().needsMapping()) {
                    throw new Violation(TRUNCATED, "a copy of memory that is no longer there is ok");
                }
                return;
            }
        } catch (InternalError e) {
            // As the contract has it: what was accepted is not known now, and is aborted.
        } catch (RuntimeException e) {
            if (e instanceof Violation) {
                throw e;
            }
            throw new Violation(TRUNCATED, "transferData threw " + Text.of(e));
        }
        channel.abort();
    }

    /**
     * The JVM raises the error of a fault in a mapped file some time after the access, at the next safepoint poll inside a
     * method. A loop that the compiler cannot count has a poll at its end.
     */
    private static void surfaceFault() {
        int hop = HOPS.length - 1;
        while (hop != 0) {
            hop = HOPS[hop];
        }
    }

    private static void atItsPlace(final Lab lab) throws IOException {
        final boolean mapped = lab.limits().needsMapping();
        if (!mapped && !lab.limits().offloads()) {
            throw new NotApplicable("it does not offload: the error may pass through transferData");
        }
        final int count = Math.min(16, lab.limits().maxInFlight());
        final Memory memory = lab.memory(count * Memory.PAGE);
        final Channel channel = lab.open();
        // Who needs memory announced may pin it, and not see that a file was truncated; but the channel knows nothing
        // of this.
        final long gone = mapped
                ? lab.memory(Memory.PAGE).source(0)
                : truncated(lab, channel).address();
        for (int bad = 0; bad < count; bad++) {
            final List<Integer> statuses = channel.expectFailures();
            for (int i = 0; i < count; i++) {
                channel.batch()
                        .add(
                                i == bad ? gone : memory.source(i * Memory.PAGE),
                                memory.destination(i * Memory.PAGE),
                                512);
            }
            channel.submitAll();
            channel.awaitAll();
            for (int i = 0; i < count; i++) {
                final boolean ok = statuses.get(i) == CopyStatus.OK;
                if (ok != (i != bad)) {
                    throw new Violation(
                            PLACE,
                            "of " + count + " copies, copy " + bad + " could not be made; copy " + i + " is "
                                    + CopyStatus.name(statuses.get(i)));
                }
                if (ok && !memory.isCopied(i * Memory.PAGE, 512)) {
                    final long at = i * Memory.PAGE;
                    throw channel.notMade(
                            PLACE,
                            "copy " + i + " was not made because copy " + bad + " could not be",
                            () -> memory.isCopied(at, 512));
                }
            }
            memory.clear();
        }
    }

    /** Asks for more channels than there may be, and where announcing is needed for a withdrawal that is refused. */
    private static void message(final Lab lab) {
        final Memory memory = lab.memory(Memory.PAGE);
        boolean seen = false;
        final Channel channel = lab.open();
        if (lab.limits().needsMapping()) {
            channel.add(memory, 0, 64);
            channel.submitAndClear();
            try {
                channel.ops().withdraw(memory.region());
            } catch (DmaException e) {
                Lab.checkMessage(e);
                seen = true;
            }
            channel.abort();
        }
        final List<Channel> channels = new ArrayList<>();
        try {
            while (channels.size() < CHANNELS) {
                channels.add(lab.open());
            }
        } catch (Violation e) {
            if (!(e.getCause() instanceof DmaException)) {
                throw e;
            }
            seen = true;
        }
        channels.forEach(Channel::end);
        if (!seen) {
            throw new NotApplicable(
                    "no DmaException was met, not for " + (CHANNELS + 1) + " channels at a time either");
        }
    }
}
