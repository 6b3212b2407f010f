package dma.cpu.internal;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dma.api.Completions;
import dma.api.CopyBatch;
import dma.api.CopyStatus;
import dma.api.DmaEngine;
import dma.api.DmaOps;
import dma.api.MemoryRegion;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every engine of this bundle owes the core. */
@Timeout(60)
abstract class EngineContract {
    static final int BATCH = 64;
    static final long DEADLINE_NANOS = 20_000_000_000L;

    final Arena arena = Arena.ofAuto();
    final MemorySegment from = arena.allocate(1 << 20);
    final MemorySegment to = arena.allocate(1 << 20);
    final CopyBatch batch = new CopyBatch(arena, BATCH);
    final Completions completions = new Completions(4 * BATCH);

    DmaEngine engine;
    DmaOps channel;

    abstract DmaEngine engine();

    abstract void end();

    @BeforeEach
    void begin() throws Exception {
        for (int i = 0; i < from.byteSize(); i++) {
            from.set(JAVA_BYTE, i, (byte) (i * 31 + 1));
        }
        engine = engine();
        channel = engine.open("test");
    }

    @AfterEach
    void endEngine() {
        channel.close();
        end();
    }

    void add(final long at, final long length) {
        batch.add(from.address() + at, to.address() + at, length);
    }

    /** Submits all of the batch, and reports as the engine wants it. */
    void submitAll() {
        final long deadline = System.nanoTime() + DEADLINE_NANOS;
        while (!batch.isEmpty()) {
            final int accepted = channel.transferData(batch);
            assertThat(accepted).isBetween(0, batch.end() - batch.first());
            batch.advance(accepted);
            if (accepted == 0) {
                assertThat(channel.completedCopies(completions)).isNotNegative();
                assertThat(System.nanoTime()).isLessThan(deadline);
            }
        }
        batch.clear();
    }

    /** Asks until so many were reported in all. */
    void await(final int count) {
        await(channel, completions, count);
    }

    static void await(final DmaOps channel, final Completions completions, final int count) {
        final long deadline = System.nanoTime() + DEADLINE_NANOS;
        while (completions.count() < count) {
            final int before = completions.count();
            final int reported = channel.completedCopies(completions);
            if (reported < 0 || System.nanoTime() - deadline > 0) {
                throw new AssertionError("reported " + reported + " after " + before + " of " + count);
            }
            if (completions.count() - before != reported) {
                throw new AssertionError("says " + reported + ", appended " + (completions.count() - before));
            }
        }
    }

    boolean isCopied(final long at, final long length) {
        return to.asSlice(at, length).mismatch(from.asSlice(at, length)) == -1;
    }

    @Test
    void shouldHaveMadeEveryCopyThatItReports() {
        for (int i = 0; i < BATCH; i++) {
            add(i * 5000L, i * 70 + 1);
        }
        submitAll();
        await(BATCH);
        assertThat(completions.failures()).isZero();
        for (int i = 0; i < BATCH; i++) {
            assertThat(isCopied(i * 5000L, i * 70 + 1)).isTrue();
            assertThat(to.get(JAVA_BYTE, i * 5000L + i * 70 + 1)).isZero();
        }
        assertThat(channel.completedCopies(completions)).isZero();
    }

    @Test
    void shouldBeginAtTheFirstThatWasNotAccepted() {
        add(0, 100);
        add(1000, 100);
        batch.advance(1);
        assertThat(channel.transferData(batch)).isEqualTo(1);
        await(1);
        assertThat(to.asSlice(0, 1000).mismatch(arena.allocate(1000))).isEqualTo(-1);
        assertThat(isCopied(1000, 100)).isTrue();
    }

    @Test
    void shouldNotLookAtABatchAfterItHasReturned() {
        for (int round = 0; round < 200; round++) {
            for (int i = 0; i < 32; i++) {
                add((round * 32 + i) * 100L, 100);
            }
            submitAll();
            // Whoever reads the batch later makes a copy that shows.
            batch.add(from.address() + 7, to.address() + (1 << 20) - 8, 8);
            batch.clear();
            completions.clear();
            await(32);
        }
        assertThat(isCopied(0, 200 * 32 * 100L)).isTrue();
        assertThat(to.asSlice((1 << 20) - 8).mismatch(arena.allocate(8))).isEqualTo(-1);
    }

