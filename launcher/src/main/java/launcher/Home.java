package launcher;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The folder of a distribution: {@code bin}, {@code bundle}, {@code conf} and {@code deploy}. */
record Home(Path folder) {
    /** The system property by which the script says where it is. */
    static final String PROPERTY = "vhost.home";

    /** Framework properties: this and a number. */
    static final String START_LEVEL = "start.level.";

    static Home find() {
        String folder = System.getProperty(PROPERTY);
        if (folder == null) {
            throw new Failure("start with the vhost script: the system property " + PROPERTY + " is not set");
        }
        Path path = Path.of(folder).toAbsolutePath().normalize();
        if (!Files.isDirectory(path.resolve("bundle"))) {
            throw new Failure(path + " is no distribution: it has no folder 'bundle'");
        }
        return new Home(path);
    }

    /** This jar, which is the console bundle too. */
    Path launcher() {
        return folder.resolve("bin/launcher.jar");
    }

    Path conf() {
        return folder.resolve("conf");
    }

    Path deploy() {
        return folder.resolve("deploy");
    }

    List<Path> bundles() {
        return list(folder.resolve("bundle"), ".jar");
    }

    /** The framework's properties, {@code conf/config.properties}. */
    Map<String, String> properties() {
        return read(conf().resolve("config.properties"));
    }

    /**
     * The framework properties that say when bundles start, but for some.
     *
     * @param moved the start levels of those, 0 for never
     */
    Map<String, String> startLevels(Map<String, Integer> moved) {
        Map<String, String> lines = new TreeMap<>();
        properties().forEach((key, line) -> {
            if (key.startsWith(START_LEVEL)) {
                lines.put(
                        key,
                        Stream.of(line.split("[,\\s]+"))
                                .filter(bundle -> !moved.containsKey(bundle))
                                .collect(Collectors.joining(",")));
            }
        });
        moved.forEach((bundle, level) -> lines.merge(START_LEVEL + level, bundle, (line, more) -> line + "," + more));
        return lines;
    }

    /** The default of the configuration {@code pid}: {@code conf/PID.cfg}, or nothing. */
    Map<String, String> configuration(String pid) {
        Path file = conf().resolve(pid + ".cfg");
        return Files.exists(file) ? read(file) : Map.of();
    }

    private static Map<String, String> read(Path file) {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            throw new Failure("cannot read " + file + ": " + e.getMessage());
        }
        Map<String, String> map = new TreeMap<>();
        properties
                .stringPropertyNames()
                .forEach(key -> map.put(key, properties.getProperty(key).trim()));
        return map;
    }

    private static List<Path> list(Path folder, String suffix) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(suffix))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new Failure("cannot list " + folder + ": " + e.getMessage());
        }
    }
}
