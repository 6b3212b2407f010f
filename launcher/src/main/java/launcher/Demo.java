package launcher;

import java.util.List;
import java.util.concurrent.Callable;
import launcher.Session.Kind;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "demo",
        description = "Show it at work: two ports, two front-ends, traffic, and engines swapped while it runs."
                + " Needs no root, no huge pages, no peer.")
final class Demo implements Callable<Integer> {
    @Mixin
    private LogOption log;

    @Override
    public Integer call() {
        Home home = Home.find();
        // Its table is not to be interrupted.
        log.apply(home, LogOption.Level.WARN);
        String name = "demo-" + ProcessHandle.current().pid();
        Session session = Session.open(home, name, Kind.PASSING, Models.ofDemo(home), List.of());
        try {
            return session.platform().call("demo");
        } finally {
            session.close();
        }
    }
}
