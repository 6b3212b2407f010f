package dma.dsa.internal.testing;

import dma.dsa.device.Portal;
import dma.dsa.device.WorkQueueFile;
import dma.dsa.internal.wire.CompletionRecord;
import dma.dsa.internal.wire.Descriptor;
import dma.dsa.internal.wire.Flag;
import dma.dsa.internal.wire.Opcode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import linux.LinuxException;
import linux.Memory;

/**
 * A work queue that does what a test tells it: it holds what was submitted until {@link #complete}, or makes it at once. Calls
 * come from one thread at a time.
 */
public final class FakeQueue implements WorkQueueFile, Portal {
    /** How a copy ends: the status byte, after how many bytes, and whether it was made from the end. */
    public record Fault(int status, long bytes, boolean backward) {}

    /** A descriptor as it was when it was submitted. */
    private record Submitted(int opcode, int flags, long record, long source, long destination, long length) {
        static Submitted read(final long at) {
            final int word = Memory.getInt(at + Descriptor.FLAGS_AND_OPCODE);
            return new Submitted(
                    word >>> 24,
                    word & 0xffffff,
                    Memory.getLong(at + Descriptor.COMPLETION_ADDRESS),
                    Descriptor.source(at),
                    Descriptor.destination(at),
                    Descriptor.length(at));
        }
    }

    /** What the next calls of {@code write} return instead of taking all; 64 × n takes n. */
    public final Deque<Long> writeResults = new ArrayDeque<>();

    /** How many of the next ENQCMDs want a retry. */
    public int retries;

    /** What {@code map} fails with; 0: nothing. */
    public int mapErrno;

    /** Whether copies are made when they are submitted. */
    public boolean instant = true;

    /** Whether NOOPs are ignored as well, where copies are not instant. */
    public boolean hanging;

    /** Whether copies are made at once, all of them well, without an object: for tests that measure garbage. */
    public boolean silent;

    public int opened;
    public int closed;
    public int writes;
    public int batches;
    public int copies;

    /** The most that it held at once. */
    public int most;

    /** Flags of copies and batches, of all that were submitted, joined. */
    public int flags;

    /** Where the copies that were made write to, in their order. */
    public final List<Long> destinations = new ArrayList<>();

    private final List<Submitted> held = new ArrayList<>();
    private final Map<Long, Deque<Fault>> faults = new HashMap<>();

    /** The status of the next batch head, with how many descriptors it says were dealt with; null: as its members end. */
    public Fault batchFault;

    /** The next copy that reads from {@code source} ends like this; called again, the one after. */
    public void fault(final long source, final int status, final long bytes, final boolean backward) {
        faults.computeIfAbsent(source, each -> new ArrayDeque<>()).add(new Fault(status, bytes, backward));
    }

    /** Submissions that are held. */
    public int held() {
        return held.size();
    }

    /** Makes the {@code index}-th of those that are held. */
    public void complete(final int index) {
        execute(held.remove(index));
    }

    /** Makes all, the last one first. */
    public void completeBackwards() {
        while (!held.isEmpty()) {
            complete(held.size() - 1);
        }
    }

    @Override
    public long write(final long address, final long length) {
        writes++;
        final Long result = writeResults.poll();
        if (result != null && result < 0) {
            return result;
        }
        final long taken = result == null ? length / Descriptor.SIZE : Math.min(result, length) / Descriptor.SIZE;
        for (long i = 0; i < taken; i++) {
            take(address + i * Descriptor.SIZE);
        }
        return taken * Descriptor.SIZE;
    }

    @Override
    public void movdir64b(final long descriptor) {
        take(descriptor);
    }

    @Override
    public boolean enqcmd(final long descriptor) {
        if (retries > 0) {
            retries--;
            return false;
        }
        take(descriptor);
        return true;
    }

    @Override
    public Portal map() throws LinuxException {
        if (mapErrno != 0) {
            throw LinuxException.of("mmap", mapErrno);
        }
        return this;
    }

    /** Of the portal, and of the file. */
    @Override
    public void close() {
        closed++;
    }

    private void take(final long at) {
        if (silent) {
            executeSilently(at);
            return;
        }
        final Submitted descriptor = Submitted.read(at);
        flags |= descriptor.flags();
        if (descriptor.opcode() == Opcode.NOOP.code() && !hanging) {
            finish(descriptor, new Fault(1, 0, false));
        } else if (instant && !hanging) {
            execute(descriptor);
        } else {
            held.add(descriptor);
            most = Math.max(most, held.size());
        }
    }

    private static void executeSilently(final long at) {
        final int word = Memory.getInt(at + Descriptor.FLAGS_AND_OPCODE);
        if (word >>> 24 == Opcode.BATCH.code()) {
            for (long i = 0; i < Descriptor.length(at); i++) {
                executeSilently(Descriptor.source(at) + i * Descriptor.SIZE);
            }
        } else {
            Memory.copy(Descriptor.source(at), Descriptor.destination(at), Descriptor.length(at));
        }
        if ((word & Flag.REQUEST_RECORD) != 0) {
            Memory.putByteRelease(Memory.getLong(at + Descriptor.COMPLETION_ADDRESS), (byte) 1);
        }
    }

    private void execute(final Submitted descriptor) {
        if (descriptor.opcode() == Opcode.BATCH.code()) {
            batches++;
            executeBatch(descriptor);
        } else {
            copy(descriptor);
        }
    }

    private void executeBatch(final Submitted head) {
        if (batchFault != null) {
            final Fault fault = batchFault;
            batchFault = null;
            for (long i = 0; i < fault.bytes(); i++) {
                copy(Submitted.read(head.source() + i * Descriptor.SIZE));
            }
            finish(head, fault);
            return;
        }
        boolean good = true;
        for (long i = 0; i < head.length(); i++) {
            good &= copy(Submitted.read(head.source() + i * Descriptor.SIZE));
        }
        finish(head, new Fault(good ? 1 : 5, head.length(), !good));
    }

    private boolean copy(final Submitted copy) {
        copies++;
        destinations.add(copy.destination());
        final Deque<Fault> planned = faults.get(copy.source());
        final Fault fault = planned == null || planned.isEmpty() ? new Fault(1, copy.length(), false) : planned.poll();
        final long skipped = fault.backward() ? copy.length() - fault.bytes() : 0;
        Memory.copy(copy.source() + skipped, copy.destination() + skipped, fault.bytes());
        finish(copy, fault);
        return fault.status() == 1;
    }

    /** The record last, and of it the status. */
    private static void finish(final Submitted descriptor, final Fault fault) {
        if (fault.status() == 1 && (descriptor.flags() & Flag.REQUEST_RECORD) == 0) {
            return;
        }
        if (Memory.getLong(descriptor.record()) != 0) {
            throw new AssertionError("the record was not cleared");
        }
        Memory.putInt(descriptor.record() + CompletionRecord.BYTES_COMPLETED, (int) fault.bytes());
        Memory.putByte(descriptor.record() + CompletionRecord.RESULT, (byte) (fault.backward() ? 1 : 0));
        Memory.putByteRelease(descriptor.record() + CompletionRecord.STATUS, (byte) fault.status());
    }
}
