package e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import launcher.control.ControlClient;

/**
 * A platform's control socket, as {@code ./vhost exec} uses it. That starts a JVM for each command, which takes a fifth of a
 * second and the processors from whoever is being measured; this does not.
 */
final class Control {
    private static final String CONFIGURATIONS = "org.osgi.service.cm.ConfigurationAdmin";

    private static final Duration START = Duration.ofSeconds(10);

    private final Path socket;

    private Control(final Path socket) {
        this.socket = socket;
    }

    /** Of the platform whose runtime folder is in {@code folder}. */
    static Control in(final Path folder) {
        final List<Path> sockets = sockets(folder);
        assertThat(sockets).as("control sockets in %s", folder).isNotEmpty();
        return new Control(sockets.getFirst());
    }

    /** Of all platforms whose runtime folders are in {@code folder}. */
    static List<Path> sockets(final Path folder) {
        final Path instances = folder.resolve("vhost");
        if (!Files.isDirectory(instances)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(instances)) {
            return all.map(instance -> instance.resolve("control"))
                    .filter(Files::exists)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path socket() {
        return socket;
    }

    /** What {@code command} prints; it must succeed. */
    String run(final String command) {
        final Child.Result result = tryRun(command);
        assertThat(result.status())
                .as("status of '%s': %s%s", command, result.out(), result.err())
                .isZero();
        return result.out();
    }

    /** {@code command}, however it ends. */
    Child.Result tryRun(final String command) {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        final ByteArrayOutputStream err = new ByteArrayOutputStream();
        try (ControlClient client = ControlClient.connect(socket)) {
            final int status = client.execute(command, out, err);
            return new Child.Result(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(command, e);
        }
    }

    /** The rows of a table that {@code command} prints, each by the heads of its columns. */
    List<Map<String, String>> table(final String command) {
        final List<String> lines = run(command).lines().toList();
        final List<String> heads = cells(lines.getFirst());
        final List<Map<String, String>> rows = new ArrayList<>();
        for (final String line : lines.subList(1, lines.size())) {
            final List<String> cells = cells(line);
            if (cells.size() == heads.size()) { // else it is the line below the rows
                final Map<String, String> row = new LinkedHashMap<>();
                for (int i = 0; i < cells.size(); i++) {
                    row.put(heads.get(i), cells.get(i));
                }
                rows.add(row);
            }
        }
        return rows;
    }

    private static List<String> cells(final String line) {
        return Arrays.asList(line.strip().split(" {2,}"));
    }

    /** The sum of a column of numbers. */
    long sum(final String command, final String column) {
        return table(command).stream()
                .mapToLong(row -> Long.parseLong(row.get(column)))
                .sum();
    }

    /** Gives the configuration {@code pid} these values in place of all that it had. */
    void configure(final String pid, final Map<String, String> values) {
        final StringBuilder script = new StringBuilder("configuration = (($.context getService ($.context"
                + " getServiceReference " + CONFIGURATIONS + ")) getConfiguration " + pid + " '?')\n"
                + "properties = (new java.util.Hashtable)\n");
        values.forEach((key, value) -> script.append("$properties put '")
                .append(key)
                .append("' '")
                .append(value)
                .append("'\n"));
        run(script + "$configuration update $properties");
    }

    /** The id of the bundle of that name. */
    long bundle(final String name) {
        awaitFramework();
        final Matcher matcher = Pattern.compile("(?m)^ *(\\d+)\\|.*\\b" + Pattern.quote(name) + "\\b")
                .matcher(run("felix:lb -s"));
        assertThat(matcher.find()).as("bundle %s", name).isTrue();
        return Long.parseLong(matcher.group(1));
    }

    /** Felix's own commands come last, after the control socket. */
    private void awaitFramework() {
        Waiting.until(
                "the framework's commands are there",
                START,
                () -> tryRun("felix:lb").status() == 0);
    }

    /** Installs a bundle and starts it; its id. */
    long install(final Path jar) {
        awaitFramework();
        final String answer = run("felix:install file:" + jar).strip();
        final long id = Long.parseLong(answer.substring(answer.lastIndexOf(' ') + 1));
        run("felix:start " + id);
        return id;
    }

    /** Whether an engine of that name is there. */
    boolean hasEngine(final String name) {
        return table("vhost:engines").stream().anyMatch(row -> row.get("ENGINE").equals(name));
    }

    /** How many changes of queues' engines and thresholds there were. */
    long swaps() {
        final String table = run("vhost:swaps 1");
        final String first = table.lines().skip(1).findFirst().orElse("0");
        return Long.parseLong(first.strip().split(" +")[0]);
    }
}