    @Test
    void shouldReportAsManyAsThereIsRoomFor() {
        for (int i = 0; i < 10; i++) {
            add(i * 100L, 100);
        }
        submitAll();
        final Completions few = new Completions(6);
        await(channel, few, 6);
        assertThat(few.failures()).isZero();
        assertThat(channel.completedCopies(few)).isZero();
        few.clear();
        await(channel, few, 4);
        assertThat(channel.completedCopies(few)).isZero();
    }

    @Test
    void shouldForgetWhatWasAbortedAndGoOn() throws Exception {
        channel.announce(new MemoryRegion(0, 4096));
        for (int i = 0; i < BATCH; i++) {
            add(i * 1000L, 1000);
        }
        submitAll();
        completions.clear();
        assertThat(channel.abort()).isTrue();
        assertThat(channel.completedCopies(completions)).isZero();
        add(100_000, 100);
        submitAll();
        await(1);
        assertThat(isCopied(100_000, 100)).isTrue();
        channel.withdraw(new MemoryRegion(0, 4096));
    }

    @Test
    void shouldCloseTwiceWithCopiesInFlight() {
        for (int i = 0; i < BATCH; i++) {
            add(i * 1000L, 1000);
        }
        submitAll();
        channel.close();
        channel.close();
        // Nobody writes any more, or this would be seen at times.
        to.fill((byte) 0);
        assertThat(to.mismatch(arena.allocate(1 << 20))).isEqualTo(-1);
    }

    @Test
    void shouldKeepChannelsApart() throws Exception {
        final DmaOps[] channels = {channel, engine.open("second"), engine.open("third")};
        for (int round = 0; round < 100; round++) {
            for (int c = 0; c < channels.length; c++) {
                final int at = (round * channels.length + c) * 1000;
                add(at, 500);
                add(at + 500, 500);
                assertThat(channels[c].transferData(batch)).isEqualTo(2);
                batch.clear();
            }
            for (final DmaOps each : channels) {
                completions.clear();
                await(each, completions, 2);
                assertThat(each.completedCopies(completions)).isZero();
            }
        }
        channels[1].close();
        channels[2].close();
        assertThat(isCopied(0, 300_000)).isTrue();
    }

    @Test
    void shouldAllocateNothingForACopy() {
        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        for (int measured = 0; measured < 5; measured++) {
            final long before = allocated(threads);
            for (int round = 0; round < 2000; round++) {
                completions.clear();
                for (int i = 0; i < 32; i++) {
                    add(i * 100L, 100);
                }
                final int accepted = channel.transferData(batch);
                batch.clear();
                await(accepted);
            }
            least = Math.min(least, allocated(threads) - before);
        }
        // The first rounds load classes and link; 64000 copies of a later one would show the smallest object.
        assertThat(least).isLessThan(64_000);
    }

    /** By this thread, and by the engine's. */
    long allocated(final ThreadMXBean threads) {
        return threads.getThreadAllocatedBytes(Thread.currentThread().threadId());
    }

    /** A mapping whose second page has no file behind it any more. */
    MemorySegment truncated(final Path folder) throws IOException {
        final Path file = Files.createTempFile(folder, "memory", "");
        try (FileChannel open = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            open.write(ByteBuffer.allocate(8192));
            final MemorySegment mapping = open.map(MapMode.READ_WRITE, 0, 8192, arena);
            open.truncate(4096);
            return mapping;
        }
    }

    static String names(final Completions completions) {
        final StringBuilder names = new StringBuilder();
        for (int i = 0; i < completions.count(); i++) {
            names.append(i == 0 ? "" : " ").append(CopyStatus.name(completions.status(i)));
        }
        return names.toString();
    }
}
