package dma.dsa.internal.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import dma.api.Completions;
import dma.api.CopyBatch;
import dma.api.CopyStatus;
import dma.api.DmaException;
import dma.api.DmaOps;
import dma.dsa.internal.DsaEngines;
import dma.dsa.internal.testing.FakeHost;
import dma.dsa.internal.testing.FakeQueue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;

/** A channel on a queue that a test steers, and memory to copy between. */
final class Bench implements AutoCloseable {
    static final int SIZE = 1 << 20;

    /** The ways to a device. */
    enum Way {
        WRITE_DEDICATED(true, false),
        WRITE_SHARED(false, false),
        MOVDIR64B(true, true),
        ENQCMD(false, true);

        private final boolean dedicated;
        private final boolean portal;

        Way(final boolean dedicated, final boolean portal) {
            this.dedicated = dedicated;
            this.portal = portal;
        }
    }

    final Arena arena = Arena.ofAuto();
    final MemorySegment from = arena.allocate(SIZE, 64);
    final MemorySegment to = arena.allocate(SIZE, 64);
    final CopyBatch batch = new CopyBatch(arena, 64);
    final Completions completions = new Completions(256);
    final FakeHost host;
    final FakeQueue queue;
    DsaEngine engine;
    DmaOps channel;

    private Bench(final Way way, final int size) {
        host = new FakeHost(folder());
        host.movdir64b = way.portal;
        host.enqcmd = way.portal;
        queue = host.add("wq0.0", way.dedicated, size);
        for (int i = 0; i < SIZE; i++) {
            from.set(JAVA_BYTE, i, (byte) (i * 31 + i / 255 + 1));
        }
    }

    /** In Maven's folder, since not every test ends its queue. */
    private static Path folder() {
        try {
            return Files.createTempDirectory(Files.createDirectories(Path.of("target", "hosts")), "dsa");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A queue of {@code size} entries; nothing is open yet. */
    static Bench of(final Way way, final int size) {
        return new Bench(way, size);
    }

    static Bench opened(final Way way, final int size) throws DmaException {
        return opened(way, size, DsaSettings.DEFAULT);
    }

    static Bench opened(final Way way, final int size, final DsaSettings settings) throws DmaException {
        final Bench bench = of(way, size);
        bench.open(settings);
        return bench;
    }

    void open(final DsaSettings settings) throws DmaException {
        engine = DsaEngines.of(host, settings).getFirst();
        channel = engine.open("port0/tx0");
    }

    void add(final long at, final long length) {
        batch.add(from.address() + at, to.address() + at, length);
    }

    /** {@code count} copies of 100 bytes, from {@code first} · 1000 on. */
    void addMany(final int first, final int count) {
        for (int i = 0; i < count; i++) {
            add((first + i) * 1000L, 100);
        }
    }

    /** Submits what was added; how many were taken. The rest is forgotten. */
    int submit() {
        final int taken = channel.transferData(batch);
        batch.clear();
        return taken;
    }

    /** Asks once. */
    int poll() {
        return channel.completedCopies(completions);
    }

    /** Asks until so many were reported in all; a device that is asked again answers between two of them. */
    void pollFor(final int count) {
        while (completions.count() < count) {
            assertThat(poll()).isNotNegative();
        }
    }

    boolean isCopied(final long at, final long length) {
        return to.asSlice(at, length).mismatch(from.asSlice(at, length)) == -1;
    }

    void assertMade(final int first, final int count) {
        for (int i = first; i < first + count; i++) {
            assertThat(isCopied(i * 1000L, 100)).as("copy %d", i).isTrue();
            assertThat(to.get(JAVA_BYTE, i * 1000L + 100))
                    .as("behind copy %d", i)
                    .isZero();
        }
    }

    String outcomes() {
        final StringBuilder names = new StringBuilder();
        for (int i = 0; i < completions.count(); i++) {
            names.append(i == 0 ? "" : " ").append(CopyStatus.name(completions.status(i)));
        }
        return names.toString();
    }

    @Override
    public void close() {
        queue.completeBackwards();
        if (channel != null) {
            channel.close();
        }
    }
}
