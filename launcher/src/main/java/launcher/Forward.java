package launcher;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import launcher.Platform.Setting;
import launcher.Session.Kind;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "forward", description = "Serve vhost-user sockets until SIGTERM or Ctrl-C; leaves nothing behind.")
final class Forward implements Callable<Integer> {
    private static final String MODES = "io, mac, macswap, rxonly, txonly, switch";
    private static final int MAX_QUEUE_PAIRS = 128;

    @Parameters(
            index = "0",
            paramLabel = "MODE",
            description = {
                "what happens to the packets:",
                "  io       ports 0 and 1 exchange theirs, so do 2 and 3, ...; an odd last one gets its own back",
                "  mac      like io, with new Ethernet addresses",
                "  macswap  each goes back where it came from, Ethernet addresses swapped",
                "  rxonly   they are taken and dropped",
                "  txonly   made-up packets are sent",
                "  switch   a switch learns which address is at which port"
            })
    private String mode;

    @Parameters(index = "1..*", arity = "1..*", paramLabel = "SOCKET", description = "a Unix socket for each port")
    private List<Path> sockets;

    @Option(
            names = "--engine",
            paramLabel = "E",
            description = "the engine that copies; 'engines' in the shell lists them")
    private String engine;

    @Option(
            names = "--threshold",
            paramLabel = "B",
            description = "copies of at least so many bytes go to the engine: 1024, 4k, or auto to learn it")
    private String threshold;

    @Option(
            names = "--cpu",
            paramLabel = "N",
            split = ",",
            defaultValue = "${env:BE_CPU}",
            description = "processors of the workers: N, or N,M,... (default: the first that there is)")
    private List<Integer> cpus;

    @Option(names = "--workers", paramLabel = "N", description = "worker threads (default: one for each --cpu)")
    private Integer workers;

    @Option(
            names = "--queues",
            paramLabel = "N",
            defaultValue = "${env:BE_QUEUES:-8}",
            description = "most queue pairs that a front-end may use on a port (default: ${DEFAULT-VALUE})")
    private int queues;

    @Option(
            names = "--txonly-bytes",
            paramLabel = "B",
            defaultValue = "${env:BE_TXPKTS:-64}",
            description = "length of the packets of mode txonly (default: ${DEFAULT-VALUE})")
    private int txonlyBytes;

    @Option(names = "--client", description = "connect to sockets on which the front-ends listen")
    private boolean client;

    @Option(names = "--instance", paramLabel = "NAME", description = "name for shell and exec (default: forward-PID)")
    private String instance;

    @Mixin
    private Models models;

    @Mixin
    private LogOption log;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        check();
        Home home = Home.find();
        log.apply(home);
        String name = instance == null ? "forward-" + ProcessHandle.current().pid() : instance;
        Session session = Session.open(home, name, Kind.PASSING, models.bundles(home, engine), settings(home));
        try {
            // The ports that the configuration asked for: are they there, and if not, why?
            int status = session.platform().call("forward");
            if (status == 0) {
                LoggerFactory.getLogger(Forward.class)
                        .info(
                                "serving {} in mode {} as instance {}",
                                sockets.size() == 1 ? sockets.getFirst() : sockets.size() + " ports",
                                mode,
                                name);
                session.platform().await();
            }
            return status;
        } finally {
            session.close();
        }
    }

    private void check() {
        if (!Stream.of(MODES.split(", ")).toList().contains(mode)) {
            throw wrong("unknown mode '" + mode + "', use one of " + MODES);
        }
        if (sockets.stream().distinct().count() < sockets.size()) {
            throw wrong("a socket is named twice");
        }
        range("--queues", queues, 1, MAX_QUEUE_PAIRS);
        range("--txonly-bytes", txonlyBytes, 14, 65535);
        checkCpus();
        if (workers != null) {
            range("--workers", workers, 1, 64);
        }
        if (threshold != null && !isThreshold(threshold)) {
            throw wrong(
                    "--threshold " + threshold + ": use 0 to " + Integer.MAX_VALUE + ", such as 1024 or 4k, or auto");
        }
    }

    /** As the shell's command {@code threshold} reads it. */
    private static boolean isThreshold(String text) {
        if (!text.matches("[0-9]{1,10}[kK]?")) {
            return text.equals("auto");
        }
        boolean kilo = !Character.isDigit(text.charAt(text.length() - 1));
        long bytes = Long.parseLong(kilo ? text.substring(0, text.length() - 1) : text) * (kilo ? 1024 : 1);
        return bytes <= Integer.MAX_VALUE;
    }

    /** A worker that is not bound would be served by the processor of another one. */
    private void checkCpus() {
        List<Integer> usable = Processors.usable();
        if (cpus == null) {
            cpus = usable.subList(0, Math.min(1, usable.size()));
        }
        for (int cpu : cpus) {
            range("--cpu", cpu, 0, 4095);
            if (!usable.isEmpty() && !usable.contains(cpu)) {
                throw wrong("--cpu " + cpu + ": this process may use processor "
                        + usable.stream().map(String::valueOf).collect(Collectors.joining(", ")));
            }
        }
    }

    private void range(String option, int value, int least, int most) {
        if (value < least || value > most) {
            throw wrong(option + " " + value + ": use " + least + " to " + most);
        }
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    /** The files of {@code conf} with what the command line says laid over them. */
    private List<Setting> settings(Home home) {
        List<Setting> settings = new ArrayList<>();
        Map<String, Object> given = new HashMap<>();
        given.put("count", workers == null ? Math.max(1, cpus.size()) : workers);
        given.put("cpus", cpus.stream().map(String::valueOf).collect(Collectors.joining(",")));
        settings.add(over(home, "vhost.workers", given));
        settings.add(over(home, "vhost.forwarding", Map.of("mode", mode, "txonly.bytes", txonlyBytes)));
        Map<String, Object> engines = new HashMap<>();
        if (engine != null) {
            engines.put("engine", engine);
        }
        if (threshold != null) {
            engines.put("threshold", threshold);
        }
        settings.add(over(home, "vhost.engines", engines));
        for (int i = 0; i < sockets.size(); i++) {
            String name = "port" + i;
            String socket = sockets.get(i).toAbsolutePath().normalize().toString();
            settings.add(new Setting(
                    "vhost.port",
                    name,
                    Map.of("name", name, "socket", socket, "client", client, "queue.pairs", queues)));
        }
        return settings;
    }

    private static Setting over(Home home, String pid, Map<String, Object> given) {
        Map<String, Object> properties = new HashMap<>(home.configuration(pid));
        properties.putAll(given);
        return new Setting(pid, null, properties);
    }
}
