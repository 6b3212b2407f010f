package launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/** The processors that this process may run on. */
final class Processors {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String LIST = "Cpus_allowed_list:";

    private Processors() {}

    /** Their numbers, ascending; empty where the kernel does not say. */
    static List<Integer> usable() {
        try {
            return Files.readAllLines(STATUS).stream()
                    .filter(line -> line.startsWith(LIST))
                    .map(line -> parse(line.substring(LIST.length()).strip()))
                    .findFirst()
                    .orElse(List.of());
        } catch (IOException e) {
            return List.of();
        }
    }

    /** A list as the kernel writes it, such as {@code 0-3,8}. */
    static List<Integer> parse(String list) {
        return List.of(list.split(",")).stream()
                .map(range -> range.split("-"))
                .flatMapToInt(ends ->
                        IntStream.rangeClosed(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1])))
                .boxed()
                .toList();
    }
}
