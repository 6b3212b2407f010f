package dma.model.internal.dsa;

import java.lang.foreign.MemorySegment;
import linux.Memory;

/**
 * Does what a single descriptor says, on memory of this process, and holds the outcome until the next. The device's thread;
 * allocates nothing.
 *
 * <p>Bytes completed are told where a page fault ended a copy; of a copy that succeeded a driver has no need for them, and
 * finds 0 here.
 */
final class Operation {
    private static final long PAGE = 4096;

    private final Mappings mappings;
    private final Injector injector;
    private final LateWrites late;
    private final long faultNanos;

    private int status;
    private int result;
    private long completed;
    private long faultAddress;
    private int invalidFlags;
    private long waitedNanos;

    Operation(final Mappings mappings, final Injector injector, final LateWrites late, final long faultNanos) {
        this.mappings = mappings;
        this.injector = injector;
        this.late = late;
        this.faultNanos = faultNanos;
    }

    /** With {@link Status#WRITE} where that belongs to it. */
    int status() {
        return status;
    }

    /** The first 8 bytes of the completion record. */
    long firstWord() {
        return status | (long) result << 8 | completed << 32;
    }

    long faultAddress() {
        return faultAddress;
    }

    int invalidFlags() {
        return invalidFlags;
    }

    /** How long it waited for pages, nanoseconds. */
    long waitedNanos() {
        return waitedNanos;
    }

    /** How many bytes the descriptor at {@code at} moves, for the time that it takes. */
    static long moves(final long at) {
        final int opcode = Descriptor.opcode(at);
        return opcode == Opcode.NOOP || opcode == Opcode.DRAIN ? 0 : Descriptor.size(at);
    }

    /** Ends with {@code code} before anything is done. */
    void refuse(final int code, final int flags) {
        begin(code);
        invalidFlags = code == Status.INVALID_FLAGS ? flags : 0;
    }

    /** A batch that ended after {@code members}, some of them not well. */
    void endBatch(final int code, final long members, final long address) {
        begin(code);
        result = code == Status.BATCH_FAILURE ? 1 : 0;
        completed = members;
        faultAddress = address;
    }

    private void begin(final int code) {
        status = code;
        result = 0;
        completed = 0;
        faultAddress = 0;
        invalidFlags = 0;
        waitedNanos = 0;
    }

    /** Does what the descriptor at {@code at} says; it was checked, and is no batch. */
    void execute(final long at, final long now) {
        begin(Status.SUCCESS);
        final Injection error = injector.next(DsaFault.ERROR);
        if (error != null) {
            status = error.code();
            return;
        }
        switch (Descriptor.opcode(at)) {
            case Opcode.MEMMOVE -> move(at, now);
            case Opcode.MEMFILL -> fill(at);
            case Opcode.COMPARE -> compare(at);
            default -> {
                // NOOP and DRAIN touch no memory.
            }
        }
    }

    private void move(final long at, final long now) {
        final long source = Descriptor.source(at);
        final long destination = Descriptor.destination(at);
        final long size = Descriptor.size(at);
        final long readable = mappings.reach(source, size, false);
        final long writable = mappings.reach(destination, size, true);
        final boolean overlaps = Checks.overlap(source, destination, size);
        final boolean backward = overlaps && source < destination;
        if (Math.min(readable, writable) < size || overlaps && !isPresent(source, destination, size)) {
            moveUpTo(source, destination, overlaps ? 0 : Math.min(readable, writable), backward, at);
            return;
        }
        if (isInjected(at, source, destination, size, backward)) {
            return;
        }
        try {
            Memory.copy(source, destination, size);
            Memory.surfaceFault();
        } catch (InternalError e) {
            // A file is shorter than what was mapped of it.
            moveUpTo(source, destination, overlaps ? 0 : size, backward, at);
            return;
        }
        final Injection again = injector.next(DsaFault.LATE);
        if (again != null) {
            late.remember(destination, size, now, again.millis());
        }
    }

    /** Copies page by page what is there of {@code size} bytes, and tells of the first byte that is not. */
    private void moveUpTo(
            final long source, final long destination, final long size, final boolean backward, final long at) {
        long done = 0;
        try {
            while (done < size) {
                final long left = Math.min(untilPageEnd(source + done), untilPageEnd(destination + done));
                final long step = Math.min(left, size - done);
                Memory.copy(source + done, destination + done, step);
                Memory.surfaceFault();
                done += step;
            }
        } catch (InternalError e) {
            // The page at done is not there, on one side or the other.
        }
        if (done == Descriptor.size(at)) {
            return; // it came back in the meantime
        }
        final long readable = present(source + done, Descriptor.size(at) - done, false);
        fault(at, source, destination, done, readable, backward);
    }

