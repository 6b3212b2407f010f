package dma.model.internal.cbdma;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What this process has mapped, as {@code /proc/self/maps} tells: memory that is not there cannot be pinned. */
final class ProcessMemory {
    private static final Path MAPS = Path.of("/proc/self/maps");

    private ProcessMemory() {}

    /** Whether all of it may be read, and written where that is asked. */
    static boolean has(final long address, final long size, final boolean written) {
        final List<String> lines;
        try {
            lines = Files.readAllLines(MAPS);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        long next = address;
        for (final String line : lines) {
            final int dash = line.indexOf('-');
            final int blank = line.indexOf(' ');
            final long from = Long.parseUnsignedLong(line, 0, dash, 16);
            final long to = Long.parseUnsignedLong(line, dash + 1, blank, 16);
            if (from <= next && next < to) {
                if (line.charAt(blank + 1) != 'r' || written && line.charAt(blank + 2) != 'w') {
                    return false;
                }
                next = to;
                if (next >= address + size) {
                    return true;
                }
            }
        }
        return false;
    }
}
