package dma.model.internal.dsa;

import dma.model.internal.timing.Draw;
import java.util.Arrays;
import linux.Memory;

/**
 * Outcomes that wait for their time, and completion records ({@code struct dsa_completion_record} of {@code linux/idxd.h}).
 * The device's thread; allocates nothing.
 *
 * <pre>
 *  0        1        2   4                 8               16              20             32
 *  | status | result | 0 | bytes completed | fault address | invalid flags | 0            |
 * </pre>
 *
 * <p>With modelled time they leave in its order. Without, a device of one engine ends each at once, one of several keeps as
 * many as it has engines, and ends one that is drawn: so what came later ends earlier, as with the hardware.
 *
 * <p>A record is written from its end to its beginning; its first 4 bytes, with the status, are released last.
 */
final class Records {
    private final Mappings mappings;
    private final SoftwareError softwareError;
    private final Draw draw;
    private final boolean timed;
    private final int window;

    private final long[] due;
    private final long[] order;
    private final ModelQueue[] queues;
    private final long[] addresses;
    private final long[] words;
    private final long[] faults;
    private final int[] flags;
    private final int[] opcodes;
    private final boolean[] members;

    /** Which of them wait: a heap by time if timed, else in any order. */
    private final int[] waiting;

    private final int[] free;
    private int count;
    private long sequence;

    /**
     * @param capacity how many can wait
     * @param window how many engines there are
     */
    Records(
            final Mappings mappings,
            final SoftwareError softwareError,
            final Draw draw,
            final boolean timed,
            final int window,
            final int capacity) {
        this.mappings = mappings;
        this.softwareError = softwareError;
        this.draw = draw;
        this.timed = timed;
        this.window = window;
        due = new long[capacity];
        order = new long[capacity];
        queues = new ModelQueue[capacity];
        addresses = new long[capacity];
        words = new long[capacity];
        faults = new long[capacity];
        flags = new int[capacity];
        opcodes = new int[capacity];
        members = new boolean[capacity];
        waiting = new int[capacity];
        free = new int[capacity];
        Arrays.setAll(free, i -> i);
    }

    /** How many more can wait. */
    int room() {
        return free.length - count;
    }

    /** Nanoseconds until the next leaves; {@link Long#MAX_VALUE} where none waits. */
    long waits(final long now) {
        if (count == 0) {
            return Long.MAX_VALUE;
        }
        return timed ? Math.max(0, due[waiting[0]] - now) : 0;
    }

    /**
     * The descriptor at {@code at} ends at {@code time} as {@code operation} says; there is room.
     *
     * @param member whether it is one of a batch, and occupies no place in the queue
     */
    void add(final long time, final ModelQueue queue, final long at, final Operation operation, final boolean member) {
        if (!timed && window <= 1) {
            write(
                    queue,
                    address(at, operation.status()),
                    operation.firstWord(),
                    operation.faultAddress(),
                    operation.invalidFlags(),
                    Descriptor.opcode(at),
                    member);
            return;
        }
        if (!timed && count == window) {
            leave(draw.below(count));
        }
        final int slot = free[count];
        due[slot] = time;
        order[slot] = sequence++;
        queues[slot] = queue;
        addresses[slot] = address(at, operation.status());
        words[slot] = operation.firstWord();
        faults[slot] = operation.faultAddress();
        flags[slot] = operation.invalidFlags();
        opcodes[slot] = Descriptor.opcode(at);
        members[slot] = member;
        waiting[count++] = slot;
        if (timed) {
            rise(count - 1);
        }
    }

    /** Where the record goes: an address, 0 where none is asked for, -1 where there is none though it failed. */
    private static long address(final long at, final int status) {
        final int flags = Descriptor.flags(at);
        if ((flags & Descriptor.COMPLETION_VALID) == 0) {
            return status == Status.SUCCESS ? 0 : -1;
        }
        if (Descriptor.completion(at) % 32 != 0) {
            return -1;
        }
        return status == Status.SUCCESS && (flags & Descriptor.REQUEST_COMPLETION) == 0 ? 0 : Descriptor.completion(at);
    }

    /** Ends what is due. Whether there was any. */
    boolean publish(final long now) {
        if (count == 0) {
            return false;
        }
        if (!timed) {
            flush();
            return true;
        }
        boolean any = false;
        while (count > 0 && due[waiting[0]] - now <= 0) {
            leave(0);
            any = true;
        }
        return any;
    }

    /** Without modelled time: ends all of them, in an order that is drawn. */
    void flush() {
        while (!timed && count > 0) {
            leave(draw.below(count));
        }
    }

    /** Forgets all of them: the device has halted. */
    void forget() {
        while (count > 0) {
            final int slot = remove(0);
            if (!members[slot]) {
                queues[slot].ended();
            }
        }
    }

    private void leave(final int index) {
        final int slot = remove(index);
        write(queues[slot], addresses[slot], words[slot], faults[slot], flags[slot], opcodes[slot], members[slot]);
    }

    private void write(
            final ModelQueue queue,
            final long address,
            final long word,
            final long fault,
            final int invalid,
            final int opcode,
            final boolean member) {
        if (!member) {
            queue.ended();
        }
        if (address == 0) {
            return;
        }
        final int number = queue.settings().number();
        if (address == -1) {
            softwareError.unreported((int) word & 0x7f, number, opcode, fault, member);
            return;
        }
        if (!mappings.reaches(address, 32, true)) {
            softwareError.unreported(Status.COMPLETION_TRANSLATION, number, opcode, address, member);
            return;
        }
        try {
            Memory.putLong(address + 24, 0);
            Memory.putLong(address + 16, invalid);
            Memory.putLong(address + 8, fault);
            Memory.putInt(address + 4, (int) (word >>> 32));
            Memory.putIntRelease(address, (int) word);
            Memory.surfaceFault();
        } catch (InternalError e) {
            softwareError.unreported(Status.COMPLETION_TRANSLATION, number, opcode, address, member);
        }
    }

    private int remove(final int index) {
        final int slot = waiting[index];
        count--;
        waiting[index] = waiting[count];
        free[count] = slot;
        if (timed) {
            sink(index);
        }
        return slot;
    }

    private boolean before(final int one, final int other) {
        final long difference = due[one] - due[other];
        return difference < 0 || difference == 0 && order[one] < order[other];
    }

    private void rise(final int from) {
        int at = from;
        while (at > 0 && before(waiting[at], waiting[at - 1 >> 1])) {
            swap(at, at - 1 >> 1);
            at = at - 1 >> 1;
        }
    }

    /** From the root only, as nothing else is removed in modelled time. */
    private void sink(final int from) {
        int at = from;
        while (true) {
            int least = 2 * at + 1;
            if (least >= count) {
                return;
            }
            if (least + 1 < count && before(waiting[least + 1], waiting[least])) {
                least++;
            }
            if (!before(waiting[least], waiting[at])) {
                return;
            }
            swap(at, least);
            at = least;
        }
    }

    private void swap(final int one, final int other) {
        final int slot = waiting[one];
        waiting[one] = waiting[other];
        waiting[other] = slot;
    }
}