    private static long untilPageEnd(final long address) {
        return PAGE - (address & PAGE - 1);
    }

    /**
     * A page is absent, and will stay so: the request for it, if there is one, is answered by no.
     *
     * @param readable bytes that the source has after those that are done
     */
    private void fault(
            final long at,
            final long source,
            final long destination,
            final long done,
            final long readable,
            final boolean backward) {
        final long left = Descriptor.size(at) - done;
        final boolean write =
                readable == left || readable > 0 && present(destination + done, readable, true) < readable;
        final long offset = write ? done + present(destination + done, left, true) : done + readable;
        final boolean waits = (Descriptor.flags(at) & Descriptor.BLOCK_ON_FAULT) != 0;
        status = (waits ? Status.INVALID_RESPONSE : Status.PAGE_FAULT) | (write ? Status.WRITE : 0);
        result = backward ? 1 : 0;
        completed = done;
        faultAddress = (write ? destination : source) + offset;
        waitedNanos = waits ? faultNanos : 0;
    }

    /** How many bytes are there before the first that is not; of files, looks at each page. */
    private long present(final long address, final long size, final boolean write) {
        final long mapped = mappings.reach(address, size, write);
        long done = 0;
        try {
            while (done < mapped) {
                Memory.getByte(address + done);
                Memory.surfaceFault();
                done += Math.min(untilPageEnd(address + done), mapped - done);
            }
        } catch (InternalError e) {
            // The page at done is beyond the end of its file.
        }
        return done;
    }

    private boolean isPresent(final long source, final long destination, final long size) {
        return present(source, size, false) == size && present(destination, size, true) == size;
    }

    /** A fault on purpose: whether the copy ended with it. */
    private boolean isInjected(
            final long at, final long source, final long destination, final long size, final boolean backward) {
        final long end = backward ? destination : destination + size;
        Injection injection = injector.nextPage(DsaFault.RESPONSE, end);
        int code = Status.INVALID_RESPONSE;
        if (injection == null) {
            injection = injector.nextPage(DsaFault.PAGE, end);
            code = Status.PAGE_FAULT;
        }
        if (injection == null) {
            return false;
        }
        if (code == Status.PAGE_FAULT && (Descriptor.flags(at) & Descriptor.BLOCK_ON_FAULT) != 0) {
            waitedNanos = faultNanos;
            return false; // the page comes, and the copy goes on
        }
        final long done = Math.min(injection.at(), size - 1);
        final long skipped = backward ? size - done : 0;
        try {
            Memory.copy(source + skipped, destination + skipped, done);
            Memory.surfaceFault();
        } catch (InternalError e) {
            moveUpTo(source, destination, backward ? 0 : size, backward, at);
            return true;
        }
        status = code | (injection.write() ? Status.WRITE : 0);
        result = backward ? 1 : 0;
        completed = done;
        faultAddress = (injection.write() ? destination : source) + (backward ? skipped - 1 : done);
        return true;
    }

    private void fill(final long at) {
        final long pattern = Descriptor.source(at);
        final long destination = Descriptor.destination(at);
        final long size = Descriptor.size(at);
        final long writable = present(destination, size, true);
        long done = 0;
        for (; done + Long.BYTES <= writable; done += Long.BYTES) {
            Memory.putLong(destination + done, pattern);
        }
        for (; done < writable; done++) {
            Memory.putByte(destination + done, (byte) (pattern >>> (done & 7) * Byte.SIZE));
        }
        if (done < size) {
            fault(at, 0, destination, done, size - done, false);
        }
    }

    private void compare(final long at) {
        final long one = Descriptor.source(at);
        final long other = Descriptor.destination(at);
        final long size = Descriptor.size(at);
        final long first = present(one, size, false);
        final long second = present(other, size, false);
        final long both = Math.min(first, second);
        final long differs = MemorySegment.mismatch(Memory.ALL, one, one + both, Memory.ALL, other, other + both);
        if (differs < 0 && both < size) {
            status = Status.PAGE_FAULT;
            completed = both;
            faultAddress = (first <= second ? one : other) + both;
            return;
        }
        result = differs < 0 ? 0 : 1;
        completed = Math.max(differs, 0);
        final boolean checked = (Descriptor.flags(at) & Descriptor.CHECK_RESULT) != 0;
        status = checked && result != Descriptor.expected(at) ? Status.SUCCESS_PREDICATE : Status.SUCCESS;
    }
}
