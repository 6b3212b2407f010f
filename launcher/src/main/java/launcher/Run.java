package launcher;

import java.util.List;
import java.util.concurrent.Callable;
import launcher.Session.Kind;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "run",
        description = "Start the platform with its shell, or as a daemon where there is no terminal."
                + " Ports added in the shell are there again at the next start.")
final class Run implements Callable<Integer> {
    @Option(
            names = "--instance",
            paramLabel = "NAME",
            defaultValue = "default",
            description = "name of this platform and of its configuration (default: ${DEFAULT-VALUE})")
    private String instance;

    @Option(names = "--daemon", description = "no shell, even on a terminal")
    private boolean daemon;

    @Mixin
    private Models models;

    @Mixin
    private LogOption log;

    @Override
    public Integer call() {
        Home home = Home.find();
        log.apply(home);
        boolean interactive =
                !daemon && System.console() != null && System.console().isTerminal();
        Kind kind = interactive ? Kind.INTERACTIVE : Kind.DAEMON;
        Session session = Session.open(home, instance, kind, models.bundles(home, null), List.of());
        try {
            session.platform().await();
            return 0;
        } finally {
            session.close();
        }
    }
}
