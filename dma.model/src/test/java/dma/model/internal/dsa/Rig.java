package dma.model.internal.dsa;

import static org.assertj.core.api.Assertions.assertThat;

import dma.dsa.device.Portal;
import dma.dsa.device.WorkQueueFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.BooleanSupplier;
import linux.LinuxException;
import linux.Memory;

/** A model, one of its queues, and memory with descriptors, records and data, as a driver would have them. */
final class Rig implements AutoCloseable {
    static final int NOOP = 0x0000000C;
    static final int BATCH = 0x0100000C;
    static final int DRAIN = 0x0200000C;
    static final int MOVE = 0x0300000C;
    static final int FILL = 0x0400000C;
    static final int COMPARE = 0x0500000C;

    /** MEMMOVE in a batch that asks for no record where it succeeds. */
    static final int QUIET_MOVE = 0x03000004;

    static final int FENCE = 1;
    static final int SLOTS = 256;
    static final int DATA = 1 << 20;
    private static final long DEADLINE_NANOS = 20_000_000_000L;

    final Arena arena = Arena.ofShared();
    final MemorySegment from = arena.allocate(DATA, 4096);
    final MemorySegment to = arena.allocate(DATA, 4096);
    final long descriptors = arena.allocate((long) SLOTS * 64, 64).address();
    final long records = arena.allocate((long) SLOTS * 32, 64).address();
    final DsaModel model;
    final WorkQueueFile file;
    final ModelQueue queue;

    Rig(final DsaSettings settings, final String workQueue) throws LinuxException {
        for (int i = 0; i < DATA; i++) {
            Memory.putByte(from.address() + i, content(i));
        }
        model = DsaModel.start(settings);
        file = model.open(workQueue);
        queue = model.find(workQueue);
    }

    /** A device with such a queue, wq0.0, and one engine. */
    static Rig of(final String queue) throws LinuxException {
        return new Rig(settings("", queue), "wq0.0");
    }

    /** A device, more about it, and such a queue, wq0.0; one engine if nothing else is said. */
    static DsaSettings settings(final String device, final String queue) {
        final String engines = device.contains("engines") ? "" : " engines=1";
        return DsaSettings.of(
                List.of("dsa0 safe=true" + engines + " " + device), List.of("wq0.0 batch=64 size=64 " + queue));
    }

    static byte content(final long index) {
        return (byte) (index * 31 + (index >>> 8) + 1);
    }

    long source(final long at) {
        return from.address() + at;
    }

    long destination(final long at) {
        return to.address() + at;
    }

    long descriptor(final int slot) {
        return descriptors + slot * 64L;
    }

    long record(final int slot) {
        return records + slot * 32L;
    }

    /** Writes a descriptor, and clears its record. */
    long put(final int slot, final int operation, final long source, final long destination, final long size) {
        final long at = descriptor(slot);
        Memory.fill(at, 64, (byte) 0);
        Memory.putInt(at + 4, operation);
        Memory.putLong(at + 8, record(slot));
        Memory.putLong(at + 16, source);
        Memory.putLong(at + 24, destination);
        Memory.putInt(at + 32, (int) size);
        clear(slot);
        return at;
    }

    /** A copy of so many bytes, from a place to the same place. */
    long move(final int slot, final long place, final long size) {
        return put(slot, MOVE, source(place), destination(place), size);
    }

    void clear(final int slot) {
        Memory.fill(record(slot), 32, (byte) 0);
    }

    /** By write(2), which works with each queue here. */
    void submit(final int slot) {
        assertThat(file.write(descriptor(slot), 64)).isEqualTo(64);
    }

    Portal portal() throws LinuxException {
        return file.map();
    }

    int status(final int slot) {
        return Memory.getIntAcquire(record(slot)) & 0xff;
    }

    int result(final int slot) {
        return Memory.getByte(record(slot) + 1);
    }

    int completed(final int slot) {
        return Memory.getInt(record(slot) + 4);
    }

    long faultAddress(final int slot) {
        return Memory.getLong(record(slot) + 8);
    }

    int invalidFlags(final int slot) {
        return Memory.getInt(record(slot) + 16);
    }

    /** Waits for the record; what it says. */
    int await(final int slot) {
        await(() -> status(slot) != 0);
        return status(slot);
    }

    /** Submits, and waits for the record. */
    int run(final int slot) {
        submit(slot);
        return await(slot);
    }

    static void await(final BooleanSupplier condition) {
        final long deadline = System.nanoTime() + DEADLINE_NANOS;
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("20 seconds have passed").isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    /** Whether so many bytes were copied to a place, and the byte after them was not. */
    void assertCopied(final long place, final long size) {
        for (long i = 0; i < size; i++) {
            assertThat(Memory.getByte(destination(place + i))).isEqualTo(content(place + i));
        }
        assertThat(Memory.getByte(destination(place + size))).isZero();
    }

    @Override
    public void close() {
        model.close();
        file.close();
        arena.close();
    }
}
