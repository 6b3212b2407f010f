package dma.model.internal.cbdma;

import static org.assertj.core.api.Assertions.assertThat;

import dma.api.Completions;
import dma.api.CopyBatch;
import dma.api.CopyStatus;
import dma.api.DmaException;
import dma.api.DmaOps;
import dma.api.MemoryRegion;
import java.lang.foreign.Arena;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.SplittableRandom;
import linux.Linux;
import linux.LinuxException;
import linux.Memory;

/**
 * Copies through a channel as the core makes them: checked byte for byte when they are reported, in the order in which they were
 * accepted; those that failed are made again by the processor. One thread.
 */
final class Traffic implements AutoCloseable {
    private static final int SLOTS = 256;
    private static final int SLOT = 16 * 1024;
    private static final int GUARD = 64;
    private static final byte EMPTY = (byte) 0xEE;
    private static final long SIZE = (long) SLOTS * SLOT;

    private record Copy(int slot, long source, long destination, int length) {}

    private final Arena arena = Arena.ofConfined();
    private final CopyBatch batch = new CopyBatch(arena, 32);
    private final Completions completions = new Completions(48);
    private final Queue<Copy> offered = new ArrayDeque<>();
    private final Queue<Copy> inFlight = new ArrayDeque<>();
    private final SplittableRandom random;
    private final DmaOps channel;
    private final long source;
    private final long destination;
    private final int longest;
    private int nextSlot;
    private int used;
    private long accepted;
    private long reported;
    private long failed;
    private boolean halted;

    Traffic(final DmaOps channel, final long seed, final int longest) throws LinuxException, DmaException {
        this.channel = channel;
        this.longest = longest;
        random = new SplittableRandom(seed);
        source = memory();
        destination = memory();
        for (long at = 0; at < SIZE; at += 8) {
            Memory.putLong(source + at, random.nextLong());
        }
        Memory.fill(destination, SIZE, EMPTY);
        channel.announce(new MemoryRegion(source, SIZE));
        channel.announce(new MemoryRegion(destination, SIZE));
    }

    private static long memory() throws LinuxException {
        return Linux.mmap(SIZE, Linux.PROT_READ | Linux.PROT_WRITE, Linux.MAP_PRIVATE | Linux.MAP_ANONYMOUS, -1, 0);
    }

    /** Makes copies until so many were reported in all, or the channel has halted for good. */
    void run(final long count) {
        HandDriver.until(() -> {
            turn(count);
            return halted || reported >= count && inFlight.isEmpty();
        });
    }

    /** One poll, and as many submissions as there is room for. */
    void turn(final long count) {
        poll();
        while (!halted && !batch.isFull() && used < SLOTS && accepted + offered.size() < count) {
            add();
        }
        if (!halted && !batch.isEmpty()) {
            final int taken = channel.transferData(batch);
            if (taken < 0) {
                halted = true;
                return;
            }
            batch.advance(taken);
            for (int i = 0; i < taken; i++) {
                inFlight.add(offered.remove());
            }
            accepted += taken;
            if (batch.isEmpty()) {
                batch.clear();
            }
        }
    }

    private void add() {
        final int length = 1 + random.nextInt(random.nextInt(4) == 0 ? longest : Math.min(longest, 128));
        final long from = source + random.nextLong(SIZE - length);
        final long to = destination + (long) nextSlot * SLOT + GUARD + random.nextInt(64);
        final Copy copy = new Copy(nextSlot, from, to, length);
        batch.add(from, to, length);
        offered.add(copy);
        nextSlot = (nextSlot + 1) % SLOTS;
        used++;
    }

    private void poll() {
        completions.clear();
        final int count = channel.completedCopies(completions);
        if (count < 0) {
            halted = true;
            return;
        }
        assertThat(completions.count()).isEqualTo(count);
        for (int i = 0; i < count; i++) {
            final Copy copy = inFlight.remove();
            if (completions.status(i) != CopyStatus.OK) {
                failed++;
                Memory.copy(copy.source, copy.destination, copy.length);
            }
            check(copy);
            release(copy);
            reported++;
        }
    }

    private void check(final Copy copy) {
        assertThat(Memory.segment(copy.destination, copy.length).mismatch(Memory.segment(copy.source, copy.length)))
                .as("copy %d of %d bytes", reported, copy.length)
                .isEqualTo(-1);
        for (int i = 1; i <= 16; i++) {
            assertThat(Memory.getByte(copy.destination - i)).isEqualTo(EMPTY);
            assertThat(Memory.getByte(copy.destination + copy.length + i - 1)).isEqualTo(EMPTY);
        }
    }

    private void release(final Copy copy) {
        Memory.fill(copy.destination, copy.length, EMPTY);
        used--;
    }

    /** Gives up what is in flight, as the core does with a channel that does not answer. */
    boolean abort() {
        final boolean stopped = channel.abort();
        if (stopped) {
            inFlight.forEach(this::release);
            inFlight.clear();
            halted = false;
            accepted = reported;
        }
        return stopped;
    }

    int inFlight() {
        return inFlight.size();
    }

    long reported() {
        return reported;
    }

    long failed() {
        return failed;
    }

    boolean isHalted() {
        return halted;
    }

    /** Whether nothing was written since {@link #abort}. */
    boolean isUntouched() {
        for (long at = 0; at < SIZE; at += 8) {
            if (Memory.getLong(destination + at) != 0xEEEE_EEEE_EEEE_EEEEL) {
                return false;
            }
        }
        return true;
    }

    /** Takes the memory back, closes the channel, and gives the memory away. */
    @Override
    public void close() throws LinuxException, DmaException {
        if (!inFlight.isEmpty()) {
            assertThat(abort()).isTrue();
        }
        channel.withdraw(new MemoryRegion(source, SIZE));
        channel.withdraw(new MemoryRegion(destination, SIZE));
        channel.close();
        Linux.munmap(source, SIZE);
        Linux.munmap(destination, SIZE);
        arena.close();
    }
}
