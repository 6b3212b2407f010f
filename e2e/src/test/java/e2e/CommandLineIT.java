package e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a user gets to read who asks for what cannot be: one line, which names what is wrong, and a status. */
@Timeout(90)
class CommandLineIT {
    private static final Duration LIMIT = Duration.ofSeconds(40);

    private Scratch scratch;

    @BeforeEach
    void open() {
        scratch = new Scratch();
    }

    @AfterEach
    void close() {
        scratch.close();
    }

    @Test
    void refusesASocketInUse() {
        try (Platform platform = Platform.forward(scratch, "io", 1)) {
            assertRefused(
                    forward("io", platform.socket(0).toString()),
                    platform.socket(0).toString(),
                    "is in use");
            assertThat(platform.exec("vhost:ports")).contains("port0");
            platform.stop();
        }
    }

    @Test
    void refusesAPortNameInUse() {
        try (Platform platform = Platform.forward(scratch, "io", 1)) {
            final Child.Result result = platform.tryExec("vhost:port-add port0 " + scratch.resolve("other.sock"));
            assertRefused(result, "port0", "is in use");
            assertThat(scratch.resolve("other.sock")).doesNotExist();
            platform.stop();
        }
    }

    @Test
    void refusesAnUnknownCommandOfTheShell() {
        try (Platform platform = Platform.forward(scratch, "io", 1)) {
            assertRefused(platform.tryExec("vhost:prots"), "vhost:prots");
            platform.stop();
        }
    }

    @Test
    void refusesAPathTooLongForASocket() {
        final String path = scratch.resolve("x".repeat(120)).toString();
        assertRefused(forward("io", path), path, "bytes", "107");
    }

    @Test
    void refusesAFileThatIsNoSocket() throws IOException {
        final Path file = Files.writeString(scratch.resolve("letter"), "of somebody");
        assertRefused(forward("io", file.toString()), file.toString(), "is not a socket");
        assertThat(file).hasContent("of somebody");
    }

    @Test
    void refusesAFolderThatItMayNotWriteTo() throws IOException {
        final Path folder = Files.createDirectory(
                scratch.resolve("locked"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("r-xr-xr-x")));
        // Root may all, unless it gives that up.
        final List<String> command = new ArrayList<>();
        if ("root".equals(System.getProperty("user.name"))) {
            command.addAll(
                    List.of("setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-all"));
        }
        command.addAll(
                Platform.vhost("forward", "io", folder.resolve("port.sock").toString()));
        assertRefused(run(Map.of(), command), folder.toString(), "Permission denied");
    }

    @Test
    void opensSocketsForTheirOwnerOnly() throws IOException {
        final Path socket = scratch.resolve("new/port.sock");
        try (Child child = Child.start(
                "forward",
                Platform.environment(scratch.folder()),
                Platform.vhost("forward", "io", socket.toString()))) {
            Waiting.until("the socket is its owner's", LIMIT, () -> Platform.isPrivate(socket), child::transcript);
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket.getParent())))
                    .isEqualTo("rwx------");
        }
    }

    @Test
    void refusesAnUnknownMode() {
        assertRefused(forward("swap", scratch.resolve("a").toString()), "swap", "macswap");
    }

    @Test
    void refusesAnUnknownOption() {
        assertRefused(forward("io", scratch.resolve("a").toString(), "--queue", "2"), "--queue", "--queues");
    }

    @Test
    void refusesNumbersOutOfRange() {
        assertRefused(forward("io", scratch.resolve("a").toString(), "--queues", "1000"), "--queues 1000", "1 to 128");
    }

    @Test
    void refusesAProcessorThatIsNotThere() {
        assertRefused(forward("io", scratch.resolve("a").toString(), "--cpu", "4000"), "4000");
    }

    @Test
    void saysThatNoPlatformRuns() {
        assertRefused(
                run(Platform.environment(scratch.folder()), Platform.vhost("exec", "ports")), "no platform is running");
    }

    @Test
    void saysThatThereIsNoJdk() {
        Peers.requireRoot();
        // In a view of the file system where the folders of all JDKs are empty.
        final Path jdks = Path.of(System.getProperty("java.home")).getParent();
        final List<String> command = new ArrayList<>(List.of(
                "unshare",
                "--mount",
                "sh",
                "-c",
                "mount -t tmpfs none \"$1\" && shift && exec \"$@\"",
                "sh",
                jdks.toString()));
        command.addAll(Platform.vhost("forward", "io", scratch.resolve("a").toString()));
        assertRefused(run(Map.of("JAVA_HOME", "", "JAVA25_HOME", ""), command), "no JDK 25", "JAVA_HOME");
    }

    private Child.Result forward(final String... arguments) {
        final List<String> command = new ArrayList<>(Platform.vhost("forward"));
        command.addAll(List.of(arguments));
        return run(Platform.environment(scratch.folder()), command);
    }

    private static Child.Result run(final Map<String, String> environment, final List<String> command) {
        return Child.run("refused", LIMIT, environment, command);
    }

    private static void assertRefused(final Child.Result result, final String... words) {
        System.out.print(result.err());
        assertThat(result.status()).as("%s%n%s", result.out(), result.err()).isBetween(1, 2);
        assertThat(result.err()).contains(words);
        assertThat(result.err().lines().filter(line -> line.startsWith("vhost: ")))
                .hasSize(1);
        assertThat(result.err()).doesNotContain("\tat ", "Exception");
    }
}
