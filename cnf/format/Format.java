import com.palantir.javaformat.java.Formatter;
import com.palantir.javaformat.java.FormatterException;
import com.palantir.javaformat.java.JavaFormatterOptions;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Checks or sets the format of every Java source below a folder: {@code Format check|write <folder> <target>}.
 *
 * <p>In {@code target} it keeps {@code formatted}, the hashes of sources found well formatted, so that only changed
 * files are formatted again, and writes {@code unformatted}, the failures of this run, for the build to fail on.
 */
final class Format {
    private static final Set<String> SKIPPED_FOLDERS = Set.of("target", "node_modules");

    private final Formatter formatter = Formatter.createFormatter(JavaFormatterOptions.builder()
            .style(JavaFormatterOptions.Style.PALANTIR)
            .build());
    private final boolean write;
    private final Path root;
    private final Set<String> good = ConcurrentHashMap.newKeySet();
    private final Set<String> bad = ConcurrentHashMap.newKeySet();

    private Format(boolean write, Path root) {
        this.write = write;
        this.root = root;
    }

    public static void main(String[] args) throws IOException {
        Format format = new Format(args[0].equals("write"), Path.of(args[1]).toRealPath());
        Path formatted = Path.of(args[2], "formatted");
        Path unformatted = Path.of(args[2], "unformatted");
        Files.createDirectories(formatted.getParent());
        Files.deleteIfExists(unformatted);
        if (Files.exists(formatted)) {
            format.good.addAll(Files.readAllLines(formatted));
        }

        format.sources().parallelStream().forEach(format::apply);

        Files.write(formatted, new TreeSet<>(format.good));
        if (!format.bad.isEmpty()) {
            Files.write(unformatted, new TreeSet<>(format.bad));
            new TreeSet<>(format.bad).forEach(line -> System.err.println("not formatted: " + line));
        }
    }

    private List<Path> sources() throws IOException {
        List<Path> found = new ArrayList<>();
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                String name = folder.getFileName().toString();
                boolean skipped = SKIPPED_FOLDERS.contains(name) || (name.startsWith(".") && !folder.equals(root));
                return skipped ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (file.toString().endsWith(".java")) {
                    found.add(file);
                }
                return FileVisitResult.CONTINUE;
            }
        });
        return found;
    }

    private void apply(Path file) {
        try {
            String source = Files.readString(file);
            if (good.contains(hash(source))) {
                return;
            }
            String formatted = formatter.formatSourceAndFixImports(source);
            if (!formatted.equals(source)) {
                if (!write) {
                    bad.add(root.relativize(file).toString());
                    return;
                }
                Files.writeString(file, formatted);
            }
            good.add(hash(formatted));
        } catch (FormatterException | IOException e) {
            bad.add(root.relativize(file) + ": " + e.getMessage());
        }
    }

    private static String hash(String source) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(source.getBytes()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
