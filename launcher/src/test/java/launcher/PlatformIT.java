package launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import launcher.control.ControlClient;
import launcher.control.Frames;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.ServiceReference;

/** The real framework with the real bundles of the distribution in place. */
@Timeout(120)
class PlatformIT {
    @TempDir
    private Path folder;

    private Platform platform;

    @BeforeEach
    void start() throws IOException {
        Files.createDirectories(deploy());
        platform = start(List.of());
    }

    @AfterEach
    void stop() {
        platform.stop();
    }

    private Platform start(List<Platform.Setting> settings) {
        Home home = Home.find();
        Logging.configure(home.properties(), "warn");
        Map<String, String> properties = new HashMap<>();
        properties.put(Platform.RUNTIME_FOLDER, folder.toString());
        properties.put(Platform.STATE_FOLDER, folder.toString());
        properties.put(Platform.CONSOLE, "false");
        properties.put("felix.cm.dir", folder.resolve("config").toString());
        properties.put("felix.fileinstall.dir", deploy().toString());
        return Platform.start(home, folder.resolve("cache"), properties, settings);
    }

    private Path deploy() {
        return folder.resolve("deploy");
    }

    @Test
    void startsEveryBundle() {
        assertThat(platform.failures()).isEmpty();
        List<String> asleep = new ArrayList<>();
        for (Bundle bundle : platform.context().getBundles()) {
            boolean started = bundle.getState() == Bundle.ACTIVE;
            boolean lends =
                    bundle.getState() == Bundle.RESOLVED && bundle.getHeaders().get("Service-Component") == null;
            if (!started && !lends) {
                asleep.add(bundle.getSymbolicName() + " in state " + bundle.getState());
            }
        }
        assertThat(asleep)
                .as("bench and models start where they are asked for")
                .containsExactlyInAnyOrder("bench in state 2", "dma.model in state 2");
    }

    @Test
    void knowsTheJavaOfEveryBundle() {
        assertThat(platform.context().getBundles())
                .extracting(bundle -> String.valueOf(bundle.getHeaders().get("Require-Capability")))
                .noneMatch(requirement -> requirement.contains("UNKNOWN"));
    }

    @Test
    void offersTheCommands() throws InvalidSyntaxException {
        List<String> commands = new ArrayList<>();
        for (ServiceReference<?> reference :
                platform.context().getAllServiceReferences(null, "(osgi.command.scope=vhost)")) {
            Object function = reference.getProperty("osgi.command.function");
            commands.addAll(function instanceof String[] many ? Arrays.asList(many) : List.of((String) function));
        }
        assertThat(commands)
                .contains(
                        "ports",
                        "port-add",
                        "port-remove",
                        "queues",
                        "stats",
                        "engines",
                        "workers",
                        "forwarding",
                        "mac-table",
                        "help",
                        "exit",
                        "shutdown");
    }

