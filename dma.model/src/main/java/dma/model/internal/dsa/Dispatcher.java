package dma.model.internal.dsa;

import dma.model.internal.timing.Draw;
import java.lang.foreign.Arena;
import linux.Memory;

/**
 * What the engines of a device do with a descriptor: check it, fetch the members if it is a batch, do it, and say when its
 * record is due. The device's thread; allocates nothing.
 *
 * <p>Data moves when a descriptor begins, and its record comes at the modelled time: so data may be there well before it is
 * reported, as with the hardware. The members of a batch are fetched when it begins, which may be long after it was
 * submitted, each read once; so a record may overlay the descriptor that asks for it. Members do not wait for each other
 * but at a fence.
 */
final class Dispatcher {
    private final Mappings mappings;
    private final Injector injector;
    private final Operation operation;
    private final Records records;
    private final EngineClock clock;
    private final boolean timed;

    /** The member that was fetched last. */
    private final long member;

    Dispatcher(
            final DsaSettings settings,
            final DeviceSettings device,
            final Mappings mappings,
            final Injector injector,
            final LateWrites late,
            final Records records,
            final Arena arena) {
        this.mappings = mappings;
        this.injector = injector;
        this.records = records;
        this.timed = settings.timing().published();
        this.operation = new Operation(
                mappings, injector, late, timed ? settings.timing().fault() : 0);
        this.clock = new EngineClock(
                settings.timing(), device.engines(), new Draw(settings.seed() + device.number()), System.nanoTime());
        this.member = arena.allocate(Descriptor.BYTES, Descriptor.BYTES).address();
    }

    /** Ends the descriptor at {@code at} with an error, as nothing else can be done. */
    void fail(final ModelQueue queue, final long at, final long now) {
        operation.refuse(Status.HARDWARE_ERROR, 0);
        records.add(now, queue, at, operation, false);
    }

    /** Begins the descriptor at {@code at}, and does it. */
    void dispatch(final ModelQueue queue, final Checks checks, final long at, final long now) {
        final int group = queue.settings().group();
        final int engine = timed ? clock.pick(group, now) : 0;
        if (isRefused(checks, at, false)) {
            records.add(due(group, engine, now, 0, 0), queue, at, operation, false);
        } else if (Descriptor.opcode(at) == Opcode.BATCH) {
            batch(queue, checks, at, engine, now);
        } else {
            final boolean drains = Descriptor.opcode(at) == Opcode.DRAIN;
            if (drains) {
                records.flush();
            }
            execute(queue, at, now);
            final long time = due(group, engine, now, Operation.moves(at), Descriptor.destination(at));
            records.add((drains ? queue.lastDue(time) : time) + operation.waitedNanos(), queue, at, operation, false);
            queue.note(time);
        }
    }

    private void execute(final ModelQueue queue, final long at, final long now) {
        if (Descriptor.opcode(at) == Opcode.MEMMOVE) {
            queue.wrote(Descriptor.destination(at));
        }
        operation.execute(at, now);
    }

    private boolean isRefused(final Checks checks, final long at, final boolean inBatch) {
        final boolean valid = (Descriptor.flags(at) & Descriptor.COMPLETION_VALID) != 0;
        int wrong = Status.NONE;
        if (valid && Descriptor.completion(at) % 32 != 0) {
            wrong = Status.COMPLETION_MISALIGNED;
        } else {
            wrong = checks.check(at, inBatch);
        }
        if (wrong != Status.NONE) {
            operation.refuse(wrong, checks.invalidFlags());
        }
        return wrong != Status.NONE;
    }

    private long due(final int group, final int engine, final long earliest, final long bytes, final long destination) {
        return timed ? clock.run(group, engine, earliest, bytes, destination) : earliest;
    }

    /** One engine does all members of a batch, one after another as far as their data moves. */
    private void batch(final ModelQueue queue, final Checks checks, final long at, final int engine, final long now) {
        final int group = queue.settings().group();
        final long list = Descriptor.source(at);
        final long count = Descriptor.size(at);
        final Injection unreadable = injector.next(DsaFault.LIST);
        final long readable = unreadable == null ? count : Math.min(unreadable.at(), count - 1);
        long earliest = now;
        long last = now;
        boolean failed = false;
        long done = 0;
        int code = Status.NONE;
        for (; done < count; done++) {
            if (done >= readable || !fetch(list + done * Descriptor.BYTES)) {
                code = Status.BATCH_PAGE_FAULT;
                break;
            }
            if ((Descriptor.flags(member) & Descriptor.FENCE) != 0) {
                if (failed) {
                    break;
                }
                earliest = last;
                records.flush();
            }
            if (!isRefused(checks, member, true)) {
                execute(queue, member, now);
            }
            final long time = due(group, engine, earliest, Operation.moves(member), Descriptor.destination(member))
                    + operation.waitedNanos();
            last = Math.max(last, time);
            failed |= operation.status() != Status.SUCCESS;
            records.add(time, queue, member, operation, true);
        }
        if (code == Status.NONE) {
            code = failed ? Status.BATCH_FAILURE : Status.SUCCESS;
        }
        records.flush();
        operation.endBatch(code, done, code == Status.BATCH_PAGE_FAULT ? list + done * Descriptor.BYTES : 0);
        final long time = done == 0 ? due(group, engine, now, 0, 0) : last;
        records.add(time, queue, at, operation, false);
        queue.note(time);
    }

    private boolean fetch(final long from) {
        if (!mappings.reaches(from, Descriptor.BYTES, false)) {
            return false;
        }
        try {
            Memory.copy(from, member, Descriptor.BYTES);
            Memory.surfaceFault();
            return true;
        } catch (InternalError e) {
            return false; // the list is in a file that was truncated
        }
    }
}
