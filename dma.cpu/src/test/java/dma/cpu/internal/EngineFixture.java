package dma.cpu.internal;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import dma.api.Completions;
import dma.api.CopyBatch;
import dma.api.CopyStatus;
import dma.api.DmaEngine;
import dma.api.DmaOps;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;

/** An engine with a channel, and memory to copy. The kit holds each against the contract; what only this bundle promises is here. */
@Timeout(60)
abstract class EngineFixture {
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
