package launcher;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The folder of a distribution: {@code bin}, {@code bundle}, {@code conf} and {@code deploy}. */
record Home(Path folder) {
    /** The system property by which the script says where it is. */
    static final String PROPERTY = "vhost.home";

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
