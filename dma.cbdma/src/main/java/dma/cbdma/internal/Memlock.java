package dma.cbdma.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** How much memory this process may have pinned: RLIMIT_MEMLOCK, {@code ulimit -l}. Any thread. */
final class Memlock {
    /** Bytes, where there is no limit, or it does not hold for this process. */
    static final long UNLIMITED = Long.MAX_VALUE;

    private static final int CAP_IPC_LOCK = 14;

    private Memlock() {}

    /** Bytes; {@link #UNLIMITED} also where nobody knows. */
    static long limit() {
        return limit(Path.of("/proc/self"));
    }

    static long limit(final Path process) {
        final String capabilities = field(process.resolve("status"), "CapEff:");
        if (!capabilities.isEmpty() && (Long.parseUnsignedLong(capabilities, 16) >>> CAP_IPC_LOCK & 1) == 1) {
            return UNLIMITED;
        }
        final String limit = field(process.resolve("limits"), "Max locked memory");
        return limit.isEmpty() || limit.equals("unlimited") ? UNLIMITED : Long.parseLong(limit);
    }

    static String describe() {
        final long limit = limit();
        return limit == UNLIMITED ? "unlimited" : (limit >>> 10) + " KiB";
    }

    /** The word after {@code name} in a file of {@code /proc}; empty where there is none. */
    private static String field(final Path file, final String name) {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.filter(line -> line.startsWith(name))
                    .map(line -> line.substring(name.length()).strip().split("\\s+")[0])
                    .findFirst()
                    .orElse("");
        } catch (IOException e) {
            return "";
        }
    }
}
