package dma.model.internal.dsa;

/**
 * What a device looks at before it does anything, for the descriptors of one queue. The specification does not order the
 * checks; this is ours: opcode, flags, reserved fields, privilege, size or count, overlap, alignment of a list, interrupt.
 * A misaligned completion record is told apart by the caller, as it cannot be written.
 */
final class Checks {
    private final DeviceSettings device;
    private final WorkQueueSettings queue;
    private final long operations;
    private final long maxTransfer;
    private final int maxBatch;
    private final boolean fenceAlone;
    private int invalidFlags;

    Checks(final DsaSettings settings, final WorkQueueSettings queue) {
        this.device = settings.device(queue.device());
        this.queue = queue;
        this.operations = settings.operations(queue);
        this.maxTransfer = Math.min(device.maxTransfer(), queue.maxTransfer());
        this.maxBatch = Math.min(device.maxBatch(), queue.maxBatch());
        this.fenceAlone = settings.fenceAlone();
    }

    /** After {@link Status#INVALID_FLAGS}: which ones. */
    int invalidFlags() {
        return invalidFlags;
    }

    /** {@link Status#NONE}, or what is wrong with the descriptor at {@code at}. */
    int check(final long at, final boolean inBatch) {
        final int opcode = Descriptor.opcode(at);
        // A batch in a batch: the kernel's header does not say which code; this is the one for what may not be there.
        if (opcode >= Long.SIZE || (operations >>> opcode & 1) == 0 || inBatch && opcode == Opcode.BATCH) {
            return Status.UNSUPPORTED_OPCODE;
        }
        final int flags = Descriptor.flags(at);
        invalidFlags = flags & ~allowed(opcode, inBatch);
        if ((flags & Descriptor.REQUEST_COMPLETION) != 0 && (flags & Descriptor.COMPLETION_VALID) == 0) {
            invalidFlags |= Descriptor.REQUEST_COMPLETION;
        }
        if (invalidFlags != 0) {
            return Status.INVALID_FLAGS;
        }
        if (hasReserved(at, opcode, flags)) {
            return Status.RESERVED_FIELD;
        }
        if (Descriptor.first(at) < 0) {
            return Status.PRIVILEGE;
        }
        final int wrong = opcode == Opcode.BATCH ? checkBatch(at) : checkTransfer(at, opcode);
        // No interrupt handle is ever given to user space here.
        return wrong == Status.NONE && (flags & Descriptor.REQUEST_INTERRUPT) != 0 ? Status.INTERRUPT_HANDLE : wrong;
    }

    private int allowed(final int opcode, final boolean inBatch) {
        int allowed = Descriptor.COMMON;
        if (!queue.blockOnFault() || opcode == Opcode.DRAIN) {
            allowed &= ~Descriptor.BLOCK_ON_FAULT;
        }
        if (!inBatch && !fenceAlone) {
            allowed &= ~Descriptor.FENCE;
        }
        final boolean writes = opcode == Opcode.MEMMOVE || opcode == Opcode.MEMFILL;
        if (writes && device.has(DeviceSettings.CACHE_CONTROL)) {
            allowed |= Descriptor.CACHE_CONTROL;
        }
        if (writes && device.has(DeviceSettings.READBACK)) {
            allowed |= Descriptor.READBACK;
        }
        return opcode == Opcode.COMPARE ? allowed | Descriptor.CHECK_RESULT : allowed;
    }

    private static boolean hasReserved(final long at, final int opcode, final int flags) {
        if ((Descriptor.first(at) & 0x7ff00000) != 0
                || Descriptor.reserved(at) != 0
                || Descriptor.specific(at, opcode == Opcode.COMPARE) != 0
                || (flags & Descriptor.REQUEST_INTERRUPT) == 0 && Descriptor.interrupt(at) != 0) {
            return true;
        }
        return switch (opcode) {
            case Opcode.NOOP, Opcode.DRAIN ->
                (Descriptor.source(at) | Descriptor.destination(at) | Descriptor.size(at)) != 0;
            case Opcode.BATCH -> Descriptor.destination(at) != 0;
            default -> false;
        };
    }

    private int checkBatch(final long at) {
        final long count = Descriptor.size(at);
        if (count < 2 || count > maxBatch) {
            return Status.DESCRIPTOR_COUNT;
        }
        return Descriptor.source(at) % Descriptor.BYTES == 0 ? Status.NONE : Status.LIST_MISALIGNED;
    }

    private int checkTransfer(final long at, final int opcode) {
        if (opcode == Opcode.NOOP || opcode == Opcode.DRAIN) {
            return Status.NONE;
        }
        final long size = Descriptor.size(at);
        if (size == 0 || size > maxTransfer) {
            return Status.TRANSFER_SIZE;
        }
        final boolean overlaps =
                opcode == Opcode.MEMMOVE && overlap(Descriptor.source(at), Descriptor.destination(at), size);
        return overlaps && !device.has(DeviceSettings.OVERLAP) ? Status.OVERLAP : Status.NONE;
    }

    static boolean overlap(final long source, final long destination, final long size) {
        return Math.abs(source - destination) < size;
    }
}
