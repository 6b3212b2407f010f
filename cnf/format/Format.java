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
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Checks or sets the format of every Java source below a folder: {@code Format check|write <root> <known>}.
 *
 * <p>The file {@code known} holds hashes of sources found well formatted before, so that only changed files are read
 * by the formatter.
 */
final class Format {
    private static final Set<String> SKIPPED_FOLDERS = Set.of("target", "node_modules");

    private final Formatter formatter = Formatter.createFormatter(JavaFormatterOptions.builder()
            .style(JavaFormatterOptions.Style.PALANTIR)
            .build());
    private final boolean write;
    private final Path root;
    private final Set<String> known;
    private final Set<String> good = ConcurrentHashMap.newKeySet();
    private final Set<String> bad = ConcurrentHashMap.newKeySet();

    private Format(boolean write, Path root, Set<String> known) {
        this.write = write;
        this.root = root;
        this.known = known;
    }

    public static void main(String[] args) throws IOException {
        boolean write = args[0].equals("write");
        Path root = Path.of(args[1]).toRealPath();
        Path knownFile = Path.of(args[2]);
        Set<String> known = Files.exists(knownFile) ? new HashSet<>(Files.readAllLines(knownFile)) : Set.of();

        Format format = new Format(write, root, known);
        format.sources().parallelStream().forEach(format::apply);

        Files.createDirectories(knownFile.getParent());
        Files.write(knownFile, new TreeSet<>(format.good));
        if (!format.bad.isEmpty()) {
            new TreeSet<>(format.bad).forEach(System.err::println);
            System.err.println("Not formatted; './mvnw -q -Pformat validate' formats all sources.");
            System.exit(1);
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
            if (known.contains(hash(source))) {
                good.add(hash(source));
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
