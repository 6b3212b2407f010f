package bench.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What took the processor away from the threads that are measured: involuntary context switches of the worker and of the
 * engines' threads, and time stolen by the host (in steps of 10 ms).
 */
final class Disturbances {
    private static final Path TASKS = Path.of("/proc/self/task");
    private static final Path STAT = Path.of("/proc/stat");
    private static final String INVOLUNTARY = "nonvoluntary_ctxt_switches:";
    private static final String ENGINE_PREFIX = "dma-";
    private static final int STOLEN_FIELD = 8;

    private final String worker;
    private List<Path> threads = List.of();

    /** @param worker the name of the worker's thread */
    Disturbances(final String worker) {
        this.worker = worker;
    }

    /** After another engine was taken, which may have started a thread. */
    void findThreads() throws IOException {
        final List<Path> found = new ArrayList<>();
        try (Stream<Path> tasks = Files.list(TASKS)) {
            for (final Path task : tasks.toList()) {
                final String name = nameOf(task);
                if (name.equals(worker) || name.startsWith(ENGINE_PREFIX)) {
                    found.add(task.resolve("status"));
                }
            }
        }
        threads = found;
    }

    /** Empty where the thread has ended meanwhile. */
    private static String nameOf(final Path task) {
        try {
            return Files.readString(task.resolve("comm")).strip();
        } catch (IOException e) {
            return "";
        }
    }

    /** A number that grows with each disturbance. */
    long count() throws IOException {
        long sum = 0;
        for (final Path thread : threads) {
            sum += involuntary(thread);
        }
        return sum + stolen();
    }

    private static long involuntary(final Path status) throws IOException {
        for (final String line : Files.readAllLines(status)) {
            if (line.startsWith(INVOLUNTARY)) {
                return Long.parseLong(line.substring(INVOLUNTARY.length()).strip());
            }
        }
        return 0;
    }

    private static long stolen() throws IOException {
        try (Stream<String> lines = Files.lines(STAT)) {
            return Long.parseLong(lines.findFirst().orElseThrow().split("\\s+")[STOLEN_FIELD]);
        }
    }
}