    @Test
    void letsOnlyItsOwnerIn() throws IOException {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("control"))))
                .isEqualTo("rw-------");
    }

    @Test
    void executesCommands() throws IOException {
        assertThat(execute("ports")).isEqualTo("0: no ports; add one with port-add\n");
        assertThat(execute("echo one | grep on")).isEqualTo("0: one\n");
        assertThat(execute("prots")).isEqualTo("1: vhost: no command 'prots'; 'help' lists all\n");
        assertThat(execute("port-add a")).startsWith("1: vhost: missing SOCKET; usage: port-add");
        assertThat(execute("port-remove a")).isEqualTo("1: vhost: no port 'a'; there is none\n");
    }

    @Test
    void printsTheResultOfEachCommand() throws IOException {
        assertThat(execute("echo one; ports\n\nforwarding\n"))
                .startsWith("0: one\nno ports; add one with port-add\n")
                .contains("mode switch");
        assertThat(execute("ports\nprots\nworkers\n"))
                .isEqualTo("1: no ports; add one with port-add\nvhost: no command 'prots'; 'help' lists all\n");
    }

    @Test
    void executesCommandLinesInOneSessionUntilTheClientLeaves() throws IOException {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        try (ControlClient client = ControlClient.connect(folder.resolve("control"))) {
            assertThat(client.execute("kept = 17", printed, printed)).isZero();
            assertThat(client.execute("prots", printed, printed)).isEqualTo(1);
            printed.reset();
            assertThat(client.execute("echo $kept", printed, printed)).isZero();
        }
        assertThat(printed.toString(StandardCharsets.UTF_8)).isEqualTo("17\n");
        assertThat(execute("echo $kept"))
                .as("another session")
                .startsWith("0: ")
                .doesNotContain("17");
    }

    @Test
    void endsTheCommandOfAClientThatLeaves() throws Exception {
        long before = clients();
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(folder.resolve("control")));
            new Frames(channel).write(Frames.EXEC, "sleep 600");
            await(() -> clients() > before);
        }
        await(() -> clients() == before);
    }

    /** Threads that serve clients. */
    private static long clients() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("control client"))
                .count();
    }

    @Test
    void stopsAndStartsBundlesByNameAndById() throws IOException {
        long id = Arrays.stream(platform.context().getBundles())
                .filter(bundle -> bundle.getSymbolicName().equals("dma.cpu"))
                .findFirst()
                .orElseThrow()
                .getBundleId();
        for (String bundle : List.of("dma.cpu", String.valueOf(id))) {
            assertThat(execute("stop " + bundle)).isEqualTo("0: ");
            assertThat(execute("engines")).startsWith("0: no engines");
            assertThat(execute("start " + bundle)).isEqualTo("0: ");
            assertThat(execute("update " + bundle)).isEqualTo("0: ");
            assertThat(execute("engines")).contains("dma.cpu");
        }
        assertThat(execute("lb -s")).contains("dma.cpu");
        assertThat(execute("stop nobody"))
                .isEqualTo("1: vhost: stop: no such bundle; 'lb -s' lists all by id and" + " name\n");
    }

    @Test
    void keepsPortsOverARestart() throws IOException {
        Path socket = folder.resolve("a.sock");
        assertThat(execute("port-add a " + socket)).isEqualTo("0: ");
        assertThat(socket).exists();
        platform.stop();
        assertThat(socket).doesNotExist();
        assertThat(folder.resolve("control")).doesNotExist();

        platform = start(List.of());
        assertThat(execute("ports")).contains(socket.toString());
        assertThat(socket).exists();
        assertThat(execute("port-remove a")).isEqualTo("0: ");
        assertThat(socket).doesNotExist();
        assertThat(execute("ports")).startsWith("0: no ports");
    }

    @Test
    void opensTheShellOnAClientsTerminal() throws IOException {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(folder.resolve("control")));
            Frames frames = new Frames(channel);
            frames.write(Frames.SHELL, "xterm 100 30");
            StringBuilder seen = new StringBuilder();
            until(frames, seen, "vhost> ");
            frames.write(Frames.INPUT, "port-rem\t\r");
            until(frames, seen, "usage: port-remove PORT");
            frames.write(Frames.INPUT, "exit\r");
            assertThat(until(frames, seen, "")).isEqualTo("0");
        }
        // The platform outlives the shell.
        assertThat(execute("ports")).startsWith("0: ");
    }

    @Test
    void doesWhatABundleOffers() {
        Callable<Integer> demo = () -> 7;
        platform.context()
                .registerService(Callable.class, demo, new java.util.Hashtable<>(Map.of(Platform.MAIN, "something")));
        assertThat(platform.call("something")).isEqualTo(7);
        assertThat(platform.call("forward")).isZero();
    }

    @Test
    void configuresBeforeBundlesStart() throws IOException {
        platform.stop();
        Path socket = folder.resolve("b.sock");
        platform = start(List.of(
                new Platform.Setting("vhost.port", "b", Map.of("name", "b", "socket", socket.toString())),
                new Platform.Setting("vhost.workers", null, Map.of("count", 2)),
                new Platform.Setting("vhost.forwarding", null, Map.of("mode", "macswap"))));
        assertThat(socket).exists();
        assertThat(execute("workers").lines()).hasSize(3);
        assertThat(execute("forwarding")).contains("mode macswap");
    }

    @Test
    void watchesDeploy() throws Exception {
        Path file = deploy().resolve("vhost.port-c.cfg");
        Files.writeString(file, "name = c\nsocket = " + folder.resolve("c.sock") + "\n");
        await(folder.resolve("c.sock"), true);
        assertThat(execute("port-remove c")).startsWith("1: ").contains("vhost.port-c.cfg");
        Files.delete(file);
        await(folder.resolve("c.sock"), false);
    }

    @Test
    void makesAnEngineOfEachConfiguration() throws Exception {
        awaitEngines("cpu-inline", "cpu-worker");
        Path second = deploy().resolve("dma.cpu.worker-second.cfg");
        Files.writeString(second, "dma.engine.name = second\ncapacity = 7\norder = shuffled\n");
        awaitEngines("cpu-inline", "cpu-worker", "second");
        assertThat(execute("engines").lines().filter(line -> line.startsWith("second")))
                .singleElement()
                .asString()
                .containsPattern("second +cpu +software +- +- +7 +yes +dma.cpu");
        Files.writeString(deploy().resolve("dma.cpu.worker.default.cfg"), "capacity = 9\n");
        await(engines -> Pattern.compile("cpu-worker .* 9 +yes +dma.cpu")
                .matcher(engines)
                .find());
        Files.delete(second);
        awaitEngines("cpu-inline", "cpu-worker");
    }

    @Test
    void takesAnEngineFromDeploy() throws Exception {
        Path jar = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(path -> path.matches(".*/dma\\.chaos-\\d[^/]*\\.jar"))
                .map(Path::of)
                .findFirst()
                .orElseThrow();
        assertThat(Home.find().bundles()).noneMatch(path -> path.toString().contains("chaos"));
        Files.writeString(deploy().resolve("dma.chaos.cfg"), "name = wild\npartial = every 2\n");
        Files.copy(jar, deploy().resolve("dma.chaos.jar"));
        awaitEngines("cpu-inline", "cpu-worker", "wild");
        assertThat(execute("chaos:violations")).isEqualTo("0: violations: 0\n");
        assertThat(execute("chaos:injected")).isEqualTo("0: copies made: 0\n");
        Files.delete(deploy().resolve("dma.chaos.jar"));
        awaitEngines("cpu-inline", "cpu-worker");
    }

    private void awaitEngines(String... names) throws Exception {
        Pattern row = Pattern.compile("(?m)^(\\S+) .* software .*$");
        await(engines -> row.matcher(engines)
                .results()
                .map(each -> each.group(1))
                .toList()
                .equals(List.of(names)));
    }

    /** Until the command says so: components come and go on threads of their own. */
    private void await(Predicate<String> engines) throws Exception {
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        String last = execute("engines");
        while (!engines.test(last) && System.nanoTime() < deadline) {
            Thread.sleep(20);
            last = execute("engines");
        }
        assertThat(last).matches(engines);
    }

    private static void await(Path file, boolean there) throws InterruptedException {
        await(() -> Files.exists(file) == there);
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!condition.getAsBoolean() && System.nanoTime() < deadline) {
            Thread.sleep(20);
        }
        assertThat(condition.getAsBoolean()).isTrue();
    }

    /** The exit status, and all that was printed. */
    private String execute(String command) throws IOException {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        try (ControlClient client = ControlClient.connect(folder.resolve("control"))) {
            int status = client.execute(command, printed, printed);
            return status + ": " + printed.toString(StandardCharsets.UTF_8);
        }
    }

    /** Reads until {@code text} was seen, or to the end; returns the exit status, or null. */
    private static String until(Frames frames, StringBuilder seen, String text) throws IOException {
        while (text.isEmpty() || !seen.toString().contains(text)) {
            Frames.Frame frame = frames.read();
            assertThat(frame).as("after %s", seen).isNotNull();
            if (frame.type() == Frames.STATUS) {
                return frame.text();
            }
            seen.append(frame.text());
        }
        seen.setLength(0);
        return null;
    }
}
