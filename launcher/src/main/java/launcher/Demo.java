package launcher;

import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import launcher.Platform.Setting;
import launcher.Session.Kind;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "demo",
        description = "Show it at work: two ports, two front-ends, traffic, and engines swapped while it runs."
                + " Needs no root, no huge pages, no peer.")
final class Demo implements Callable<Integer> {
    /** The longest: an engine's thread that a busy machine does not let run has not failed. */
    private static final int DEADLINE_MILLIS = 500;

    @Mixin
    private LogOption log;

    @Override
    public Integer call() {
        Home home = Home.find();
        // Its table is not to be interrupted.
        log.apply(home, LogOption.Level.WARN);
        String name = "demo-" + ProcessHandle.current().pid();
        Session session = Session.open(home, name, Kind.PASSING, Models.ofDemo(home), settings());
        try {
            return session.platform().call("demo");
        } finally {
            session.close();
        }
    }

    private static List<Setting> settings() {
        return List.of(new Setting("vhost.engines", null, Map.of("deadline.millis", DEADLINE_MILLIS)));
    }
}
