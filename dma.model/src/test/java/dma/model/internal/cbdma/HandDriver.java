package dma.model.internal.cbdma;

import static org.assertj.core.api.Assertions.assertThat;

import dma.cbdma.device.RegisterSpace;
import dma.cbdma.device.VfioContainer;
import dma.cbdma.device.VfioDevice;
import dma.cbdma.device.VfioGroup;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import linux.Linux;
import linux.LinuxException;
import linux.Memory;

/**
 * The least of a driver, by hand: one function, and memory mapped in its container at I/O addresses that are not its virtual
 * ones. Offsets below are into that memory.
 */
final class HandDriver implements AutoCloseable {
    static final long SIZE = 4 * 1024 * 1024;
    static final long IOVA = 0x10_0000_0000L;

    /** Where things are: the ring, the completion word, sources, destinations. */
    static final long RING = 0;

    static final int SLOTS = 64;
    static final long WORD = 0x8000;
    static final long SOURCE = 0x10_0000;
    static final long DESTINATION = 0x20_0000;

    static final int CHANCTRL = 0x80;
    static final int CHANCMD = 0x84;
    static final int DMACOUNT = 0x86;
    static final int CHANSTS = 0x88;
    static final int CHAINADDR = 0x90;
    static final int CHANCMP = 0x98;
    static final int CHANERR = 0xA8;
    static final int RESET = 0x20;
    static final int SUSPEND = 4;
    static final int RESUME = 0x10;
    static final int ABORT = 8;

    static final int UPDATE = 8;

    final CbdmaModel model;
    final VfioContainer container;
    final VfioGroup group;
    final VfioDevice device;
    final RegisterSpace registers;
    final long memory;

    HandDriver(final CbdmaModel model) throws LinuxException {
        this(model, 0);
    }

    /** Opens the {@code index}-th function of the default settings, up to bus mastering. */
    HandDriver(final CbdmaModel model, final int index) throws LinuxException {
        this.model = model;
        memory = Linux.mmap(SIZE, Linux.PROT_READ | Linux.PROT_WRITE, Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS, -1, 0);
        container = model.openContainer();
        group = model.openGroup(String.valueOf(16 + index));
        group.setContainer(container);
        container.setIommu(VfioContainer.TYPE1_V2);
        container.mapDma(memory, IOVA, SIZE, VfioContainer.READ | VfioContainer.WRITE);
        device = group.device("0000:00:04." + index);
        device.writeConfig16(4, 2);
        device.writeConfig16(4, 6);
        registers = device.registers();
        link();
    }

    private void link() {
        for (int i = 0; i < SLOTS; i++) {
            Memory.putLong(slot(i) + 0x18, slotIova(i + 1));
        }
    }

    long slot(final int index) {
        return memory + RING + index % SLOTS * 64L;
    }

    static long slotIova(final int index) {
        return IOVA + RING + index % SLOTS * 64L;
    }

    /** Resets the channel and arms it at the beginning of the ring. */
    void arm() {
        arm(slotIova(0));
    }

    void arm(final long chain) {
        clearErrors();
        registers.write8(CHANCMD, RESET);
        until(() -> (registers.read8(CHANCMD) & RESET) == 0);
        configure();
        registers.write64(CHAINADDR, chain);
    }

    void configure() {
        registers.write16(CHANCTRL, 0x0C);
        registers.write64(CHANCMP, IOVA + WORD);
    }

    void clearErrors() {
        registers.write32(CHANERR, registers.read32(CHANERR));
    }

    void descriptor(final int index, final int control, final long size, final long from, final long to) {
        Memory.putInt(slot(index), (int) size);
        Memory.putInt(slot(index) + 4, control);
        Memory.putLong(slot(index) + 8, from);
        Memory.putLong(slot(index) + 16, to);
    }

    /** A copy of {@code size} bytes of SOURCE to DESTINATION, both {@code offset} bytes in. */
    void copy(final int index, final long offset, final long size) {
        descriptor(index, UPDATE, size, IOVA + SOURCE + offset, IOVA + DESTINATION + offset);
    }

    void doorbell(final int count) {
        registers.write16(DMACOUNT, count);
    }

    int state() {
        return (int) registers.read64(CHANSTS) & 7;
    }

    int errors() {
        return registers.read32(CHANERR);
    }

    long word() {
        return Memory.getLongAcquire(memory + WORD);
    }

    void awaitState(final int state) {
        until(() -> state() == state);
    }

    /** Until the word tells of that descriptor. */
    void awaitWord(final int index) {
        until(() -> (word() & ~63) == slotIova(index));
    }

    /** Different bytes everywhere in SOURCE, none of them those of DESTINATION. */
    void pattern() {
        for (long at = 0; at < DESTINATION - SOURCE; at++) {
            Memory.putByte(memory + SOURCE + at, expected(at));
        }
        Memory.fill(memory + DESTINATION, DESTINATION - SOURCE, (byte) 0);
    }

    static byte expected(final long offset) {
        return (byte) (1 + (offset * 31 + (offset >> 8)) % 255);
    }

    byte destination(final long offset) {
        return Memory.getByte(memory + DESTINATION + offset);
    }

    void assertCopied(final long offset, final long size) {
        assertThat(Memory.segment(memory + DESTINATION + offset, size)
                        .mismatch(Memory.segment(memory + SOURCE + offset, size)))
                .isEqualTo(-1);
    }

    void assertUntouched(final long offset, final long size) {
        for (long at = offset; at < offset + size; at++) {
            assertThat(destination(at)).isZero();
        }
    }

    /** Polls; a test that waits for what never comes fails. */
    static void until(final BooleanSupplier condition) {
        final long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - deadline).as("waited too long").isNegative();
            Thread.yield();
        }
    }

    @Override
    public void close() throws LinuxException {
        device.close();
        group.close();
        container.close();
        Linux.munmap(memory, SIZE);
    }
}
